"""Scores of several systems by the values of one column: where do their dots draw apart?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.report.environment import fill
from mllmsent.report.figures.figure import Figure, scale_of
from mllmsent.report.writing import interval, is_number, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from markupsafe import Markup

    from mllmsent.report.naming import SystemName

__all__ = ["MOST_SERIES", "draw_gaps"]

MOST_SERIES = 6
"""Systems that have a color and a shape of their own."""


def draw_gaps(
    table: pd.DataFrame,
    *,
    systems: Sequence[SystemName],
    name: str,
    title: str,
    caption: str | Markup,
    ends: tuple[float, ...] = (),
) -> Figure:
    """Draw a row of dots with intervals for each value of a column and each system.

    Args:
        table: A row per value and system, in the order in which they are shown: columns value,
            system_id, n_items, score, low, high and is_finding.
        systems: The systems, at most `MOST_SERIES`, each drawn in its own color and shape.
        name: Name of the figure.
        title: What is shown.
        caption: How to read it.
        ends: Values that the axis reaches at least.
    """
    series = {system.system_id: number for number, system in enumerate(systems, start=1)}
    known = {system.system_id: system for system in systems}
    shown = [
        float(value)
        for column in ("score", "low", "high")
        for value in table[column]
        if is_number(value)
    ]
    shown += list(ends) or ([] if shown else [0.0, 1.0])
    scale = scale_of(min(shown), max(shown))
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in table.to_dict(orient="records"):
        has_interval = is_number(row["low"]) and is_number(row["high"])
        low = scale.place(row["low"]) if has_interval else 0
        groups.setdefault(str(row["value"]), []).append(
            {
                "system": known[row["system_id"]],
                "series": series[row["system_id"]],
                "n_items": row["n_items"],
                "is_finding": bool(row["is_finding"]),
                "at": scale.place(row["score"]) if is_number(row["score"]) else "",
                "low": low if has_interval else "",
                "width": round(scale.place(row["high"]) - low, 2) if has_interval else 0,
                "text": number(row["score"]),
                "interval": interval(row["low"], row["high"]),
            }
        )
    body = fill(
        "figures/gaps.html",
        groups=groups,
        ticks=[{"at": scale.place(tick), "text": scale.label(tick)} for tick in scale.ticks],
        title=title,
    )
    return Figure(name, title, caption, table, body)
