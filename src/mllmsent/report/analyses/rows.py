"""Which rows of a table are about a board, and how many of them a figure leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from mllmsent.report.findings import Board

__all__ = ["more_in_table", "rows_of"]


def rows_of(table: pd.DataFrame, board: Board) -> pd.DataFrame:
    """The rows of a table with columns scheme and dimension that are about `board`."""
    rows = table[table["scheme"] == board.scheme.name]
    return rows[rows["dimension"] == board.dimension] if board.dimension else rows


def more_in_table(n: int, what: str = "systems") -> str:
    """A sentence, to put behind others, on rows that a figure leaves out; empty where there are none.

    Args:
        n: How many rows.
        what: What they are, in the plural.
    """
    are = f"{what.removesuffix('s')} is" if n == 1 else f"{what} are"
    return f" {n} more {are} in the table." if n > 0 else ""
