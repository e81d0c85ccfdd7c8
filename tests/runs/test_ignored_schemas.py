"""Servers that make nothing of a schema: their answers are read as text, and it is told."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mllmsent import api
from mllmsent.loopback import ConstantAnswerer, Faults, Reply, serve
from mllmsent.models.answer_schemas import schema_use
from mllmsent.models.interface import Response
from mllmsent.runs.progress import Silent

STRUCTURED = "strategies: [structured]\n"
SCHEMA = {"type": "object", "properties": {"label": {"type": "string"}}, "required": ["label"]}


class Watcher(Silent):
    def __init__(self) -> None:
        self.noticed_at: list[tuple[int, str]] = []
        self.answers = 0

    def answered(self, model: str, response: Response) -> None:
        self.answers += 1

    def noticed(self, model: str, what: str) -> None:
        self.noticed_at.append((self.answers, f"{model} {what}"))


class OfItsOwn:
    """Asked for JSON, it gives some, whatever the schema."""

    def answer(self, images: Any, text: Any, schema: Any, model: Any, sample_seed: Any) -> Reply:
        """In a shape of its own."""
        return Reply('{"emotion": "positive", "because": "it is bright"}')


def test_an_ignored_schema_is_told_early_and_counted_and_the_answer_read(
    photos: Path, write_study: Callable[..., Path], tmp_path: Path
) -> None:
    watcher = Watcher()
    with serve(ConstantAnswerer("x", structured="The label is positive.")) as server:
        file = write_study(server.url, STRUCTURED)
        run = api.run(file, out=tmp_path / "run", observer=watcher)
    assert set(run.predictions["label"]) == {"positive"}
    ((when, what),) = watcher.noticed_at
    assert when == 5
    assert what.startswith("vllm/m ignored the schema in its first 5 answers")
    assert "structured_answers: false" in what
    (note,) = (note for note in run.warnings() if "schema" in note)
    assert note.startswith("vllm/m ignored the schema in 18 of 18 answers; they were read from")
    assert set(run.responses["answer_schema"]) == {"ignored"}


def test_json_of_a_shape_of_its_own_ignores_the_schema_and_is_read_all_the_same(
    photos: Path, write_study: Callable[..., Path], tmp_path: Path
) -> None:
    with serve(OfItsOwn()) as server:
        run = api.run(write_study(server.url, STRUCTURED), out=tmp_path / "run")
    assert any("ignored the schema in 18 of 18" in note for note in run.warnings())
    assert set(run.predictions["label"]) == {"positive"}


def test_a_rejected_schema_costs_one_request_more_and_is_told(
    photos: Path, write_study: Callable[..., Path], tmp_path: Path
) -> None:
    watcher = Watcher()
    with serve(ConstantAnswerer("positive"), faults=Faults(rejected_schema=1.0)) as server:
        file = write_study(server.url, STRUCTURED)
        run = api.run(file, out=tmp_path / "run", observer=watcher, in_flight=1)
        assert len(server.log) == 19
        again = api.run(tmp_path / "run")
        assert len(server.log) == 19
    assert run.complete
    assert set(run.predictions["label"]) == {"positive"}
    assert len(watcher.noticed_at) == 1
    for each in (run, again):
        assert any("asked without it in 18 of 18 answers" in note for note in each.warnings())
        assert set(each.responses["answer_schema"]) == {"rejected"}


def test_of_servers_that_keep_to_schemas_and_of_those_sent_none_nothing_is_said(
    photos: Path, write_study: Callable[..., Path], tmp_path: Path
) -> None:
    for number, (answerer, options) in enumerate(
        (
            (ConstantAnswerer(structured='{"label": "positive"}'), ""),
            (ConstantAnswerer("positive"), ", structured_answers: false"),
        )
    ):
        watcher = Watcher()
        with serve(answerer) as server:
            file = write_study(server.url, STRUCTURED, options=options)
            run = api.run(file, out=tmp_path / f"run{number}", observer=watcher)
        assert not any("schema" in note for note in run.warnings())
        assert watcher.noticed_at == []
        assert set(run.predictions["label"]) == {"positive"}


@pytest.mark.parametrize(
    ("response", "use"),
    [
        (Response("ok", text='{"label": "joy"}', is_json=True), "kept"),
        (Response("ok", text='{"label": "jo', is_json=False), "kept"),  # cut off within its JSON
        (Response("ok", text='```json\n{"label": "joy"}\n```', is_json=False), "ignored"),
        (Response("ok", text="[1]", is_json=True), "ignored"),
        (Response("ok", text="joy", is_json=False), "ignored"),
        (Response("ok", text="joy", schema_rejected=True), "rejected"),
        (Response("ok", text="joy"), None),
        (Response("refused", is_json=False), None),
        (Response("failed", is_json=False), None),
    ],
)
def test_what_became_of_a_schema_shows_in_the_answer(response: Response, use: str | None) -> None:
    assert schema_use(SCHEMA, response) == use
    assert schema_use(None, response) is None
