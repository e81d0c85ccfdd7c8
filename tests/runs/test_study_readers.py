"""Language models that read descriptions in a study: asked second, once, and of other folds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from tests.runs.test_study_classifiers import MISSING, STUDY, told, write
from tests.text.corpus import WORDS

from mllmsent import api
from mllmsent.foundation import InputError
from mllmsent.loopback import serve
from mllmsent.runs.prepare import prepare
from mllmsent.runs.rounds import first_questions, further_questions
from mllmsent.runs.study import parse_study
from mllmsent.text import get_classifier

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from mllmsent.loopback import LoopbackServer
    from mllmsent.pathways.interface import Question
    from mllmsent.runs.prepare import Prepared

__all__ = ["told"]


@dataclass(frozen=True)
class Reads:
    """Says what the last description's words say, and describes pictures by their color."""

    def answer(
        self,
        images: Sequence[bytes],
        text: str,
        schema: Mapping[str, Any] | None,
        model: str,
        sample_seed: int,
    ) -> str:
        if images:
            return f"a picture of {len(images[-1])} bytes with a puppy"
        words = text.split("\n\n")[-2].split()
        return next((label for label, own in WORDS.items() if set(own) & set(words)), "unclear")


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with serve(Reads()) as running:
        yield running


def reader(server: LoopbackServer, more: str = "") -> str:
    return f'{{model: vllm/m{more}, options: {{base_url: "{server.url}"}}}}'


def run(tmp_path: Path, classifiers: str, base: str = STUDY) -> api.Run:
    file = tmp_path / "study.yaml"
    file.write_text(base + f"classifiers: [{classifiers}]\n", encoding="utf-8")
    return api.run(file, out=tmp_path / "run")


def ready(tmp_path: Path, classifiers: str, base: str = STUDY) -> Prepared:
    return prepare(parse_study(base + f"classifiers: [{classifiers}]\n"), tmp_path, tmp_path)


def questions_of(prepared: Prepared) -> list[Question]:
    first = first_questions(prepared)
    return [each for own in further_questions(prepared, first, {}).values() for each in own]


def texts_by(told: Path) -> dict[str, dict[str, str]]:
    """Who described, to item to what was said."""
    rows = pd.read_csv(told / "descriptions.csv", dtype=str)
    return {
        str(who): dict(zip(own["id"], own["text"], strict=True)) for who, own in rows.groupby("who")
    }


def of_system(run: api.Run, name: str) -> pd.DataFrame:
    (system,) = run.systems.loc[run.systems["name"] == name, "system_id"]
    rows: pd.DataFrame = run.predictions[run.predictions["system_id"] == system]
    return rows.set_index("item_id")


def test_a_language_model_is_a_classifier_whose_answers_are_read(
    told: Path, tmp_path: Path, server: LoopbackServer
) -> None:
    ran = run(tmp_path, f"vader, {reader(server)}")
    read = of_system(ran, "dataset/ann · described · vllm/m zero-shot")
    for item, text in texts_by(told)["ann"].items():
        row, words = read.loc[item], set(text.split())
        said = next((label for label, own in WORDS.items() if set(own) & words), None)
        assert row["label"] == said if said else row["status"] == "unparsed"
    asked = ran.responses.set_index("request_key")
    assert set(asked["stage"]) == {"classification"}
    assert set(asked["describer"]) == {"dataset/ann", "dataset/ben"}
    assert set(asked["classifier"]) == {"vllm/m zero-shot"}
    for name, keys in read["request_keys"].items():
        assert [asked.loc[key, "item_id"] for key in keys] == [name]
    trained = ran.systems.groupby("classifier")["training"].agg(lambda told: "|".join(set(told)))
    assert trained["vllm/m zero-shot"] == "none"


