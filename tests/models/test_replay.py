"""Answers given earlier."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.loopback.samples import jpeg
from tests.models.samples import image_ref, request

from mllmsent.data.images import ImageRef
from mllmsent.foundation import InputError
from mllmsent.models import Model, Request, Response, get_model


@pytest.fixture
def images(tmp_path: Path) -> list[ImageRef]:
    """Three pictures: a.jpg, b.jpg, c.jpg."""
    return [image_ref(tmp_path, f"{name}.jpg", jpeg((ord(name), 0, 0))) for name in "abc"]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    table = pd.DataFrame(rows)
    if path.suffix == ".csv":
        table.to_csv(path, index=False)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    else:
        table.to_parquet(path)
    return path


def ask(path: Path, *requests: Request, **options: Any) -> list[Response]:
    model = get_model(f"replay/{path}", **options)
    return list(asyncio.run(_ask(model, requests)))


async def _ask(model: Model, requests: Any) -> Any:
    return await model.answer(requests)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_answers_are_found_by_the_images_name(
    suffix: str, images: list[ImageRef], tmp_path: Path
) -> None:
    rows: list[dict[str, Any]] = [
        {"image": "a.jpg", "text": "joy"},
        {"image": "b.jpg", "text": " sad,\nvery"},
    ]
    table = write(tmp_path / f"answers{suffix}", rows)
    responses = ask(table, *(request("?", image) for image in images))
    assert [response.text for response in responses] == ["joy", " sad,\nvery", ""]
    assert [response.status for response in responses] == ["ok", "ok", "failed"]
    assert responses[2].error == f"no recorded answer for image_sha256 {images[2].sha256}"
    assert {response.attempts for response in responses} == {0}


def test_answers_are_found_by_item_stage_prompt_condition_and_repeat(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"item_id": "7", "stage": stage, "condition": condition, "repeat": repeat,
         "text": f"{stage} {condition} {repeat}"}
        for stage in ("direct", "description")
        for condition in ("none", "grey")
        for repeat in (0, 1)
    ]  # fmt: skip
    table = write(tmp_path / "answers.parquet", rows)
    about = {"item_id": "7", "stage": "description", "condition": "grey", "repeat": "1"}
    (response,) = ask(table, request("?", about=about))
    assert response.text == "description grey 1"


def test_of_answers_that_differ_none_is_taken(images: list[ImageRef], tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"image": "a", "text": "joy"}, {"image": "a", "text": "fear"}]
    (response,) = ask(write(tmp_path / "t.csv", rows), request("?", images[0]))
    assert response.status == "failed"
    assert response.error.startswith("2 different recorded answers for image_sha256")


def test_of_answers_that_agree_either_is_taken(images: list[ImageRef], tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"image": "a", "text": "joy"}, {"image": "a", "text": "joy"}]
    (response,) = ask(write(tmp_path / "t.csv", rows), request("?", images[0]))
    assert response.text == "joy"


def test_samples_are_told_apart_by_their_number(images: list[ImageRef], tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"image": "a", "sample": number, "text": f"{number}"} for number in range(3)
    ]
    table = write(tmp_path / "t.csv", rows)
    responses = ask(table, *(request("?", images[0], sample=number) for number in (2, 0, 5)))
    assert [response.text for response in responses] == ["2", "0", ""]


def test_an_answer_about_the_image_is_none_about_its_altered_copy(
    tmp_path: Path, images: list[ImageRef]
) -> None:
    table = write(tmp_path / "t.csv", [{"image": "a.jpg", "text": "joy"}])
    altered = image_ref(tmp_path, "a.jpg", images[0].path.read_bytes(), condition="grey")
    assert [r.status for r in ask(table, request("?", images[0]), request("?", altered))] == [
        "ok",
        "failed",
    ]
    rows: list[dict[str, Any]] = [{"image": "a.jpg", "condition": "grey", "text": "fear"}]
    (response,) = ask(write(tmp_path / "t2.csv", rows), request("?", altered))
    assert response.text == "fear"


def test_an_earlier_runs_responses_answer_again(images: list[ImageRef], tmp_path: Path) -> None:
    """Statuses, reasons and tokens are taken over; what failed then has no answer now."""
    identity = {"provider": "openai", "model": "m"}
    requests = [request("?", image) for image in images]
    rows: list[dict[str, Any]] = [
        {"request_key": requests[0].key(identity), "status": "ok", "text": "joy",
         "reported_model": "m-1", "stop_reason": "stop", "input_tokens": 300, "output_tokens": 2},
        {"request_key": requests[1].key(identity), "status": "refused", "text": "No.",
         "reported_model": None, "stop_reason": None, "input_tokens": None, "output_tokens": None},
        {"request_key": requests[2].key(identity), "status": "failed", "text": "",
         "error": "429 rate limit"},
    ]  # fmt: skip
    table = write(tmp_path / "responses.parquet", rows)
    first, second, third = ask(table, *requests, identity=identity)
    assert (first.status, first.text, first.input_tokens) == ("ok", "joy", 300)
    assert (first.reported_model, first.stop_reason) == ("m-1", "stop")
    assert (second.status, second.text, second.input_tokens) == ("refused", "No.", None)
    assert (third.status, third.error) == (
        "failed",
        "recorded without an answer: 429 rate limit",
    )
    (other,) = ask(table, request("another question", images[0]), identity=identity)
    assert other.status == "failed"


def test_an_empty_answer_with_status_ok_is_what_the_model_said(
    images: list[ImageRef], tmp_path: Path
) -> None:
    rows: list[dict[str, Any]] = [
        {"image": "a", "text": "", "status": "ok"},
        {"image": "b", "text": "joy", "status": ""},
    ]
    responses = ask(write(tmp_path / "t.csv", rows), *(request("?", i) for i in images[:2]))
    assert [(response.status, response.text) for response in responses] == [
        ("ok", ""),
        ("ok", "joy"),
    ]


def test_a_cell_without_text_or_status_is_no_answer(images: list[ImageRef], tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"image": "a", "text": ""}, {"image": "b", "text": "joy"}]
    (response,) = ask(write(tmp_path / "t.csv", rows), request("?", images[0]))
    assert response.error == "recorded without an answer: the row has no text"


def test_foreign_column_names_and_several_models_in_one_table(
    images: list[ImageRef], tmp_path: Path
) -> None:
    rows: list[dict[str, Any]] = [
        {"file": "a.jpg", "answer": "joy", "model": "one"},
        {"file": "a.jpg", "answer": "fear", "model": "other"},
    ]
    table = write(tmp_path / "t.csv", rows)
    columns = {"text": "answer", "image": "file"}
    for model, text in (("one", "joy"), ("other", "fear")):
        (response,) = ask(table, request("?", images[0]), columns=columns, where={"model": model})
        assert response.text == text


def test_two_tables_or_two_choices_of_rows_are_two_models(tmp_path: Path) -> None:
    one = write(tmp_path / "one.csv", [{"image": "a", "text": "joy", "model": "x"}])
    two = write(tmp_path / "two.csv", [{"image": "a", "text": "fear", "model": "x"}])
    identities = [
        get_model(f"replay/{one}").identity,
        get_model(f"replay/{two}").identity,
        get_model(f"replay/{one}", where={"model": "x"}).identity,
    ]
    assert len({json.dumps(identity, sort_keys=True) for identity in identities}) == 3
    assert str(tmp_path) not in json.dumps(identities)
    assert get_model(f"replay/{one}").name == "replay/one"
    assert get_model(f"replay/{one}", name="theirs").name == "theirs"


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        ([{"image": "a", "answer": "joy"}], {}, "no column 'text'"),
        ([{"picture": "a", "text": "joy"}], {}, "No column says what the answers are about"),
        ([{"image": "a", "text": "joy"}], {"identity": {"model": "m"}}, "request_key"),
        ([{"image": "a", "text": "joy"}], {"columns": {"text": "txt"}}, "Did you mean 'text'"),
        ([{"image": "a", "text": "joy"}], {"where": {"modle": "x"}}, "no column 'modle'"),
        (
            [{"image": "a", "text": "joy", "model": "x"}],
            {"where": {"model": "y"}},
            "No row has",
        ),
        ([{"image": "a", "text": "joy", "status": "OK"}], {}, "The status is 'OK'"),
        ([{"image": "a", "text": "joy"}], {"colums": {}}, "Did you mean 'columns'"),
    ],
)
def test_a_table_that_cannot_answer_is_refused_with_its_cure(
    rows: list[dict[str, Any]], options: dict[str, Any], message: str, tmp_path: Path
) -> None:
    table = write(tmp_path / "t.csv", rows)
    with pytest.raises(InputError, match=message):
        get_model(f"replay/{table}", **options)


def test_an_absent_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.csv"):
        get_model(f"replay/{tmp_path}/nowhere.csv")
