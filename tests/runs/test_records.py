"""What a run folder keeps of a response is the response."""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from mllmsent.foundation.tables import read_table, write_table
from mllmsent.models.interface import Request, Response
from mllmsent.pathways.interface import Question
from mllmsent.prompts import Message
from mllmsent.runs.cache import Answer
from mllmsent.runs.records import answers_in, responses_table

SCORES = {"negative": -2.5, "positive": -0.25}
LIKELIHOODS = Response(
    "ok",
    label_scores=SCORES,
    label_tokens={"negative": 3, "positive": 2},
    label_prior={"negative": -1.5, "positive": -4.0},
    image_sha256=("ab", "cd"),
    input_tokens=7,
    latency_s=0.5,
)
WORDS = Response("ok", text="positive", stop_reason="stop", output_tokens=1)


def table_of(*responses: Response) -> pd.DataFrame:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    questions = [
        Question(
            key=f"k{number}", request=Request((Message("user", ("?",)),)), model="m",
            stage="direct", item_id="a", strategy="s", strategy_version="1", scheme="polarity2",
            condition="none", repeat=number, sample=0,
        )
        for number in range(len(responses))
    ]  # fmt: skip
    answers = {f"k{number}": Answer(each, now) for number, each in enumerate(responses)}
    return responses_table(questions, answers, {}, {})


def test_likelihoods_come_back_from_a_run_folder_as_they_were(tmp_path: Path) -> None:
    write_table("responses", table_of(LIKELIHOODS, WORDS), tmp_path / "responses.parquet")
    found = answers_in(read_table("responses", tmp_path / "responses.parquet"))
    assert [answer.response for answer in found.values()] == [LIKELIHOODS, WORDS]


def test_a_run_folder_of_before_there_were_likelihoods_can_be_read(tmp_path: Path) -> None:
    old = table_of(WORDS).drop(columns=["label_tokens", "label_prior"])
    old.drop(columns=["label_scores"]).to_parquet(tmp_path / "responses.parquet")
    found = answers_in(read_table("responses", tmp_path / "responses.parquet"))
    assert [answer.response for answer in found.values()] == [WORDS]
