"""What descriptions name: a planted blind spot is told and drawn, and nothing is made up."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING

import pytest
from tests.analysis.describers import Describer, descriptions_of, some_scenes
from tests.report.sample_run import Recipe, make_run

from mllmsent import api
from mllmsent.analysis import evidence_of, leaderboard, study_resampling
from mllmsent.dioramas import SCENE_FILE
from mllmsent.foundation.tables import check_table, write_table
from mllmsent.report import write_report
from mllmsent.report.findings import Findings
from mllmsent.report.sections.brief import brief
from mllmsent.report.sections.described_factors import described_factors
from mllmsent.runs import RunFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.report.conftest import Visit

KEEN = Describer("m/keen")
RAIN_BLIND = Describer("m/tiny", slips=0.15, blind={"rain": "cloudy"})


def make_scene_run(folder: Path, describers: Sequence[Describer], n: int = 200) -> RunFolder:
    """A run about scenes that are known, with the descriptions that the describers give of them."""
    scenes = some_scenes(n)
    recipe = Recipe(
        n_items=n, schemes=("polarity3",), models={each.name: 0.8 for each in describers},
        pathways=("described",), classifiers=("vader",), images=False, status_shares={},
        synthetic=False,
        item_name="diorama-{:05d}", themes=("one",),
    )  # fmt: skip
    run = make_run(folder / "run", recipe)
    root = run.dataset_root()
    root.mkdir(exist_ok=True)
    lines = [
        json.dumps({"item_id": item, "image": "", "mask": "", "scene": scene.as_dict()})
        for item, scene in scenes.items()
    ]
    (root / SCENE_FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")
    table = check_table("descriptions", descriptions_of(scenes, describers))
    write_table("descriptions", table, run.path / "descriptions.parquet")
    return RunFolder(run.path)


def findings(folder: Path, describers: Sequence[Describer], n: int = 200) -> Findings:
    run = make_scene_run(folder, describers, n)
    return Findings(run, leaderboard(evidence_of(run), resampling=study_resampling(run)))


def words(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    return findings(tmp_path_factory.mktemp("planted"), [RAIN_BLIND, KEEN])


def test_the_blind_spot_comes_first_with_its_numbers(planted: Findings) -> None:
    section = described_factors(planted)
    assert section is not None
    assert section.title == "What descriptions name"
    (row,) = planted.described_factors.blind_spots().to_dict(orient="records")
    assert words(section.body).startswith(
        f"tiny names the weather right in 0 of {row['n']} descriptions where it is rain "
        f"( keen : {row['rival_right']} of {row['n']}), further behind than in other weather "
    )
    assert re.search(
        r"weather \(\d\d% against \d\d%\); adjusted p = 0\.00\d\. It says “cloudy” in \d\d\.",
        words(section.body),
    )


def test_the_answer_in_brief_names_it_too(planted: Findings) -> None:
    section = brief(planted)
    text = words(section.body)
    assert "What descriptions name tiny names the weather right in 0 of" in text
    assert re.search(
        r"the share that is named right: keen 9\d% \(9\d% to 9\d%\) and tiny 8\d% \(8\d% to "
        r"8\d%\) ?\.",
        text,
    )
    assert 'href="#described-factors"' in section.body


def test_the_figure_has_a_cell_for_every_value_and_describer(planted: Findings) -> None:
    section = described_factors(planted)
    assert section is not None
    (figure,) = section.figures
    by_value = planted.described_factors.by_value
    assert figure.body.count("<td ") == len(by_value)
    marked = figure.table[figure.table["is_finding"]]
    assert list(zip(marked["describer_id"], marked["value"], strict=True)) == [
        ("m/tiny · describe", "rain")
    ]
    assert re.findall(r'<td class="right l(\d+) is-finding">([^<]*)', figure.body) == [("0", "0%")]


def test_every_number_stands_in_a_table_with_its_interval(planted: Findings) -> None:
    section = described_factors(planted)
    assert section is not None
    text = words(section.body)
    by_factor = planted.described_factors.by_factor
    assert text.count(" to ") > len(by_factor)
    for row in by_factor.to_dict(orient="records"):
        assert f"{row['share']:.0%} {row['low']:.0%} to {row['high']:.0%}" in text
    assert "data-sortable" in section.body


def test_the_width_of_the_search_is_told(planted: Findings) -> None:
    section = described_factors(planted)
    assert section is not None
    search = planted.described_factors.search
    text = words(section.body)
    assert f"{search.n_tests} questions about {search.n_subgroups} values" in text
    assert "at most 5% of such searches find something" in text


def test_where_nothing_is_planted_nothing_is_claimed(tmp_path: Path) -> None:
    calm = findings(tmp_path, [Describer("m/one", slips=0.1), Describer("m/two", slips=0.1)], 120)
    section = described_factors(calm)
    assert section is not None
    text = words(section.body)
    assert text.startswith("No describer has a clear blind spot")
    assert "is-finding" not in section.body
    assert "What descriptions name" not in words(brief(calm).body)


def test_a_describer_alone_is_held_against_itself(tmp_path: Path) -> None:
    alone = findings(tmp_path, [RAIN_BLIND])
    section = described_factors(alone)
    assert section is not None
    text = words(section.body)
    assert re.match(
        r"tiny names the weather right in 0 of \d\d descriptions where it is rain , against \d\d% "
        r"in other weather; adjusted p = 0\.00\d\.",
        text,
    )
    assert "urther behind" not in text
    assert "tiny names the weather right in 0 of" in words(brief(alone).body)


def test_few_scenes_are_shown_and_not_searched(tmp_path: Path) -> None:
    section = described_factors(findings(tmp_path, [RAIN_BLIND, KEEN], n=12))
    assert section is not None
    assert "so no blind spots were searched for" in words(section.body)
    assert len(section.figures[0].table) > 20


def test_more_describers_than_columns_are_drawn_in_part_and_said(tmp_path: Path) -> None:
    many = [Describer(f"m/{number}") for number in range(8)]
    section = described_factors(findings(tmp_path, many, n=16))
    assert section is not None
    assert section.figures[0].table["describer_id"].nunique() == 6
    assert "2 more describers in the table." in section.figures[0].caption


def test_one_model_asked_in_two_ways_is_told_apart(tmp_path: Path) -> None:
    ways = [
        Describer("m/one", strategy=strategy) for strategy in ("describe", "published-describe")
    ]
    section = described_factors(findings(tmp_path, ways, n=12))
    assert section is not None
    text = words(section.body)
    assert "one · describe" in text
    assert "one published-describe" in text


def test_where_it_is_not_known_what_was_drawn_there_is_no_such_section(sample: RunFolder) -> None:
    board = leaderboard(evidence_of(sample), resampling=study_resampling(sample))
    assert described_factors(Findings(sample, board)) is None


def test_names_and_words_do_nothing(tmp_path: Path) -> None:
    evil = "m/<script>alert(1)<img src=x onerror=alert(1)>"
    found = findings(tmp_path, [KEEN, Describer(evil, blind={"rain": "cloudy"})])
    section = described_factors(found)
    assert section is not None
    for body in (section.body, brief(found).body):
        assert "&lt;script&gt;" in body
        assert "<script" not in body
        assert "<img" not in body


@pytest.fixture(scope="module")
def planted_file(planted: Findings) -> Path:
    return write_report(planted.run, planted.leaderboard)


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_no_width_makes_the_page_scroll_sideways(
    planted_file: Path, visit: Callable[..., Visit], width: int
) -> None:
    page = visit(planted_file, width=width).page
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.locator("#described-factors .heat:visible").count() == 6


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True])
def test_nobody_is_kept_from_reading_it(
    planted_file: Path, visit: Callable[..., Visit], *, dark: bool
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = visit(planted_file, dark=dark, unguarded=True).page
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    found = axe.Axe().run(page, context="#described-factors").response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in found] == []


def test_a_notebook_has_every_value_with_what_is_named_instead(tmp_path: Path) -> None:
    run = make_scene_run(tmp_path, [KEEN, RAIN_BLIND], n=60)
    table = api.Run(run).described_factors()
    rain = {row["describer"]: row for row in table.to_dict("records") if row["value"] == "rain"}
    assert rain["m/keen"]["n_right"] > 0
    assert (rain["m/tiny"]["n_right"], rain["m/tiny"]["instead"]) == (0, "cloudy")


def test_one_describer_with_nothing_to_find_has_its_section_too(tmp_path: Path) -> None:
    alone = findings(tmp_path, [KEEN], n=40)
    section = described_factors(alone)
    assert section is not None
    assert "the share that is named right: keen 9" in words(section.body)
