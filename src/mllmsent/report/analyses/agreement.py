"""Whether the systems see alike: how well they agree, and where they are wrong together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.report.analyses.rows import more_in_table, rows_of
from mllmsent.report.figures.agreement import draw_agreement
from mllmsent.report.writing import percent

if TYPE_CHECKING:
    from mllmsent.analysis.found import Found
    from mllmsent.report.figures import Figure
    from mllmsent.report.findings import Board, Findings

__all__ = ["draw"]

MOST_SYSTEMS = 16
"""Systems in one figure; the analysis has them all."""


def draw(findings: Findings, found: Found, board: Board | None) -> list[Figure]:
    """A matrix of the systems of a board."""
    if board is None:
        return []
    order, pairs = (rows_of(found.tables[name], board) for name in ("order", "pairs"))
    if not len(pairs):
        return []
    shown = list(order["system_id"])[:MOST_SYSTEMS]
    left_out = len(order) - len(shown)
    pairs = pairs[pairs["first_id"].isin(shown) & pairs["second_id"].isin(shown)]
    above = f"Above the diagonal: {pairs['measure'].iloc[0]}."
    below = " Below it, in red: error consistency." if not board.dimension else ""
    more = more_in_table(left_out)
    return [
        draw_agreement(
            pairs,
            systems=[findings.names[system] for system in shown],
            name=f"agreement-{board.anchor}",
            title=board.title,
            caption=f"{above}{below} {percent(findings.resampling.level)} intervals under the "
            f"numbers. Systems that agree stand side by side.{more}",
        )
    ]