def test_what_was_answered_is_not_asked_again_and_the_plan_knows(
    told: Path, tmp_path: Path, server: LoopbackServer
) -> None:
    classifiers = f"{reader(server)}, {reader(server, ', shots: 3')}"
    file = tmp_path / "study.yaml"
    file.write_text(STUDY + f"classifiers: [{classifiers}]\n", encoding="utf-8")
    planned = api.plan(file, out=tmp_path / "run").summary()
    # ben has not described one of the sixty items; two readers read the rest.
    assert planned["to_send"] == planned["requests"] == 2 * (60 + 59)
    first = run(tmp_path, classifiers)
    assert len(server.log) == planned["requests"]
    again = run(tmp_path, classifiers)
    assert len(server.log) == planned["requests"]
    assert api.plan(file, out=tmp_path / "run").summary()["to_send"] == 0
    pd.testing.assert_frame_equal(first.predictions, again.predictions)


def test_examples_are_descriptions_by_the_same_describer_of_items_in_other_folds(
    told: Path, tmp_path: Path, server: LoopbackServer
) -> None:
    prepared = ready(tmp_path, reader(server, ", training: few-shot, shots: 7"))
    (task,) = prepared.inquiry.tasks
    labels = task.labels()
    rows = pd.read_csv(told / "descriptions.csv")
    texts = {
        who: dict(zip(own["id"], own["text"], strict=True)) for who, own in rows.groupby("who")
    }
    asked = questions_of(prepared)
    assert len(asked) == 60 + 59
    for question in asked:
        turns = question.request.messages
        shown = [str(turn.parts[0]) for turn in turns if turn.role == "user"]
        answers = [str(turn.parts[0]) for turn in turns if turn.role == "assistant"]
        by_this = texts[question.describer.removeprefix("dataset/")]
        assert shown[-1] == by_this[question.item_id]
        assert len(answers) == 7
        assert sorted(map(answers.count, WORDS)) == [2, 2, 3], "as even as seven can be"
        allowed = {
            (text, labels[item])
            for item, text in by_this.items()
            if task.folds[item] != task.folds[question.item_id]
        }
        assert set(zip(shown[:-1], answers, strict=True)) <= allowed


def test_a_description_that_is_missing_changes_no_other_example(
    told: Path, tmp_path: Path, server: LoopbackServer
) -> None:
    def examples() -> dict[str, list[str]]:
        prepared = ready(tmp_path, reader(server, ", shots: 6"))
        return {
            question.item_id: [
                str(turn.parts[0]) for turn in question.request.messages if turn.role == "user"
            ][:-1]
            for question in questions_of(prepared)
            if question.describer == "dataset/ann"
        }

    whole = examples()
    file = told / "descriptions.csv"
    rows = [line.split(",") for line in file.read_text(encoding="utf-8").splitlines()]
    gone = whole["item00"][0]
    write(file, [row for row in rows if row[2] != gone])
    fewer = examples()
    assert len(fewer) == 59
    for item, before in whole.items():
        if item in fewer:
            assert len(fewer[item]) == 6
            assert set(before) - set(fewer[item]) == ({gone} & set(before))


def test_items_that_nobody_described_have_no_answer_and_say_why(
    told: Path, tmp_path: Path, server: LoopbackServer
) -> None:
    read = of_system(run(tmp_path, reader(server)), "dataset/ben · described · vllm/m zero-shot")
    assert read.loc[MISSING, "status"] == "failed"
    assert "no description" in str(read.loc[MISSING, "note"])


MODELS = """\
name: small
dataset: told
schemes: [{{scheme: polarity3, source: polarity3}}]
models: [{{model: vllm/m, name: eye, options: {{base_url: "{url}"}}}}]
items: {{limit: 9, unscored: true}}
pathways: [described]
repeats: 2
settings: {{temperature: 0.7}}
folds: {{n: 3}}
"""


