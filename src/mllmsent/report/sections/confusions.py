"""What is taken for what, system by system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.analysis.confusion import NO_LABEL, paired_values
from mllmsent.analysis.confusion import confusions as confusion_table
from mllmsent.report.colors import label_tones
from mllmsent.report.environment import fill
from mllmsent.report.figures import Figure, draw_confusions, draw_scatter
from mllmsent.report.sections.section import Section
from mllmsent.report.writing import number

if TYPE_CHECKING:
    from mllmsent.report.findings import Board, Findings

__all__ = ["confusions"]


def confusions(findings: Findings) -> Section | None:
    """Small shaded tables for labels, small plots for dimensions."""
    figures = [
        _scatter(findings, board) if board.dimension else _heatmap(findings, board)
        for board in findings.boards
        if board.dimension or board.is_labels
    ]
    if not figures:
        return None
    body = fill(
        "sections/confusions.html",
        figures=figures,
        has_labels=any(board.is_labels for board in findings.boards),
        multi_label=[board.title for board in findings.boards if board.scheme.multi_label],
    )
    return Section("confusions", "What is taken for what", body, tuple(figures))


def _heatmap(findings: Findings, board: Board) -> Figure:
    table = confusion_table(list(board.scored.values()))
    shown = [system for system in board.rows["system_id"] if system in set(table["system_id"])]
    return draw_confusions(
        table,
        systems=[findings.names[system] for system in shown],
        labels=board.scheme.label_names,
        tones=label_tones(board.scheme),
        silence=NO_LABEL,
        name=f"confusions-{board.anchor}",
        title=board.title,
        caption="A row is what people said, a column what the system said. Counts; shades are "
        "shares of the row.",
    )


def _scatter(findings: Findings, board: Board) -> Figure:
    metric = board.metric
    scores = dict(zip(board.rows["system_id"], board.rows[metric.name], strict=True))
    shown = list(board.rows["system_id"])
    return draw_scatter(
        paired_values(list(board.scored.values())),
        systems=[findings.names[system] for system in shown],
        dimension=board.scheme.dimension(board.dimension),
        notes=[f"{metric.title} {number(scores[system])}" for system in shown],
        name=f"answers-against-people-{board.anchor}",
        title=board.title,
        caption="A dot is an item: the people’s mean from left to right, the answer from bottom to "
        "top. On the diagonal they are the same.",
        seed=findings.run.study.seed,
    )
