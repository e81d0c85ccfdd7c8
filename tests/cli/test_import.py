"""`mllmsent import`, from a file to a leaderboard."""

import json
import re
from pathlib import Path

import pytest
from tests.cli.saying import say

from mllmsent.cli.import_ import command
from mllmsent.runs.imports.columns import ROLES

LABELS = ("negative", "neutral", "positive")
LINES = [f"photo{n},{LABELS[n % 3]}" for n in range(30)]


@pytest.fixture
def theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "theirs.csv"
    body = "\n".join(f"{line},{'positive' if n % 2 else line.split(',')[1]}"
                     for n, line in enumerate(LINES))  # fmt: skip
    file.write_text(f"image,gold,answer,model\n{body.replace(chr(10), ',m' + chr(10))},m\n")
    return file


def test_a_table_becomes_a_run_that_the_leaderboard_opens(
    theirs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = say(capsys, "import", theirs.name, "--scheme", "polarity3", "--out", "runs/theirs")
    assert done.code == 0
    assert "id = image" in done.out
    assert "label = answer" in done.out
    assert "30 predictions of 30 items" in done.out
    rows = json.loads(say(capsys, "leaderboard", "runs/theirs", "--json").out)
    assert [(row["system"], row["n"]) for row in rows] == [("m · direct", 30)]
    again = say(
        capsys, "import", theirs.name, "--scheme", "polarity3", "--out", "runs/theirs", "--json"
    )
    summary = json.loads(again.out)
    assert summary["rows"] == 30
    assert summary["read_as"]["target"] == "gold"
    assert summary["schemes"] == [
        {"scheme": "polarity3", "problem": None, "min_agreement": None, "items": 30, "systems": 1}
    ]
    assert str(theirs.parent) not in again.out


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["theirs.csv", "--out", "r"], ["--scheme NAME"]),
        (["theirs.csv", "--out", "r", "--scheme", "polarty3"], ["'polarity3'"]),
        (["theirs.csv", "--out", "r", "--label", "answr"], ["'answer'", "--label"]),
        (["nothing.csv", "--out", "r"], ["nothing.csv", "no such file"]),
        (["theirs.csv", "--out", "r", "--format", "mllmsent-logs"], ["This is a file"]),
        ([".", "--out", "r"], ["--format mllmsent-logs"]),
        ([".", "--out", "r", "--format", "mllmsent-logs"], ["No experiment"]),
        (["theirs.csv", "--out", "r", "--score", "x"], ["LABEL=COLUMN"]),
        (["theirs.csv", "--out", ".", "--scheme", "polarity3"], ["another --out"]),
        (["theirs.csv"], ["--out"]),
    ],
)
def test_wrong_input_exits_with_2_and_names_the_cure(
    words: list[str], parts: list[str], theirs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = say(capsys, "import", *words)
    assert said.code == 2
    assert "Traceback" not in said.err
    for part in parts:
        assert part in said.err
    assert not (theirs.parent / "r").exists()


def test_the_guide_names_options_and_usual_columns_that_there_are() -> None:
    page = (Path(__file__).parents[2] / "docs" / "import.md").read_text(encoding="utf-8")
    options = {option for parameter in command.params for option in parameter.opts}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", page)) <= options
    table = page.partition("| option |")[2].partition("\n\n")[0]
    usual = {name for role in ROLES.values() for name in role.usual}
    rows = [line.split("|")[1:4] for line in table.splitlines()[2:]]
    assert len(rows) == 11
    for option, _, names in rows:
        if "--score" not in option:
            words = re.findall(r"`(\w+)`", names.replace("`label`", ""))
            assert {word.replace("_", "") for word in words} <= usual
