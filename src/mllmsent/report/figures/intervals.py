"""Dots and intervals: a score of each system and how sure it is, on one axis.

Rows are laid out by the browser, so that on a phone a long name stands above its axis and not on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.report.environment import fill
from mllmsent.report.figures.figure import Figure, Scale, scale_of
from mllmsent.report.writing import interval, is_number, number

if TYPE_CHECKING:
    import pandas as pd
    from markupsafe import Markup

__all__ = ["draw_intervals"]


def draw_intervals(
    table: pd.DataFrame,
    *,
    name: str,
    title: str,
    caption: str | Markup,
    ends: tuple[float, float] | None = None,
    scale: Scale | None = None,
) -> Figure:
    """Draw scores with their intervals.

    Args:
        table: A row per system, first on top: columns model, detail, mark (how it is
            drawn: direct, described, scene or other), note, value, low,
            high, letters and is_baseline. A baseline is drawn as a line through all rows.
        name: Name of the figure.
        title: What is shown.
        caption: How to read it.
        ends: Ends that the axis has at least; by default those of the values.
        scale: The axis itself, where it is given.
    """
    shown = [
        value
        for column in ("value", "low", "high")
        for value in table[column].tolist()
        if is_number(value)
    ]
    shown += list(ends or ()) or ([] if shown else [0.0, 1.0])
    scale = scale or scale_of(min(shown), max(shown))
    rows = [_row(row, scale) for row in table.to_dict(orient="records")]
    reference = next((row["at"] for row in rows if row["is_baseline"] and row["at"] != ""), None)
    body = fill(
        "figures/intervals.html",
        rows=rows,
        ticks=[{"at": scale.place(tick), "text": scale.label(tick)} for tick in scale.ticks],
        reference=reference,
        title=title,
        has_letters=any(row["letters"] for row in rows),
    )
    return Figure(name, title, caption, table, body)


def _row(row: dict[Any, Any], scale: Any) -> dict[str, Any]:
    has_interval = is_number(row["low"]) and is_number(row["high"])
    low = scale.place(row["low"]) if has_interval else 0
    return {
        "model": row["model"],
        "detail": row["detail"],
        "mark": "baseline" if row["is_baseline"] else row["mark"],
        "note": row["note"],
        "letters": row["letters"],
        "is_baseline": bool(row["is_baseline"]),
        "at": scale.place(row["value"]) if is_number(row["value"]) else "",
        "low": low if has_interval else "",
        "width": round(scale.place(row["high"]) - low, 2) if has_interval else 0,
        "text": number(row["value"]),
        "interval": interval(row["low"], row["high"]),
    }
