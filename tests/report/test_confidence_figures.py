"""Figures of intensity and confidence: drawn from what is found, escaped, and said in words too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from tests.report.sample_run import Recipe, make_run

from mllmsent.report import build_report
from mllmsent.report.figures import draw_reliability
from mllmsent.report.naming import SystemName

if TYPE_CHECKING:
    from mllmsent.report import Report

HOSTILE = SystemName("s1", "<script>alert(1)</script>", "direct", "direct")


def bins(**more: object) -> pd.DataFrame:
    row: dict[str, object] = {
        "system_id": "s1", "stage": "as given", "n": 40, "least": 0.5, "most": 0.9,
        "confidence": 0.75, "accuracy": 0.5, "low": 0.25, "high": 0.75,
    }  # fmt: skip
    return pd.DataFrame([row | more])


def drawn(table: pd.DataFrame) -> str:
    stages = ("as given", "after temperature")
    return draw_reliability(
        table, systems=[HOSTILE], stages=stages, notes=["n"], name="f", title="t", caption=""
    ).body


def test_a_disk_stands_where_confidence_and_accuracy_are() -> None:
    body = drawn(bins())
    assert '<circle class="reliable-1" cx="150.0" cy="100.0" r="4"/>' in body
    assert '<path class="reliable-whisker" d="M150.0 150.0V50.0"/>' in body
    assert "of 40 answers with confidence 0.75, 0.50 are right (0.25 to 0.75)" in body
    assert "<script>" not in body


def test_what_comes_after_temperature_is_a_ring_and_no_interval_no_whisker() -> None:
    body = drawn(bins(stage="after temperature"))
    assert 'cx="150.0"' in body
    assert body.count("reliable-2") == 2, "once in the legend, once in the plot"
    assert "reliable-whisker" not in body
    assert "reliable-whisker" not in drawn(bins(low=float("nan"), high=float("nan")))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    recipe = Recipe(
        n_items=40, schemes=("polarity5", "mikels", "valence-arousal"),
        models={"m/one": 0.9, "m/two": 0.4}, pathways=["direct"], images=False,
        analyses=("intensity", "calibration"),
    )  # fmt: skip
    return build_report(make_run(tmp_path_factory.mktemp("runs") / "run", recipe))


def test_zones_are_drawn_where_intensity_is_known_and_distances_where_not(report: Report) -> None:
    names = [name for name in report.figures if name.startswith(("intensity-", "extremity-"))]
    assert names == [
        "intensity-polarity5", "extremity-polarity5", "intensity-mikels",
        "intensity-valence-arousal-valence", "extremity-valence-arousal-valence",
        "intensity-valence-arousal-arousal",
    ]  # fmt: skip
    (section,) = re.findall(r'<section[^>]*id="intensity".*?</section>', report.html, re.DOTALL)
    assert "Their single votes" in section
    assert "Their single ratings" in section
    assert "Extreme: negative and positive." in section
    assert "Jensen-Shannon distance of the labels" in section


def test_a_run_without_scores_tells_so_and_draws_nothing(report: Report) -> None:
    assert not any(name.startswith("calibration") for name in report.figures)
    assert "2 of 2 systems gave no scores" in report.html
