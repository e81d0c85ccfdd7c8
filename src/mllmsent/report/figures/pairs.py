"""Two ways of asking the same model, on the same questions: who is right where the other is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.report.environment import fill
from mllmsent.report.figures.figure import Figure, scale_of
from mllmsent.report.writing import interval, is_number, signed

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from markupsafe import Markup

    from mllmsent.report.naming import SystemName

__all__ = ["draw_pairs"]

PARTS = ("both", "only_first", "only_second", "neither")


def draw_pairs(
    table: pd.DataFrame,
    *,
    names: Mapping[str, SystemName],
    words: Mapping[str, str],
    metric: str,
    name: str,
    title: str,
    caption: str | Markup,
) -> Figure:
    """Draw counts of pairs as bars, and the difference of the metric with its interval.

    Args:
        table: Rows of `compare_pathways` of one scheme or dimension.
        names: System to its short name.
        words: What the four parts of a bar mean: both, only_first, only_second, neither.
        metric: Title of the metric of the difference.
        name: Name of the figure.
        title: What is shown.
        caption: How to read it.
    """
    reach = max(
        [0.05]
        + [
            abs(float(value))
            for column in ("low", "high", "difference")
            for value in table[column]
            if is_number(value)
        ]
    )
    half = scale_of(0, reach, most=2)
    scale = scale_of(-half.high, half.high, most=4)
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in table.to_dict(orient="records"):
        groups.setdefault(str(row["model"]), []).append(_row(row, names, scale))
    body = fill(
        "figures/pairs.html",
        groups=groups,
        words=words,
        parts=PARTS,
        metric=metric,
        zero=scale.place(0),
        ticks=[{"at": scale.place(tick), "text": scale.label(tick)} for tick in scale.ticks],
    )
    return Figure(name, title, caption, table, body)


def _row(row: Mapping[Any, Any], names: Mapping[str, SystemName], scale: Any) -> dict[str, Any]:
    has_interval = is_number(row["low"]) and is_number(row["high"])
    low = scale.place(row["low"]) if has_interval else 0
    total = sum(int(row[part]) for part in PARTS)
    verdict = ""
    if has_interval:
        verdict = "first" if row["low"] > 0 else ("second" if row["high"] < 0 else "")
    return {
        "first": names[row["first_id"]],
        "second": names[row["second_id"]],
        "n": total,
        "parts": [
            {"kind": part, "count": int(row[part]), "width": round(100 * row[part] / total, 3)}
            for part in PARTS
        ],
        "at": scale.place(row["difference"]) if is_number(row["difference"]) else "",
        "low": low if has_interval else "",
        "width": round(scale.place(row["high"]) - low, 2) if has_interval else 0,
        "text": signed(row["difference"]),
        "interval": interval(row["low"], row["high"]),
        "verdict": verdict,
    }
