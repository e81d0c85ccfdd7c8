"""Rows of dots: systems with a number and its interval, and others that stand beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.report.analyses.rows import more_in_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.report.naming import SystemName

__all__ = ["MOST_SYSTEMS", "beside_dot", "left_out", "system_dot"]

MOST_SYSTEMS = 16
"""Systems in one figure; the analysis has them all."""


def system_dot(
    system: SystemName, row: Mapping[str, Any], column: str, prefix: str = "", *, detail: str = ""
) -> dict[str, Any]:
    """A row of `draw_intervals` for a system.

    Args:
        system: Its name.
        row: A row of an analysis' table.
        column: The number; its interval is in `low` and `high`.
        prefix: Before `low` and `high`.
        detail: Added to what tells the system apart.
    """
    return {
        "model": system.model,
        "detail": f"{system.detail} · {detail}" if detail else system.detail,
        "mark": system.mark,
        "note": "",
        "value": row[column],
        "low": row[f"{prefix}low"],
        "high": row[f"{prefix}high"],
        "letters": "",
        "is_baseline": False,
    }


def beside_dot(title: str, row: Mapping[str, Any], column: str, prefix: str = "") -> dict[str, Any]:
    """A row for what is no system; the first of them is a line through all rows.

    Args:
        title: What it is.
        row: A row of an analysis' table.
        column: The number.
        prefix: Before `low` and `high`.
    """
    return {
        "model": "",
        "detail": title,
        "mark": "baseline",
        "note": "",
        "value": row[column],
        "low": row[f"{prefix}low"],
        "high": row[f"{prefix}high"],
        "letters": "",
        "is_baseline": True,
    }


def left_out(n: int) -> str:
    """A sentence on rows that the figure leaves out, of `n`; empty where there are none."""
    return more_in_table(n - MOST_SYSTEMS, "rows")
