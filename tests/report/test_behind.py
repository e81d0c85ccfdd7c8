"""Where a system falls behind: what was planted is told and drawn, and nothing else is."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from tests.report.sample_run import Recipe, make_run

from mllmsent import api
from mllmsent.analysis import evidence_of, leaderboard, study_resampling
from mllmsent.report.findings import Findings
from mllmsent.report.sections.behind import behind
from mllmsent.report.sections.brief import brief
from mllmsent.report.sections.method import method

if TYPE_CHECKING:
    from pathlib import Path

MODELS = {"m/good": 0.9, "m/blind": 0.85}
THEMES = ("harbor", "indoors", "indoors", "meadow")


def findings(folder: Path, **changes: object) -> Findings:
    """A run of direct systems in polarity3, of which one knows nothing about harbors."""
    plain: dict[str, object] = {
        "n_items": 240, "schemes": ("polarity3",), "pathways": ("direct",), "images": False,
        "status_shares": {}, "models": MODELS, "themes": THEMES, "blind": {"m/blind": "harbor"},
    }  # fmt: skip
    run = make_run(folder / "run", Recipe(**(plain | changes)))  # type: ignore[arg-type]
    return Findings(run, leaderboard(evidence_of(run), resampling=study_resampling(run)))


def words(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    return findings(tmp_path_factory.mktemp("planted"))


def test_the_planted_blind_spot_comes_first_with_its_numbers(planted: Findings) -> None:
    section = behind(planted)
    assert section is not None
    assert re.search(
        r"^\S*blind · direct (is further|falls) behind \S*good · direct where theme is harbor "
        r"\( ?accuracy 0\.\d\d against 0\.\d\d, \d\d items\) .* elsewhere \(0\.\d\d against "
        r"0\.\d\d\); adjusted p [<=] 0\.0\d\d",
        words(section.body),
    )


def test_the_width_of_the_search_and_what_it_means_is_told(planted: Findings) -> None:
    text = words(behind(planted).body)  # type: ignore[union-attr]
    assert "9 questions about 3 subgroups" in text
    assert "at most 5% of such searches find something" in text
    assert "at least 15 items inside and 15 outside" in text
    assert "Falling behind." in words(method(planted).body)


def test_the_figure_shows_every_value_of_that_column_and_both_systems(planted: Findings) -> None:
    section = behind(planted)
    assert section is not None
    (figure,) = section.figures
    assert figure.title == "Accuracy by theme"
    assert list(figure.table["value"].unique()) == ["harbor", "indoors", "meadow"]
    assert figure.table.loc[figure.table["is_finding"], "value"].tolist() == ["harbor"]
    assert {"series-1", "series-2"} <= set(re.findall(r"series-\d", figure.body))


def test_the_whole_search_stands_in_a_table(planted: Findings) -> None:
    section = behind(planted)
    assert section is not None
    assert section.body.count("<tr>") == 1 + 2 * 3
    assert "data-sortable" in section.body


def test_a_notebook_has_the_same_table(planted: Findings) -> None:
    table = api.Run(planted.run).falling_behind()
    pd.testing.assert_frame_equal(table, planted.gaps["polarity3"].rows)


def test_the_answer_in_brief_names_it_too(planted: Findings) -> None:
    assert "where theme is harbor" in words(brief(planted).body)


def test_where_nothing_is_planted_nothing_is_claimed(tmp_path: Path) -> None:
    calm = findings(tmp_path, blind={}, models={"m/one": 0.9, "m/two": 0.7})
    section = behind(calm)
    assert section is not None
    text = words(section.body)
    assert text.startswith("No model is clearly further behind another in any part of these items")
    assert re.search(
        r"In none of 3 subgroups is a model clearly further behind the best-ranked one than "
        r"elsewhere \(least adjusted p [<=] \d\.\d+\)",
        text,
    )
    assert section.figures == ()
    assert "theme" not in words(brief(calm).body)


def test_one_model_is_held_against_itself(tmp_path: Path) -> None:
    alone = behind(findings(tmp_path, models={"m/blind": 0.9}))
    assert alone is not None
    text = words(alone.body)
    assert "held against itself elsewhere" in text
    assert re.search(r"blind · direct is worse where theme is harbor \( ?accuracy", text)
    assert "Further behind" not in text
    assert len(alone.figures) == 1


def test_small_groups_are_not_searched_and_that_is_said(tmp_path: Path) -> None:
    section = behind(findings(tmp_path, n_items=20))
    assert section is not None
    text = words(section.body)
    assert "makes no subgroup with at least 15 items inside and 15 outside" in text
    assert "theme : none of its values divides the items into 15 and 15" in text


def test_without_metadata_or_truth_there_is_no_such_section(tmp_path: Path) -> None:
    assert behind(findings(tmp_path, labelled=False)) is None


def test_more_systems_than_shapes_are_drawn_in_part_and_said(tmp_path: Path) -> None:
    models = {f"m/model-{number}": 0.9 - 0.03 * number for number in range(7)} | {"m/blind": 0.6}
    section = behind(findings(tmp_path, models=models))
    assert section is not None
    (figure,) = section.figures
    assert figure.table["system_id"].nunique() == 6
    assert "blind" in figure.body
    assert "2 more systems in the table." in figure.caption


def test_names_of_columns_values_and_models_do_nothing(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    section = behind(
        findings(tmp_path, themes=(evil, "indoors"), models={"m/good": 0.9, f"m/{evil}": 0.8},
                 blind={f"m/{evil}": evil})
    )  # fmt: skip
    assert section is not None
    assert "&lt;script&gt;" in section.body
    assert "<script" not in section.body
    assert "<img" not in section.body


def test_dimensions_are_told_by_their_error(tmp_path: Path) -> None:
    section = behind(findings(tmp_path, schemes=("valence-arousal",)))
    assert section is not None
    text = words(section.body)
    assert re.search(
        r"(Valence|Arousal), 1 to 9: \S*blind · direct (is further|falls) behind", text
    )
    assert "mean error" in text
    assert {figure.title for figure in section.figures} == {"Mean error by theme"}
