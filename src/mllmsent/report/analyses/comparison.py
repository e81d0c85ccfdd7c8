"""How large the differences are: each system's distance from the best."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mllmsent.report.analyses.rows import more_in_table, rows_of
from mllmsent.report.figures import draw_intervals
from mllmsent.report.writing import number, percent

if TYPE_CHECKING:
    from mllmsent.analysis.found import Found
    from mllmsent.report.figures import Figure
    from mllmsent.report.findings import Board, Findings

__all__ = ["draw"]

MOST_SYSTEMS = 16
"""Systems in one figure; the analysis has all pairs of them."""


def draw(findings: Findings, found: Found, board: Board | None) -> list[Figure]:
    """The systems of a board by how far they are behind its best."""
    if board is None:
        return []
    pairs = rows_of(found.tables["pairs"], board)
    if not len(pairs):
        return []
    best = pairs["first_id"].iloc[0]
    behind = pairs[pairs["first_id"] == best]
    shown = behind.head(MOST_SYSTEMS - 1)
    rows = [_row(findings, best, 0.0, None, "ranked first")]
    rows += [
        _row(
            findings,
            row["second_id"],
            -row["difference"],
            (-row["high"], -row["low"]),
            "" if row["apart"] else "not told apart",
        )
        for row in shown.to_dict(orient="records")
    ]
    rows[0]["is_baseline"] = True
    least, most = shown["detectable"].min(), shown["detectable"].max()
    ends = number(least) if number(least) == number(most) else f"{number(least)} to {number(most)}"
    detectable = (
        f" To be shown with 80% power, by a test of the two alone, a true difference from the first "
        f"must be {ends} or more."
        if not pd.isna(least)
        else ""
    )
    more = len(behind) - len(shown)
    left_out = more_in_table(more)
    return [
        draw_intervals(
            pd.DataFrame(rows),
            name=f"comparison-{board.anchor}",
            title=f"{board.title}: {board.metric.title} against the first of the ranking",
            caption=f"Difference in {board.metric.title} from the system that is ranked first; less "
            f"than 0 is worse. Lines are {percent(findings.resampling.level)} intervals, not "
            f"corrected for several pairs; whether two can be told apart says the corrected test."
            f"{detectable}{left_out}",
        )
    ]


def _row(
    findings: Findings,
    system: str,
    value: float,
    interval: tuple[float, float] | None,
    note: str,
) -> dict[str, object]:
    name = findings.names[system]
    low, high = interval or (None, None)
    return {
        "model": name.model,
        "detail": name.detail,
        "mark": name.mark,
        "note": note,
        "value": value,
        "low": low,
        "high": high,
        "letters": "",
        "is_baseline": False,
    }
