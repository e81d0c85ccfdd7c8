"""`mllmsent compare`: what it prints, what it writes, and how it exits."""

from __future__ import annotations

import json
from html import unescape
from typing import TYPE_CHECKING

import pytest
from tests.analysis.test_versions import rewritten, spoiled
from tests.cli.saying import say
from tests.report.sample_run import Recipe, make_run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, str]:
    """A run, one that is worse in every third right answer, and one that is the same."""
    folder = tmp_path_factory.mktemp("runs")
    recipe = Recipe(
        n_items=80,
        images=False,
        status_shares={"unparsed": 0.04},
        schemes=("polarity3", "valence-arousal"),
        pathways=("direct",),
    )
    base = make_run(folder / "v1", recipe)
    said = base.table("predictions")
    spoiled(base, folder / "v2", every=3)
    rewritten(base, folder / "v3", predictions=said, made="2026-03-01T00:00:00+00:00")
    return str(folder / "v1"), str(folder / "v2"), str(folder / "v3")


def test_a_worse_version_fails_and_the_same_one_passes(
    runs: tuple[str, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    worse = say(capsys, "compare", runs[0], runs[1], "--fail-if", "macro_f1 < -0.05")
    assert worse.code == 1
    assert "FAILED" in worse.out
    assert "simulated/keen" in worse.out
    same = say(capsys, "compare", runs[0], runs[2], "--fail-if", "low(macro_f1) < -0.05")
    assert same.code == 0
    assert "passed" in same.out
    told = say(capsys, "compare", runs[0], runs[1])
    assert told.code == 0
    assert "95 % intervals" in told.out


def test_json_has_everything(
    runs: tuple[str, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    said = say(
        capsys, "compare", *runs, "--json", "--scheme", "polarity3", "--system", "keen",
        "--fail-if", "negative_flips > 0.05",
    )  # fmt: skip
    found = json.loads(said.out)
    assert said.code == 1
    assert found["passed"] is False
    assert [gate["failed"] for gate in found["gates"]] == [True, False]
    assert {row["system"].split(" ")[0] for row in found["tables"]["changes"]} == {"simulated/keen"}
    assert {row["run"] for row in found["tables"]["timeline"]} == {"v1", "v2", "v3"}
    assert found["statements"][0]["scheme"] == "polarity3"


def test_it_writes_a_page_that_runs_nothing_or_a_folder_of_tables(
    runs: tuple[str, str, str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    page = tmp_path / "deep" / "page.html"
    say(capsys, "compare", *runs, "--out", str(page), "--fail-if", "coverage < -0.01")
    html = unescape(page.read_text(encoding="utf-8"))
    assert "default-src 'none'" in html
    assert "<script" not in html
    assert "All gates passed" in html
    assert str(tmp_path) not in html
    said = say(capsys, "compare", *runs, "--out", str(tmp_path / "tables"))
    assert "Tables:" in said.out
    assert (tmp_path / "tables" / "items.csv").read_text(encoding="utf-8").count(
        "negative flip"
    ) > 9


def test_names_of_systems_are_hostile_on_the_page(
    runs: tuple[str, str, str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from mllmsent.runs.folder import open_folder  # noqa: PLC0415 - only here

    base = open_folder(runs[0])
    names = base.table("systems").assign(name="<img src=x onerror=alert(1)>\x1b[2J")
    odd = rewritten(base, tmp_path / "odd", systems=names)
    page = tmp_path / "page.html"
    said = say(capsys, "compare", runs[0], str(odd.path), "--out", str(page))
    assert "<img" not in page.read_text(encoding="utf-8")
    assert "\x1b[2J" not in said.out


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (("--fail-if", "macrof1 < 0"), ["position 1", "'macro_f1'", "Known:"]),
        (("--fail-if", "macro_f1 = 0"), ["`<` or `>`"]),
        (("--scheme", "polarity"), ["'polarity3'"]),
        (("--match", "x"), ["OLD=NEW"]),
        (("--system", "nobody"), ["'nobody'"]),
    ],
)
def test_wrong_words_exit_with_2(
    words: tuple[str, ...],
    parts: list[str],
    runs: tuple[str, str, str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = say(capsys, "compare", runs[0], runs[1], *words)
    assert said.code == 2
    for part in parts:
        assert part in said.err
    assert "Traceback" not in said.err


def test_another_protocol_and_no_run_exit_with_2(
    runs: tuple[str, str, str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from mllmsent.runs.folder import open_folder  # noqa: PLC0415 - only here

    base = open_folder(runs[0])
    other = rewritten(base, tmp_path / "v9", protocol={"min_agreement": 5})
    said = say(capsys, "compare", runs[0], str(other.path))
    assert said.code == 2
    assert "min_agreement: 3 against 5" in said.err
    assert "--shared-items" in said.err
    asked = say(capsys, "compare", runs[0], str(other.path), "--shared-items")
    assert asked.code == 0
    assert "Compared on the items that both have" in asked.out
    assert say(capsys, "compare", runs[0], str(tmp_path / "none")).code == 2
    assert say(capsys, "compare", runs[0]).code == 2


def test_a_page_that_cannot_be_written_leaves_nothing_behind(
    runs: tuple[str, str, str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "folder.html").mkdir()
    said = say(capsys, "compare", *runs, "--out", str(tmp_path / "folder.html"))
    assert said.code == 2
    assert "folder.html" in said.err
    assert [file.name for file in tmp_path.iterdir()] == ["folder.html"]


def test_tables_are_whole_or_not_there(
    runs: tuple[str, str, str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "changes.csv").mkdir()
    (tmp_path / "file").write_text("")
    for out in (tmp_path, tmp_path / "file", tmp_path / "file" / "below"):
        said = say(capsys, "compare", *runs[:2], "--out", str(out))
        assert said.code == 2
        assert "cannot be written" in said.err
    assert sorted(file.name for file in tmp_path.iterdir()) == ["changes.csv", "file"]
