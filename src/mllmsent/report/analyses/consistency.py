"""Whether a system says the same twice: over repeats and wordings, and under conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.report.analyses.dots import MOST_SYSTEMS, left_out, system_dot
from mllmsent.report.analyses.rows import rows_of
from mllmsent.report.figures import draw_intervals
from mllmsent.report.writing import percent

if TYPE_CHECKING:
    import pandas as pd

    from mllmsent.analysis.found import Found
    from mllmsent.report.figures import Figure
    from mllmsent.report.findings import Board, Findings

__all__ = ["draw"]

OVER = {"repeats": "asked again", "wordings": "asked in other words"}


def draw(findings: Findings, found: Found, board: Board | None) -> list[Figure]:
    """Dots for repeats, wordings and conditions of a board, each where there are any."""
    if board is None:
        return []
    within = rows_of(found.tables["within"], board)
    figures = [
        _within(findings, board, within[(within["over"] == over) & (within["n"] > 0)], over)
        for over in OVER
        if ((within["over"] == over) & (within["n"] > 0)).any()
    ]
    conditions = rows_of(found.tables["conditions"], board)
    conditions = conditions[conditions["n"] > 0]
    return [*figures, *([_conditions(findings, board, conditions)] if len(conditions) else [])]


def _within(findings: Findings, board: Board, rows: pd.DataFrame, over: str) -> Figure:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    column = "within_sd" if board.dimension else "same"
    dots = []
    for row in _records(rows, column, largest_first=not board.dimension):
        dot = system_dot(findings.names[row["system_id"]], row, column, f"{column}_")
        if over == "wordings":
            dot |= {"model": row["system"], "detail": f"{row['answers']} wordings", "mark": "other"}
        dots.append(dot)
    what = (
        "standard deviation within an item; less is steadier"
        if board.dimension
        else "chance that two answers are the same; 1 is always"
    )
    return draw_intervals(
        pd.DataFrame(dots),
        name=f"consistency-{over}-{board.anchor}",
        title=f"{board.title}: the same item {OVER[over]}",
        caption=f"The same item {OVER[over]}: {what}. Lines are "
        f"{percent(findings.resampling.level)} intervals.{left_out(len(rows))}",
        ends=(0.0, 0.0) if board.dimension else (0.0, 1.0),
    )


def _conditions(findings: Findings, board: Board, rows: pd.DataFrame) -> Figure:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    dots = [
        system_dot(
            findings.names[row["system_id"]], row, "moved", "moved_", detail=row["condition"]
        )
        for row in _records(rows, "moved", largest_first=True)
    ]
    what = (
        "Mean absolute shift of the numbers"
        if board.dimension
        else "Share of the answers that flip, those that flip by themselves included"
    )
    return draw_intervals(
        pd.DataFrame(dots),
        name=f"consistency-conditions-{board.anchor}",
        title=f"{board.title}: what conditions do to answers",
        caption=f"{what}. Lines are {percent(findings.resampling.level)} intervals."
        f"{left_out(len(rows))}",
        ends=(0.0, 0.0) if board.dimension else (0.0, 1.0),
    )


def _records(rows: pd.DataFrame, column: str, *, largest_first: bool) -> list[dict[Any, Any]]:
    ordered = rows.sort_values(column, ascending=not largest_first, kind="stable")
    return ordered.head(MOST_SYSTEMS).to_dict(orient="records")
