"""What the analyses of a study found: a section for each, and one for what could not be computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.analysis.registry import ANALYSES
from mllmsent.report.analyses import DRAWINGS
from mllmsent.report.environment import fill
from mllmsent.report.figures.table import draw_table
from mllmsent.report.sections.section import Section

if TYPE_CHECKING:
    from mllmsent.analysis.found import Analysis, Found
    from mllmsent.report.figures import Figure
    from mllmsent.report.findings import Board, Findings

__all__ = ["analysis_sections"]


def analysis_sections(findings: Findings) -> list[Section]:
    """A section for each analysis of the study that found something, in the study's order."""
    sections, silent = [], []
    for name, found in findings.analyses.items():
        analysis = ANALYSES.get(name)
        section = _section(findings, analysis, found)
        if section is not None:
            sections.append(section)
        elif found.lacking:
            silent.append({"title": analysis.title, "sentences": found.lacking, "figures": []})
    if silent:
        body = fill("sections/analysis.html", parts=silent, lacking=())
        sections.append(Section("not-computed", "What could not be computed", body))
    return sections


def _section(findings: Findings, analysis: Analysis, found: Found) -> Section | None:
    parts: list[dict[str, Any]] = []
    figures: list[Figure] = []
    told: dict[tuple[str, str], list[str]] = {}
    for statement in found.statements:
        told.setdefault((statement.scheme, statement.dimension), []).append(statement.text)
    for board in (None, *findings.boards):
        about = (board.scheme.name, board.dimension) if board else ("", "")
        sentences = told.pop(about, [])
        drawn = _drawn(findings, analysis, found, board)
        if sentences or drawn:
            parts.append(
                {
                    "title": board.title if board else "",
                    "sentences": sentences,
                    "figures": drawn,
                }
            )
            figures += drawn
    # Of what nobody labeled there is no board, but something may be found all the same.
    parts += [
        {"title": ", ".join(filter(None, about)), "sentences": sentences, "figures": []}
        for about, sentences in told.items()
    ]
    if not parts:
        return None
    body = fill("sections/analysis.html", parts=parts, lacking=found.lacking)
    return Section(analysis.name.replace("_", "-"), analysis.title, body, tuple(figures))


def _drawn(
    findings: Findings, analysis: Analysis, found: Found, board: Board | None
) -> list[Figure]:
    if analysis.name in DRAWINGS.names():
        return list(DRAWINGS.get(analysis.name)(findings, found, board))
    if board is not None or not found.tables:
        return []
    name, table = next(iter(found.tables.items()))
    if not len(table):
        return []
    return [
        draw_table(table, name=f"{analysis.name}-{name}", title=analysis.tables.get(name, name))
    ]
