"""One figure to play with: any metric of any leaderboard, and every item on every dimension.

It is the only thing in the page that needs a script. Everything it shows, the page has told before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.analysis.confusion import paired_values
from mllmsent.metrics import metrics_for, sample_kind
from mllmsent.report.environment import fill
from mllmsent.report.safe_text import clean
from mllmsent.report.sections.section import Section
from mllmsent.report.writing import is_number

if TYPE_CHECKING:
    from mllmsent.report.findings import Board, Findings

__all__ = ["explore"]

MOST_POINTS = 600
"""Items per system of the interactive plot, drawn by lot where there are more."""


def explore(findings: Findings) -> Section | None:
    """The interactive figure; None where nothing is scored."""
    if not findings.boards:
        return None
    views = [_ranking(findings, board) for board in findings.boards]
    views += [_items(findings, board) for board in findings.boards if board.dimension]
    body = fill("sections/explore.html", views=views)
    return Section("explore", "Look for yourself", body)


def _ranking(findings: Findings, board: Board) -> dict[str, Any]:
    kind = sample_kind(board.scheme)
    metrics = metrics_for(kind, n_labels=len(board.scheme.labels) or None)
    shown = [metric for metric in metrics if metric.name in board.rows]
    shown.sort(key=lambda metric: metric.name != board.metric.name)
    records = board.rows.to_dict(orient="records")
    return {
        "kind": "ranking",
        "title": clean(f"Leaderboard: {board.title}"),
        "systems": [_system(findings, row["system_id"]) for row in records],
        "choices": [
            {
                "title": clean(metric.title),
                "higher": metric.higher_is_better,
                "values": [_plain(row.get(metric.name)) for row in records],
                "low": [_plain(row.get(f"{metric.name}_low")) for row in records],
                "high": [_plain(row.get(f"{metric.name}_high")) for row in records],
                "baseline": _plain(board.baseline.scores[metric.name].value)
                if board.baseline is not None and metric.name in board.baseline.scores
                else None,
            }
            for metric in shown
        ],
        "baseline": clean(board.baseline.name) if board.baseline is not None else "",
    }


def _items(findings: Findings, board: Board) -> dict[str, Any]:
    table = paired_values(list(board.scored.values()))
    scale = board.scheme.dimension(board.dimension)
    choices = []
    for system in board.rows["system_id"]:
        rows = table[table["system_id"] == system]
        if len(rows) > MOST_POINTS:
            rows = rows.sample(MOST_POINTS, random_state=findings.run.study.seed)
        choices.append(
            {
                "title": clean(findings.names[system].full),
                "mark": findings.names[system].mark,
                "items": [clean(item[:60]) for item in rows["item_id"]],
                "truth": [round(float(value), 3) for value in rows["truth"]],
                "answer": [round(float(value), 3) for value in rows["answer"]],
            }
        )
    return {
        "kind": "items",
        "title": clean(f"Item by item: {board.title}"),
        "low": scale.low,
        "high": scale.high,
        "choices": choices,
    }


def _system(findings: Findings, system: str) -> dict[str, str]:
    name = findings.names[system]
    return {"model": clean(name.model), "detail": clean(name.detail), "mark": name.mark}


def _plain(value: Any) -> float | None:
    return round(float(value), 4) if is_number(value) else None
