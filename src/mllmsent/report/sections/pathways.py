"""Direct against described against scene, for each model on the same questions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.report.environment import fill
from mllmsent.report.figures import Figure, draw_pairs
from mllmsent.report.sections.section import Section
from mllmsent.report.writing import percent

if TYPE_CHECKING:
    import pandas as pd

    from mllmsent.report.findings import Board, Findings

__all__ = ["pathways"]

MOST_PAIRS = 48
"""Rows of one figure; the analysis has them all."""

LABEL_WORDS = {
    "both": "both right",
    "only_first": "only the first right",
    "only_second": "only the second right",
    "neither": "neither right",
}
NUMBER_WORDS = {
    "both": "equally close",
    "only_first": "the first closer",
    "only_second": "the second closer",
    "neither": "a number missing",
}


def pathways(findings: Findings) -> Section | None:
    """One figure per scheme and dimension; None where no model was asked in two ways."""
    figures: list[Figure] = []
    cut = False
    for board in findings.boards:
        rows = findings.pathway_pairs
        rows = rows[rows["scheme"] == board.scheme.name]
        if board.dimension:
            rows = rows[rows["dimension"] == board.dimension]
        if not len(rows):
            continue
        cut = cut or len(rows) > MOST_PAIRS
        figures.append(_figure(findings, board, rows.head(MOST_PAIRS)))
    if not figures:
        return None
    body = fill(
        "sections/pathways.html",
        figures=figures,
        level=findings.resampling.level,
        most=MOST_PAIRS if cut else 0,
        has_labels=any(not board.dimension for board in findings.boards),
    )
    return Section("pathways", "Direct, described, scene", body, tuple(figures))


def _figure(findings: Findings, board: Board, rows: pd.DataFrame) -> Figure:
    return draw_pairs(
        rows,
        names=findings.names,
        words=NUMBER_WORDS if board.dimension else LABEL_WORDS,
        metric=board.metric.title,
        name=f"pathways-{board.anchor}",
        title=board.title,
        caption=f"Left: the same questions, asked twice. Right: how much better the first is by "
        f"{board.metric.title}, with {percent(findings.resampling.level)} intervals; filled dots "
        f"are clear differences.",
    )
