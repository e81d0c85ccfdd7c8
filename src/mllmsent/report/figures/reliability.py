"""Confidence against accuracy, bin by bin, one small plot per system, as given and after temperature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.report.environment import fill
from mllmsent.report.figures.figure import Figure
from mllmsent.report.writing import interval, is_number, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from markupsafe import Markup

    from mllmsent.report.naming import SystemName

__all__ = ["draw_reliability"]

SIDE = 200
"""Side of a plot, in units of its drawing."""

STRIP = 34
"""Height of the strip of counts below it."""

TICKS = (0.0, 0.5, 1.0)


def draw_reliability(
    table: pd.DataFrame,
    *,
    systems: Sequence[SystemName],
    stages: Sequence[str],
    notes: Sequence[str],
    name: str,
    title: str,
    caption: str | Markup,
) -> Figure:
    """Draw one plot per system: how sure it was from left to right, how often right upwards.

    Args:
        table: A row per system, stage and bin: columns system_id, stage, n, least, most, confidence,
            accuracy, low and high, all but n from 0 to 1.
        systems: The systems, in the order in which they are shown.
        stages: At most two stages: the first is drawn as disks with intervals and counts, the
            second as rings.
        notes: A line for each system, such as its error.
        name: Name of the figure.
        title: What is shown.
        caption: How to read it.
    """
    panels = []
    for system, note in zip(systems, notes, strict=True):
        own = table[table["system_id"] == system.system_id]
        shown = [own[own["stage"] == stage] for stage in stages]
        rows = [part.to_dict(orient="records") for part in shown]
        panels.append(
            {
                "system": system,
                "note": note,
                "series": [
                    [_dot(row) for row in part if is_number(row["accuracy"])] for part in rows
                ],
                "bars": _bars(rows[0]) if rows else [],
                "words": "; ".join(_words(row) for row in rows[0]) if rows else "",
            }
        )
    ticks = [{"at": SIDE * tick, "up": SIDE * (1 - tick), "text": f"{tick:g}"} for tick in TICKS]
    body = fill(
        "figures/reliability.html",
        panels=panels,
        stages=list(stages),
        ticks=ticks,
        side=SIDE,
        strip=STRIP,
        title=title,
    )
    return Figure(name, title, caption, table, body)


def _dot(row: dict[Any, Any]) -> dict[str, Any]:
    has_interval = is_number(row["low"]) and is_number(row["high"])
    return {
        "x": _place(row["confidence"]),
        "y": _up(row["accuracy"]),
        "low": _up(row["low"]) if has_interval else "",
        "high": _up(row["high"]) if has_interval else "",
    }


def _bars(rows: Sequence[dict[Any, Any]]) -> list[dict[str, Any]]:
    """A bar from the least to the greatest confidence of a bin, as high as it has rows for its width."""
    least_width = 0.01
    widths = [max(float(row["most"]) - float(row["least"]), least_width) for row in rows]
    density = [row["n"] / width for row, width in zip(rows, widths, strict=True)]
    most = max(density, default=1.0)
    return [
        {
            "x": _place(min(float(row["least"]), 1 - least_width)),
            "width": round(SIDE * width, 1),
            "height": round(STRIP * dense / most, 1),
        }
        for row, width, dense in zip(rows, widths, density, strict=True)
    ]


def _words(row: dict[Any, Any]) -> str:
    span = interval(row["low"], row["high"])
    return (
        f"of {row['n']} answers with confidence {number(row['confidence'])}, "
        f"{number(row['accuracy'])} are right{f' ({span})' if span else ''}"
    )


def _place(value: float) -> float:
    return round(SIDE * min(1.0, max(0.0, float(value))), 1)


def _up(value: float) -> float:
    return round(SIDE - _place(value), 1)
