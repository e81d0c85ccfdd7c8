"""A matrix of how well systems agree, those that agree most side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.report.environment import fill
from mllmsent.report.figures.figure import Figure
from mllmsent.report.figures.heatmap import STEPS
from mllmsent.report.writing import is_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from markupsafe import Markup

    from mllmsent.report.naming import SystemName

__all__ = ["draw_agreement"]


def draw_agreement(
    pairs: pd.DataFrame,
    *,
    systems: Sequence[SystemName],
    name: str,
    title: str,
    caption: str | Markup,
) -> Figure:
    """Draw agreement above the diagonal, and error consistency below it where there is any.

    Args:
        pairs: Columns first_id, second_id, agreement, low, high, error_consistency, error_low and
            error_high.
        systems: The systems, in the order in which they are shown.
        name: Name of the figure.
        title: What is shown.
        caption: How to read it.
    """
    found: dict[frozenset[str], dict[str, Any]] = {
        frozenset((row["first_id"], row["second_id"])): {str(key): row[key] for key in row}
        for row in pairs.to_dict(orient="records")
    }
    ids = [system.system_id for system in systems]
    rows = []
    for number, system in enumerate(systems):
        cells = []
        for place, other in enumerate(ids):
            row = found.get(frozenset((system.system_id, other)), {})
            above = place > number
            kind = ("agreement", "low", "high") if above else (
                "error_consistency", "error_low", "error_high"
            )  # fmt: skip
            cells.append(_cell(*(row.get(part) for part in kind), kind=_KIND[above]))
        cells[number] = {"kind": "self", "step": 0, "value": None, "interval": None}
        rows.append({"system": system, "cells": cells})
    body = fill(
        "figures/agreement.html",
        title=title,
        rows=rows,
        numbered=list(enumerate(systems, start=1)),
    )
    return Figure(name, title, caption, pairs, body)


_KIND = {True: "right", False: "wrong"}
"""The colors of cells: above the diagonal what systems say, below where they are wrong."""


def _cell(value: Any, low: Any, high: Any, *, kind: str) -> dict[str, Any]:
    if not is_number(value):
        return {"kind": "none", "step": 0, "value": None, "interval": None}
    interval = (low, high) if is_number(low) else None
    step = max(0, min(STEPS, round(STEPS * value)))
    return {"kind": kind, "step": step, "value": value, "interval": interval}
