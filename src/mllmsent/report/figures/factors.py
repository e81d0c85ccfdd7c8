"""What descriptions name, as small tables whose cells are shaded: a table per factor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.report.environment import fill
from mllmsent.report.figures.figure import Figure
from mllmsent.report.figures.heatmap import STEPS
from mllmsent.report.writing import is_number, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from markupsafe import Markup

    from mllmsent.report.naming import SystemName

__all__ = ["MOST_COLUMNS", "draw_factors"]

MOST_COLUMNS = 6
"""Describers that fit beside each other in a small table."""


def draw_factors(
    table: pd.DataFrame,
    *,
    describers: Sequence[SystemName],
    name: str,
    title: str,
    caption: str | Markup,
) -> Figure:
    """Draw one shaded table per factor: a row per value, a column per describer.

    Args:
        table: A row per factor, value and describer, in the order in which they are shown: columns
            factor, value, describer_id, n, share and is_finding.
        describers: The describers, at most `MOST_COLUMNS`, in the order in which they are shown.
        name: Name of the figure.
        title: What is shown.
        caption: How to read it.
    """
    panels: list[dict[str, Any]] = []
    for factor, part in table.groupby("factor", sort=False):
        rows = []
        for value, of_value in part.groupby("value", sort=False):
            known = {row["describer_id"]: row for row in of_value.to_dict(orient="records")}
            rows.append(
                {
                    "value": value,
                    "n": int(of_value["n"].max()),
                    "cells": [_cell(known.get(each.system_id)) for each in describers],
                }
            )
        panels.append({"factor": factor, "rows": rows})
    body = fill(
        "figures/factors.html",
        panels=panels,
        describers=describers,
        is_wide=len(describers) > 3,
        is_turned=len(describers) > 2,
    )
    return Figure(name, title, caption, table, body)


def _cell(row: dict[Any, Any] | None) -> dict[str, Any]:
    if row is None or not is_number(row["share"]):
        return {"step": 0, "text": "", "is_finding": False}
    share = float(row["share"])
    return {
        # The least share has a shade of its own: one description is not none.
        "step": max(1, round(STEPS * share)) if share else 0,
        "text": percent(share),
        "is_finding": bool(row["is_finding"]),
    }
