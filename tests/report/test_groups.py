"""Whom the systems side with, drawn: a dot per group and system, and the lean of each system."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from tests.report.sample_run import Recipe, make_run

from mllmsent.analysis.material import Material
from mllmsent.analysis.registry import analyze
from mllmsent.report.analyses.groups import draw
from mllmsent.report.findings import Findings
from mllmsent.runs.folder import RunFolder

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "culture=<b>x</b>"


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    """A run in which one group of annotators says what all say, and another something else."""
    folder: Path = tmp_path_factory.mktemp("groups")
    recipe = Recipe(n_items=90, images=False, schemes=("polarity3",), pathways=("direct",))
    run = make_run(folder / "plain", recipe)
    targets = run.table("targets")
    turned = targets["label"].replace({"positive": "neutral"})
    groups = [
        targets,
        targets.assign(annotator_group="culture=us"),
        targets.assign(annotator_group=HOSTILE, label=turned),
    ]
    tables = {name: run.table(name) for name in ("items", "systems", "predictions")}
    own = RunFolder(folder / "grouped")
    own.write(run.study, run.manifest, tables | {"targets": pd.concat(groups, ignore_index=True)})
    study = own.study.model_copy(update={"analyses": ("groups",)})
    own.__dict__["study"] = study
    return Findings(own, Material(own).board())


def test_scores_stand_by_group_and_leans_below(findings: Findings) -> None:
    (board,) = findings.boards
    scores, leans = draw(findings, findings.analyses["groups"], board)
    assert list(dict.fromkeys(scores.table["value"])) == ["everybody", "culture=us", HOSTILE]
    assert "<b>x</b>" not in scores.body
    assert leans.table["value"].iloc[0] == leans.table["value"].max()
    assert leans.table["detail"].iloc[-1] == "with neither"
    assert "beyond chance" in leans.body  # whoever is right sides with those who were not turned
    assert "culture=us" in leans.caption


def test_pairs_that_are_not_drawn_are_told(findings: Findings) -> None:
    (board,) = findings.boards
    found = findings.analyses["groups"]
    siding = found.tables["siding"]
    four = pd.concat([siding.assign(first=f"culture={name}") for name in "abcd"])
    figures = draw(findings, replace(found, tables={**found.tables, "siding": four}), board)
    assert len(figures) == 4
    told = ["1 more pair is in the table" in str(figure.caption) for figure in figures]
    assert told == [False, False, False, True]


def test_nothing_is_drawn_without_groups_and_for_no_board(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", Recipe(n_items=20, images=False, schemes=("polarity3",)))
    own = Findings(run, Material(run).board())
    found = analyze(own.material, ["groups"])["groups"]
    assert draw(own, found, own.boards[0]) == draw(own, found, None) == []
