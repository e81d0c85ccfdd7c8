"""A matrix of rank correlations: elements of pictures from top to bottom, people and systems beside."""

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

__all__ = ["draw_leanings"]


def draw_leanings(
    table: pd.DataFrame,
    *,
    systems: Sequence[SystemName],
    people: str,
    name: str,
    title: str,
    caption: str | Markup,
) -> Figure:
    """Draw a row per element and a column for people and each system.

    Args:
        table: Columns row (the element, as it is shown), who_id, rho, low, high and is_clear, in the
            order in which rows are shown.
        systems: The systems, in the order of their columns.
        people: The `who_id` of people, whose column is the first where they have one.
        name: Name of the figure.
        title: What is shown.
        caption: How to read it.
    """
    cells: dict[str, dict[str, dict[str, Any]]] = {}
    for row in table.to_dict(orient="records"):
        cells.setdefault(str(row["row"]), {})[str(row["who_id"])] = _cell(row)
    ids = [system.system_id for system in systems]
    has_people = bool((table["who_id"] == people).any())
    columns = [people, *ids] if has_people else ids
    nothing = {"kind": "none", "step": 0, "rho": None, "interval": None, "is_clear": False}
    body = fill(
        "figures/leanings.html",
        title=title,
        rows=[
            {"title": element, "cells": [own.get(column, nothing) for column in columns]}
            for element, own in cells.items()
        ],
        has_people=has_people,
        numbered=list(enumerate(systems, start=1)),
    )
    return Figure(name, title, caption, table, body)


def _cell(row: dict[Any, Any]) -> dict[str, Any]:
    rho = row["rho"]
    if not is_number(rho):
        return {"kind": "none", "step": 0, "rho": None, "interval": None, "is_clear": False}
    has_interval = is_number(row["low"]) and is_number(row["high"])
    return {
        "kind": "right" if rho >= 0 else "wrong",
        "step": min(STEPS, round(STEPS * abs(rho))),
        "rho": rho,
        "interval": (row["low"], row["high"]) if has_interval else None,
        "is_clear": bool(row["is_clear"]),
    }
