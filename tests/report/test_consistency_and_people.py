"""The sections on consistency and on people: dots for what there is, nothing for what there is not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from tests.report.sample_run import Recipe, make_run

from mllmsent.foundation.tables import write_table
from mllmsent.report import build_report

if TYPE_CHECKING:
    from pathlib import Path

    from mllmsent.runs.folder import RunFolder

RECIPE = Recipe(
    n_items=30,
    schemes=("polarity3", "valence-arousal"),
    models={"m/<i>one</i>": 0.8, "m/two": 0.6},
    pathways=("direct",),
    images=False,
    analyses=["consistency", "people"],
)


def section(html: str, name: str) -> str:
    found = re.search(rf'<section[^>]*id="{name}".*?</section>', html, re.DOTALL)
    return found[0] if found else ""


@pytest.fixture(scope="module")
def asked_again(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run in which everything was asked twice, and once in grey, where all is neutral."""
    run = make_run(tmp_path_factory.mktemp("run") / "run", RECIPE)
    plain = run.table("predictions")
    other = plain.copy()
    ok = (other["status"] == "ok") & (other["scheme"] == "polarity3") & (other.index % 3 == 0)
    other.loc[ok, "label"] = "neutral"
    parts = [plain, other.assign(repeat=1), other.assign(condition="grey")]
    write_table("predictions", pd.concat(parts), run.path / "predictions.parquet")
    return run


def test_a_run_asked_again_has_dots_for_repeats_conditions_distances_and_doubts(
    asked_again: RunFolder,
) -> None:
    html = build_report(asked_again).html
    consistency, people = section(html, "consistency"), section(html, "people")
    assert "The same item asked again: chance that two answers are the same" in consistency
    assert "The same item asked again: standard deviation within an item" in consistency
    assert "Share of the answers that flip" in consistency
    assert "asked in other words" not in consistency
    assert "a person" in people
    assert "people: the other half" in people
    assert "Rank correlation over items" in people
    assert "<i>one</i>" not in html
    assert "&lt;i&gt;one&lt;/i&gt;" in consistency


def test_a_run_asked_once_has_no_dots_for_what_was_not_asked(tmp_path: Path) -> None:
    html = build_report(make_run(tmp_path / "run", RECIPE)).html
    assert not section(html, "consistency")
    assert "no item was asked twice" in section(html, "not-computed")
    people = section(html, "people")
    assert "a person" in people
    assert "the other half" not in people
