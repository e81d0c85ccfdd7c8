"""`mllmsent train` and `mllmsent predict`, as a user types them."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from tests.cli.saying import Said, say
from tests.text.corpus import described


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with labelled texts."""
    monkeypatch.chdir(tmp_path)
    texts, labels = described(80)
    rows = [["name", "review", "mood"], *zip(map(str, range(80)), texts, labels, strict=True)]
    write("labelled.csv", rows)
    return tmp_path


def write(name: str, rows: list[Any]) -> None:
    with Path(name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


TRAIN = ("train", "labelled.csv", "--scheme", "polarity3", "--text", "review", "--label", "mood",
         "--out", "reader")  # fmt: skip


def trained(capsys: pytest.CaptureFixture[str], *more: str) -> Said:
    return say(capsys, *TRAIN, *more)


def test_texts_are_learned_from_saved_and_read(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = trained(capsys)
    assert said.code == 0, said.err
    assert "macro_f1" in said.out
    assert "recall of negative" in said.out
    write(
        "new.csv", [["id", "text"], ["x", "a grave in a storm"], ["y", "puppy, garland"], ["z", ""]]
    )
    said = say(capsys, "predict", "reader", "new.csv")
    assert said.code == 0
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert [(row["id"], row["label"]) for row in rows] == [
        ("x", "negative"), ("y", "positive"), ("z", ""),
    ]  # fmt: skip
    assert "1 of 3 texts decide for nothing" in said.err
    said = say(capsys, "predict", "reader", "new.csv", "--json")
    first = json.loads(said.out)[0]
    assert (first["id"], first["status"], first["label"]) == ("x", "ok", "negative")
    assert sum(first["scores"].values()) == pytest.approx(1)


def test_options_are_said_as_in_a_study(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = trained(capsys, "--option", "c=[0.1, 10]", "--option", "class_weight=none", "--json")
    record = json.loads(said.out)
    assert record["identity"]["options"]["c"] == [0.1, 10.0]
    assert record["identity"]["options"]["class_weight"] == ["none"]
    assert record["fitted"]["c"] in {0.1, 10.0}


@pytest.mark.parametrize(
    ("name", "content", "ids"),
    [
        ("new.txt", "a grave\npuppy\n", ["1", "2"]),
        ("new.jsonl", '{"caption": "a grave", "image": "g.png"}\n{"caption": "puppy", "image": 7}\n',
         ["g.png", "7"]),
        ("new.tsv", "description\tx\na grave\t1\npuppy\t2\n", ["2", "3"]),
    ],
)  # fmt: skip
def test_tables_and_lines_are_read(
    place: Path, capsys: pytest.CaptureFixture[str], name: str, content: str, ids: list[str]
) -> None:
    trained(capsys)
    (place / name).write_text(content, encoding="utf-8")
    rows = json.loads(say(capsys, "predict", "reader", name, "--json").out)
    assert [row["id"] for row in rows] == ids
    assert [row["label"] for row in rows] == ["negative", "positive"]


@pytest.mark.parametrize(
    "content", ["a grave\npuppy\n", '{"text": "a grave"}\n{"text": "puppy"}\n']
)
def test_standard_input_is_read(
    place: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    content: str,
) -> None:
    trained(capsys)
    monkeypatch.setattr("sys.stdin", io.StringIO(content))
    rows = json.loads(say(capsys, "predict", "reader", "-", "--json").out)
    assert [(row["id"], row["label"]) for row in rows] == [("1", "negative"), ("2", "positive")]


def test_a_hundred_thousand_characters_are_read_whole(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trained(capsys)
    (place / "long.txt").write_text("thing of light " * 7000 + "grave " * 500, encoding="utf-8")
    (row,) = json.loads(say(capsys, "predict", "reader", "long.txt", "--json").out)
    assert row["label"] == "negative"


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (("train", "absent.csv", "--scheme", "polarity3", "--out", "r"), ["absent.csv"]),
        (("train", "labelled.csv", "--out", "r"), ["--scheme"]),
        (("train", "labelled.csv", "--scheme", "polarty3", "--out", "r"), ["'polarity3'"]),
        (("train", "labelled.csv", "--scheme", "polarity3", "--out", "r"), ["--text", "review"]),
        ((*TRAIN[:6], "--label", "name", "--out", "r"), ["labelled.csv:2", "'0'"]),
        ((*TRAIN, "--classifier", "liner"), ["'linear'"]),
        ((*TRAIN, "--option", "cc=1"), ["'c'"]),
        ((*TRAIN, "--option", "c"), ["NAME=VALUE"]),
        ((*TRAIN[:-1], "."), ["no saved classifier"]),
        (("train", "nowhere", "--scheme", "polarity3", "--out", "r"), ["nowhere"]),
        (("predict", "nowhere", "labelled.csv"), ["No classifier is saved here"]),
    ],
)
def test_wrong_input_is_answered_with_its_cure(
    place: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], parts: list[str]
) -> None:
    said = say(capsys, *words)
    assert said.code == 2
    for part in parts:
        assert part in said.err
    assert "Traceback" not in said.err
    assert not (place / "reader").exists()


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("absent.txt", None, "absent.txt"),
        ("blank.txt", "\n \n", "There is no text here"),
        ("bytes.txt", b"\xff\xfe\x00", "not UTF-8"),
        ("other.csv", "words,x\na,1\n", "Say --text COLUMN; there are words, x"),
        ("broken.jsonl", '{"text": ', "broken.jsonl"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_fault(
    place: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    content: str | bytes | None,
    part: str,
) -> None:
    trained(capsys)
    if content is not None:
        (place / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    said = say(capsys, "predict", "reader", name)
    assert said.code == 2
    assert part in said.err


def test_one_class_alone_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write("one.csv", [["text", "label"], ["a b", "positive"], ["b c", "positive"]])
    said = say(capsys, "train", "one.csv", "--scheme", "polarity3", "--out", "r")
    assert said.code == 2
    assert "Every text is labelled 'positive'" in said.err
