"""Figures: drawn from a table, and saying what the table says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mllmsent.affect import get_scheme
from mllmsent.report.colors import label_tones
from mllmsent.report.environment import static
from mllmsent.report.figures import (
    draw_confusions,
    draw_histogram,
    draw_intervals,
    draw_scatter,
    scale_of,
)
from mllmsent.report.figures.scatter import MOST_POINTS
from mllmsent.report.naming import SystemName

if TYPE_CHECKING:
    from mllmsent.report import Report

SYSTEM = SystemName("s1", "m/a", "direct", "direct")
numbers = st.floats(-1e6, 1e6, allow_nan=False)


@settings(deadline=None)
@given(numbers, numbers)
def test_an_axis_holds_its_values_between_round_ends(one: float, other: float) -> None:
    low, high = sorted((one, other))
    scale = scale_of(low, high)
    slack = 1e-6 * max(1.0, abs(low), abs(high))
    assert scale.low <= low + slack
    assert scale.high >= high - slack
    assert 2 <= len(scale.ticks) <= 8
    assert 0 <= scale.place(low) <= scale.place(high) <= 100


def test_ticks_are_written_with_the_digits_they_need() -> None:
    scale = scale_of(-0.4, 0.4, most=4)
    assert [scale.label(tick) for tick in scale.ticks] == ["−0.4", "−0.2", "0.0", "0.2", "0.4"]


def row(
    value: float | None, low: float | None, high: float | None, **more: object
) -> dict[str, object]:
    return {
        "model": "m", "detail": "direct", "mark": "direct", "note": "", "letters": "a",
        "is_baseline": False, "value": value, "low": low, "high": high, **more,
    }  # fmt: skip


def test_a_dot_stands_where_its_value_is() -> None:
    table = pd.DataFrame([row(0.5, 0.25, 0.75)])
    figure = draw_intervals(table, name="f", title="t", caption="", ends=(0.0, 1.0))
    assert 'class="dot dot-direct" style="left:50.0%"' in figure.body
    assert 'class="whisker" style="left:25.0%;width:50.0%"' in figure.body
    assert "0.25 to 0.75" in figure.body
    assert figure.table is table


def test_a_score_without_an_interval_has_no_whisker_and_one_without_a_value_no_dot() -> None:
    nan = float("nan")
    table = pd.DataFrame([row(0.5, nan, nan), row(nan, nan, nan)])
    body = draw_intervals(table, name="f", title="t", caption="").body
    assert body.count('class="dot ') == 1
    assert "whisker" not in body


def test_the_baseline_is_a_line_through_every_row() -> None:
    table = pd.DataFrame([row(0.5, 0.4, 0.6), row(0.2, 0.1, 0.3, is_baseline=True)])
    body = draw_intervals(table, name="f", title="t", caption="", ends=(0, 1)).body
    assert body.count('class="reference" style="left:20.0%"') == 2


def test_confusions_are_counts_with_shades_for_shares() -> None:
    counts = {("no", "no"): 9, ("no", "yes"): 1, ("yes", "no"): 0, ("yes", "yes"): 5}
    rows = [
        {"system_id": "s1", "truth": truth, "answer": answer, "count": count,
         "share": count / 10}
        for (truth, answer), count in counts.items()
    ]  # fmt: skip
    rows += [
        {"system_id": "s1", "truth": "no", "answer": "none", "count": 0, "share": 0.0},
        {"system_id": "s1", "truth": "yes", "answer": "none", "count": 5, "share": 0.5},
    ]
    body = draw_confusions(
        pd.DataFrame(rows),
        systems=[SYSTEM],
        labels=["no", "yes"],
        tones={"no": "red", "yes": "blue"},
        silence="none",
        name="f",
        title="t",
        caption="",
    ).body
    cells = re.findall(r'<td class="(\w+) l(\d+)">(\d*)', body)
    assert cells == [
        ("right", "9", "9"), ("wrong", "1", "1"), ("none", "0", ""),
        ("wrong", "0", ""), ("right", "5", "5"), ("none", "5", "5"),
    ]  # fmt: skip


def test_a_plot_of_many_items_draws_some_by_lot_and_counts_all() -> None:
    n = MOST_POINTS + 500
    table = pd.DataFrame({"system_id": "s1", "truth": [5.0] * n, "answer": [1.0] * n})
    body = draw_scatter(
        table,
        systems=[SYSTEM],
        dimension=get_scheme("valence-arousal").dimension("valence"),
        notes=["CCC 0.1"],
        name="f",
        title="t",
        caption="",
    ).body
    assert body.count("M100 200h0") == MOST_POINTS
    assert "1,200 answers" in body


def test_values_at_the_ends_of_a_scale_fall_into_its_first_and_last_bar() -> None:
    table = pd.DataFrame({"value": [1.0, 1.0, 9.0, float("nan")]})
    figure = draw_histogram(
        table,
        dimension=get_scheme("valence-arousal").dimension("valence"),
        name="f",
        title="t",
        n_bins=4,
    )
    assert re.findall(r"height:([\d.]+)%", figure.body) == ["100.0", "0.0", "0.0", "50.0"]


@pytest.mark.parametrize(
    "scheme", ["polarity2", "polarity3", "polarity5", "ekman7", "mikels", "plutchik"]
)
def test_no_two_labels_of_a_scheme_have_one_color(scheme: str) -> None:
    tones = label_tones(get_scheme(scheme))
    assert len(set(tones.values())) == len(tones)


def test_negative_neutral_and_positive_are_the_same_throughout() -> None:
    three, five = (label_tones(get_scheme(name)) for name in ("polarity3", "polarity5"))
    for label in ("negative", "neutral", "positive"):
        assert three[label] == five[label] == f"var(--{label})"


def test_every_color_is_defined_for_light_and_for_dark_paper() -> None:
    style = static("report.css")
    light, dark = style.split("@media (prefers-color-scheme: dark)", 1)
    named = {
        tone
        for scheme in ("polarity5", "mikels", "plutchik", "ekman7", "free")
        for tones in [label_tones(get_scheme(scheme), ["joy", "awe", "dread", "longing"])]
        for value in tones.values()
        for tone in re.findall(r"var\((--[\w-]+)\)", value)
    }
    assert named
    for tone in named:
        assert f"{tone}:" in light
        assert f"{tone}:" in dark


def test_every_figure_of_a_report_comes_with_its_table(report: Report) -> None:
    kinds = {name.rsplit("-", 1)[0] for name in report.figures}
    assert {"leaderboard", "confusions", "pathways", "targets", "answers"} <= {
        kind.split("-")[0] for kind in kinds
    }
    for figure in report.figures.values():
        assert isinstance(figure.table, pd.DataFrame)
        assert len(figure.table)
        assert f'id="figure-{figure.name}"' in report.html
