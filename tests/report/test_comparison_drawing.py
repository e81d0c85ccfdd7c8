"""Comparison and strategies in the report: what is drawn, and what is told beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from markupsafe import escape
from tests.report.sample_run import Recipe, make_run

from mllmsent.analysis.material import Material
from mllmsent.foundation.tables import write_table
from mllmsent.report import build_report
from mllmsent.report.analyses.comparison import draw as draw_comparison
from mllmsent.report.analyses.strategies import draw as draw_strategies
from mllmsent.report.findings import Findings

if TYPE_CHECKING:
    from pathlib import Path

WORDINGS = ("zero-shot", "role", "definitions")


def findings(folder: Path, models: dict[str, float], **more: Any) -> Findings:
    """A run of one pathway and scheme; all of its models are one in several wordings."""
    recipe = Recipe(
        n_items=60,
        schemes=["polarity3"],
        models=models,
        pathways=["direct"],
        images=False,
        analyses=["comparison", "strategies"],
        **more,
    )
    run = make_run(folder / "run", recipe)
    systems = run.table("systems").assign(
        model="<b>one</b>", revision="1", strategy=list(WORDINGS[: len(models)])
    )
    write_table("systems", systems, run.path / "systems.parquet")
    return Findings(run, Material(run).board())


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    return findings(tmp_path_factory.mktemp("three"), {"m/a": 0.9, "m/b": 0.55, "m/c": 0.85})


def test_every_system_is_drawn_by_its_distance_from_the_first(three: Findings) -> None:
    (board,) = three.boards
    found = three.analyses["comparison"]
    (figure,) = draw_comparison(three, found, board)
    table: Any = figure.table
    assert table["value"].iloc[0] == 0
    assert table["note"].iloc[0] == "ranked first"
    assert (table["value"] <= 0).all()
    pairs = found.tables["pairs"]
    against = pairs[pairs["first_id"] == pairs["first_id"].iloc[0]]
    assert table["value"].iloc[1:].tolist() == (-against["difference"]).tolist()
    assert table["high"].iloc[1:].tolist() == (-against["low"]).tolist()
    told = ["" if apart else "not told apart" for apart in against["apart"]]
    assert table["note"].iloc[1:].tolist() == told
    assert "80% power" in figure.caption
    assert draw_comparison(three, found, None) == []
    assert "<b>one" not in figure.body


def test_a_models_wordings_stand_together_the_plain_one_first(three: Findings) -> None:
    (board,) = three.boards
    (figure,) = draw_strategies(three, three.analyses["strategies"], board)
    table: Any = figure.table
    assert table["note"].tolist() == ["plain", "", ""]
    assert [detail.split(", ")[1] for detail in table["detail"]] == list(WORDINGS)
    scores = board.rows.set_index("system_id")["macro_f1"]
    assert sorted(table["value"]) == pytest.approx(sorted(scores), abs=0.02)
    assert "<b>one" not in figure.body


def test_where_nothing_is_scored_the_changes_are_drawn(tmp_path: Path) -> None:
    unlabeled = findings(tmp_path, {"m/a": 0.9, "m/b": 0.5}, labelled=False)
    assert not unlabeled.boards
    found = unlabeled.analyses["strategies"]
    (figure,) = draw_strategies(unlabeled, found, None)
    assert figure.table["value"].tolist() == found.tables["pairs"]["change"].tolist()
    assert draw_comparison(unlabeled, unlabeled.analyses["comparison"], None) == []
    # What is found without labels is told, though there is no leaderboard for it.
    html = build_report(unlabeled.run, unlabeled.leaderboard).html
    (told, *_) = [each.text for each in found.statements]
    assert str(escape(told)) in html