def test_a_model_reads_its_own_descriptions_after_it_has_given_them(
    told: Path, tmp_path: Path, server: LoopbackServer
) -> None:
    """Items without images show their texts to the describer, which the reader does not see."""
    items = told / "items.csv"
    rows = [line.split(",") for line in items.read_text(encoding="utf-8").splitlines()]
    write(items, [[*rows[0], "text"], *([*row, f"told of {row[0]}"] for row in rows[1:])])
    card = told / "dataset.yaml"
    card.write_text(
        card.read_text().replace("metadata: [place]", "metadata: [place], text: text"), "utf-8"
    )
    ran = run(tmp_path, "{model: vllm/m}", MODELS.format(url=server.url))
    assert list(ran.responses["stage"].value_counts()) == [18, 18]
    descriptions = ran.responses.query("stage == 'description'")
    assert set(ran.responses["model"]) == {"eye"}, "one model, asked for both"
    read = of_system(ran, "eye · described · describe · vllm/m zero-shot")
    assert len(read) == 18
    for keys in read["request_keys"]:
        assert keys[0] in set(descriptions["request_key"])
        assert keys[1] not in set(descriptions["request_key"])
    assert read.groupby(level=0)["request_keys"].agg(lambda keys: keys.map(len).sum()).eq(4).all()
    # Each repeat is an answer of its own, from the first request to the last.
    assert read["request_keys"].map(tuple).nunique() == 18


def test_a_run_is_continued_from_its_own_folder(
    told: Path, tmp_path: Path, server: LoopbackServer
) -> None:
    (tmp_path / "mine.yaml").write_text(
        "name: mine\nversion: '1'\ntitle: Mine\npathway: described\nshows: description\n"
        "messages:\n  - {role: user, image: first, text: 'One of {{ labels | join(\", \") }}?'}\n",
        encoding="utf-8",
    )
    first = run(tmp_path, reader(server, ", strategy: mine.yaml"))
    asked = len(server.log)
    again = api.run(tmp_path / "run")
    assert len(server.log) == asked
    assert list(again.systems["system_id"]) == list(first.systems["system_id"])
    assert first.folder.manifest["strategies"]["mine"]["messages"] == [
        'user: [description]\nOne of {{ labels | join(", ") }}?'
    ]


@pytest.mark.parametrize(
    ("classifiers", "message"),
    [
        ("{model: linear, shots: 4}", "`shots` is for language models"),
        ("{model: openai/gpt-4o, training: frozen}", "zero-shot or few-shot, not 'frozen'"),
        ("{model: openai/gpt-4o, training: zero-shot, shots: 4}", "is neither"),
        ("{model: openai/gpt-4o, describers: together}", "reads each describer's"),
        ("{model: nobody/gpt-4o}", "No provider of models is called 'nobody'"),
        ("{model: vllm/m, strategy: zero-shot}", "shows images"),
        ("{model: ollama/m, strategy: {strategy: read, readout: likelihood}}", "cannot be had"),
        ("{model: vllm/m}, {model: vllm/m, name: twin}", "are one classifier"),
    ],
)
def test_what_cannot_be_asked_is_told_before_anything_is_sent(
    told: Path, tmp_path: Path, classifiers: str, message: str
) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        ready(tmp_path, classifiers)


def test_a_wording_for_readers_is_not_asked_about_images(told: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'read' shows a description") as caught:
        ready(tmp_path, "vader", STUDY + "strategies: [read]\n")
    assert "strategy: read" in str(caught.value.cure)


def test_a_language_model_is_not_trained() -> None:
    with pytest.raises(InputError, match="it is asked, and not trained"):
        get_classifier("openai/gpt-4o-mini", None)  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_model_that_runs_here_reads_by_likelihood(told: Path, tmp_path: Path) -> None:
    """Given no image; what it says of such texts is chance, which is another matter."""
    classifier = "{model: builtin/diorama-tiny, strategy: {strategy: read, readout: likelihood}}"
    ran = run(tmp_path, classifier, STUDY + "items: {limit: 12}\n")
    read = of_system(ran, "dataset/ann · described · builtin/diorama-tiny zero-shot")
    assert list(read["status"]) == ["ok"] * 12
    assert set(read["score_kind"]) == {"likelihood-sum"}
    for shares in read["scores"]:
        assert sum(dict(shares).values()) == pytest.approx(1)
    assert read["scores"].map(str).nunique() > 1, "it depends on what is read"
