"""Which rows of a table are about a board."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from mllmsent.report.findings import Board

__all__ = ["rows_of"]


def rows_of(table: pd.DataFrame, board: Board) -> pd.DataFrame:
    """The rows of a table with columns scheme and dimension that are about `board`."""
    rows = table[table["scheme"] == board.scheme.name]
    return rows[rows["dimension"] == board.dimension] if board.dimension else rows
