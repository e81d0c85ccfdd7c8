"""A table as it is, for what is read number by number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.report.environment import fill
from mllmsent.report.figures.figure import Figure
from mllmsent.report.writing import count, is_number, number

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from markupsafe import Markup

__all__ = ["MOST_ROWS", "draw_table"]

MOST_ROWS = 30
"""Rows that are shown; the figure's table has them all."""


def draw_table(
    table: pd.DataFrame,
    *,
    name: str,
    title: str,
    caption: str | Markup = "",
    headings: Mapping[str, str] | None = None,
    digits: int = 3,
) -> Figure:
    """Show the first rows of a table.

    Args:
        table: Any table.
        name: Name of the figure.
        title: What is shown.
        caption: How to read it.
        headings: Column to its heading, of the columns that are shown, in that order; by default all
            by their names.
        digits: Decimals of numbers that are not whole.
    """
    columns = dict(headings or {str(column): str(column) for column in table.columns})
    shown = table.head(MOST_ROWS)
    cells = [_cells(shown[column].tolist(), digits) for column in columns]
    body = fill(
        "figures/table.html",
        title=title,
        headings=list(columns.values()),
        rows=list(zip(*cells, strict=True)),
        n_more=max(0, len(table) - MOST_ROWS),
    )
    return Figure(name, title, caption, table, body)


def _cells(values: list[Any], digits: int) -> list[dict[str, Any]]:
    """A column's cells, its numbers all with the same decimals."""
    numbers = [float(value) for value in values if is_number(value)]
    decimals = 0 if all(value.is_integer() for value in numbers) else digits
    return [_cell(value, decimals) for value in values]


def _cell(value: Any, decimals: int) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"text": "yes" if value else "no", "is_number": False}
    if is_number(value):
        text = count(value) if not decimals and value >= 0 else number(value, decimals)
        return {"text": text, "is_number": True}
    # What is missing is NaN, None or NA, which are no texts.
    return {"text": value if isinstance(value, str) else "", "is_number": False}
