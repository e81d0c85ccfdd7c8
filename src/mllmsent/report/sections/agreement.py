"""Whether the systems see alike: how well they agree, and where they are wrong together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.report.environment import fill
from mllmsent.report.figures.agreement import draw_agreement
from mllmsent.report.sections.section import Section
from mllmsent.report.writing import percent

if TYPE_CHECKING:
    from mllmsent.report.figures import Figure
    from mllmsent.report.findings import Board, Findings

__all__ = ["agreement"]

MOST_SYSTEMS = 16
"""Systems in one figure; the analysis has them all."""


def agreement(findings: Findings) -> Section | None:
    """One matrix per scheme and dimension; None where there is one system only."""
    found = findings.system_agreement
    if not len(found.tables["pairs"]):
        return None
    parts, figures = [], []
    for board in findings.boards:
        sentences = [
            statement.text
            for statement in found.statements
            if (statement.scheme, statement.dimension) == (board.scheme.name, board.dimension)
        ]
        if not sentences:
            continue
        drawn = _figure(findings, board)
        figures.append(drawn)
        parts.append({"title": board.title, "sentences": sentences, "figures": [drawn]})
    if not parts:
        return None
    body = fill("sections/analysis.html", parts=parts, lacking=found.lacking)
    return Section("agreement", "Whether the systems see alike", body, tuple(figures))


def _figure(findings: Findings, board: Board) -> Figure:
    tables = findings.system_agreement.tables
    order, pairs = (_of(tables[name], board) for name in ("order", "pairs"))
    shown = list(order["system_id"])[:MOST_SYSTEMS]
    left_out = len(order) - len(shown)
    pairs = pairs[pairs["first_id"].isin(shown) & pairs["second_id"].isin(shown)]
    above = f"Above the diagonal: {pairs['measure'].iloc[0]}."
    below = " Below it, in red: error consistency." if not board.dimension else ""
    more = f" {left_out} more systems are in the table." if left_out else ""
    return draw_agreement(
        pairs,
        systems=[findings.names[system] for system in shown],
        name=f"agreement-{board.anchor}",
        title=board.title,
        caption=f"{above}{below} {percent(findings.resampling.level)} intervals under the numbers. "
        f"Systems that agree stand side by side.{more}",
    )


def _of(table: Any, board: Board) -> Any:
    rows = table[table["scheme"] == board.scheme.name]
    return rows[rows["dimension"] == board.dimension] if board.dimension else rows
