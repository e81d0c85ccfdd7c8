"""What people said against what a system said, item by item, one small plot per system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.report.environment import fill
from mllmsent.report.figures.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from markupsafe import Markup

    from mllmsent.affect.scheme import Dimension
    from mllmsent.report.naming import SystemName

__all__ = ["MOST_POINTS", "draw_scatter"]

MOST_POINTS = 700
"""Points of one plot; of more, so many are drawn by lot."""

SIDE = 200
"""Side of a plot, in units of its drawing."""


def draw_scatter(
    table: pd.DataFrame,
    *,
    systems: Sequence[SystemName],
    dimension: Dimension,
    notes: Sequence[str],
    name: str,
    title: str,
    caption: str | Markup,
    seed: int = 0,
) -> Figure:
    """Draw one plot per system, people's mean from left to right, the answer from bottom to top.

    Args:
        table: Columns system_id, truth and answer.
        systems: The systems, in the order in which they are shown.
        dimension: The scale; answers beyond it are drawn on its edge.
        notes: A line for each system, such as its score.
        name: Name of the figure.
        title: What is shown.
        caption: How to read it.
        seed: Of the lot, where there are more than `MOST_POINTS`.
    """
    ticks = [
        {"at": _x(tick, dimension), "up": _y(tick, dimension), "text": f"{tick:g}"}
        for tick in (dimension.low, (dimension.low + dimension.high) / 2, dimension.high)
    ]
    panels = []
    for system, note in zip(systems, notes, strict=True):
        points = table[table["system_id"] == system.system_id]
        total = len(points)
        if total > MOST_POINTS:
            points = points.sample(MOST_POINTS, random_state=seed)
        path = "".join(
            f"M{_x(truth, dimension):g} {_y(answer, dimension):g}h0"
            for truth, answer in zip(points["truth"], points["answer"], strict=True)
        )
        panels.append({"system": system, "path": path, "note": note, "n": total})
    body = fill("figures/scatter.html", panels=panels, ticks=ticks, side=SIDE, dimension=dimension)
    return Figure(name, title, caption, table, body)


def _x(value: float, dimension: Dimension) -> float:
    share = (float(value) - dimension.low) / dimension.span
    return round(SIDE * min(1.0, max(0.0, share)), 1)


def _y(value: float, dimension: Dimension) -> float:
    return round(SIDE - _x(value, dimension), 1)
