"""Where a system is blind: what was planted is told and drawn, and nothing else is."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest
from tests.report.sample_run import Recipe, make_run

from mllmsent.analysis import evidence_of, leaderboard, study_resampling
from mllmsent.report.findings import Findings
from mllmsent.report.sections.analyses import analysis_sections
from mllmsent.report.sections.brief import brief
from mllmsent.report.sections.method import method

if TYPE_CHECKING:
    from pathlib import Path

    from mllmsent.report.sections.section import Section

MODELS = {"m/good": 0.9, "m/blind": 0.85}
THEMES = ("harbor", "indoors", "indoors", "meadow")


def findings(folder: Path, **changes: object) -> Findings:
    """A run of direct systems in polarity3, of which one knows nothing about harbors."""
    plain: dict[str, object] = {
        "n_items": 280, "schemes": ("polarity3",), "pathways": ("direct",), "images": False,
        "status_shares": {}, "models": MODELS, "themes": THEMES, "blind": {"m/blind": "harbor"},
        "analyses": ("blind_spots",),
    }  # fmt: skip
    run = make_run(folder / "run", Recipe(**(plain | changes)))  # type: ignore[arg-type]
    return Findings(run, leaderboard(evidence_of(run), resampling=study_resampling(run)))


def section(of: Findings) -> Section:
    (found,) = (each for each in analysis_sections(of) if each.anchor == "blind-spots")
    return found


def words(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    return findings(tmp_path_factory.mktemp("planted"))


SENTENCE = (
    r"m/blind · direct · zero-shot is worse than expected where theme is harbor: wrong in \d+% of \d+ "
    r"items, expected \d+% \(difference 0\.\d\d, 0\.\d\d to 0\.\d\d; confirmed [a-z ]+, adjusted "
    r"p [<=] 0\.0\d+\)"
)


def test_the_planted_blind_spot_is_told_with_its_numbers_and_in_brief(planted: Findings) -> None:
    assert re.search(SENTENCE, words(section(planted).body))
    assert re.search(SENTENCE, words(brief(planted).body))
    assert "Blind spots." in words(method(planted).body)


def test_the_figure_shows_that_place_and_both_systems(planted: Findings) -> None:
    figure, _ = section(planted).figures
    assert set(figure.table["value"]) == {"theme is harbor"}
    blind = figure.table[figure.table["is_finding"]]
    assert len(blind) == 1
    assert blind["low"].item() > 0
    assert {"series-1", "series-2"} <= set(re.findall(r"series-\d", figure.body))


def test_what_was_lost_there_is_shown_with_its_picture(tmp_path: Path) -> None:
    of = findings(tmp_path, images=True, n_items=240)
    _, figure = section(of).figures
    assert figure.name == "blind-spots-polarity3-examples"
    rows = figure.table
    assert set(rows["group"]) == {"theme is harbor"}
    assert set(rows["who"]) == {"m/blind · direct"}
    assert len(rows) == 3
    themes = of.evidence.items.set_index("item_id")["theme"]
    assert set(themes[rows["item_id"]]) == {"harbor"}
    for row in rows.to_dict("records"):
        people, answer = row["said"].split(" → ")
        assert people != answer
        assert f'alt="Item {row["item_id"]}"' in figure.body
    assert figure.body.count('<img src="data:image/') == 3


def test_items_without_pictures_are_shown_by_their_texts(planted: Findings) -> None:
    _, figure = section(planted).figures
    assert "<img" not in figure.body
    assert figure.body.count("harbor at noon, empty.") == 3


def test_a_picture_that_has_changed_since_is_not_shown(tmp_path: Path) -> None:
    of = findings(tmp_path, images=True, n_items=240)
    for path in (of.run.dataset_root() / "images").iterdir():
        path.write_bytes(b"another")
    _, figure = section(of).figures
    assert "<img" not in figure.body


def test_where_nothing_is_planted_nothing_is_claimed(tmp_path: Path) -> None:
    calm = findings(tmp_path, blind={}, models={"m/one": 0.9, "m/two": 0.7})
    assert "No blind spot is confirmed" in words(section(calm).body)
    assert section(calm).figures == ()
    assert "theme" not in words(brief(calm).body)


def test_a_study_that_does_not_ask_is_told_nothing_of_it(tmp_path: Path) -> None:
    quiet = findings(tmp_path, analyses=("agreement",))
    assert quiet.analysis("blind_spots") is None
    assert "theme" not in words(brief(quiet).body)
    assert "Blind spots." not in words(method(quiet).body)


def test_more_systems_than_shapes_are_drawn_in_part_and_said(tmp_path: Path) -> None:
    models = {f"m/model-{number}": 0.9 - 0.03 * number for number in range(7)} | {"m/blind": 0.8}
    figure, _ = section(findings(tmp_path, models=models, n_items=400)).figures
    assert figure.table["system_id"].nunique() == 6
    assert "blind" in figure.body
    assert "2 more systems in the table." in figure.caption


def test_names_of_columns_values_and_models_do_nothing(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    hostile = findings(
        tmp_path, themes=(evil, "indoors"), models={"m/good": 0.9, f"m/{evil}": 0.85},
        blind={f"m/{evil}": evil},
    )  # fmt: skip
    for body in (section(hostile).body, brief(hostile).body):
        assert "&lt;script&gt;" in body
        assert "<script" not in body
        assert "<img" not in body
