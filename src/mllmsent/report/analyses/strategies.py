"""How much the wording matters: each model's scores in its wordings, or how answers change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from mllmsent.report.analyses.rows import more_in_table, rows_of
from mllmsent.report.figures import draw_intervals
from mllmsent.report.writing import percent

if TYPE_CHECKING:
    from mllmsent.analysis.found import Found
    from mllmsent.report.figures import Figure
    from mllmsent.report.findings import Board, Findings

__all__ = ["draw"]

MOST_ROWS = 24
"""Wordings in one figure; the analysis has them all."""


def draw(findings: Findings, found: Found, board: Board | None) -> list[Figure]:
    """Models of a board with a row for each wording; where nothing is scored, for each two."""
    level = percent(findings.resampling.level)
    if board is None:
        return _changes(found, level) if not findings.boards else []
    table = rows_of(found.tables["strategies"], board)
    table = table[table["score"].notna()]
    if not len(table):
        return []
    shown = table.head(MOST_ROWS)
    rows = []
    for row in shown.to_dict(orient="records"):
        name = findings.names[row["system_id"]]
        rows.append(
            _row(name.model, name.detail, row["score"], row["low"], row["high"])
            | {"mark": name.mark, "note": "plain" if row["plain"] else ""}
        )
    metric = board.metric
    better = "more" if metric.higher_is_better else "less"
    more = len(table) - len(shown)
    left_out = more_in_table(more, "wordings")
    return [
        draw_intervals(
            pd.DataFrame(rows),
            name=f"strategies-{board.anchor}",
            title=f"{board.title}: {metric.title} of each model in each wording",
            caption=f"{metric.title}; {better} is better. Wordings of one model stand together, the "
            f"plain one first, scored on the items that all wordings answered. Lines are {level} "
            f"intervals; differences between wordings are surer than they look, since the same items "
            f"were asked.{left_out}",
        )
    ]


def _changes(found: Found, level: str) -> list[Figure]:
    """How many answers change from one wording to another, where there is no truth."""
    table = found.tables["pairs"]
    table = table[(table["measure"] != "distance") & table["change"].notna()]
    if not len(table):
        return []
    rows = [
        _row(row["family"], f"{row['first']} against {row['second']}, {row['scheme']}",
             row["change"], row["change_low"], row["change_high"])
        for row in table.head(MOST_ROWS).to_dict(orient="records")
    ]  # fmt: skip
    return [
        draw_intervals(
            pd.DataFrame(rows),
            name="strategies-changes",
            title="Share of questions whose answer changes with the wording",
            caption="Share of questions whose answer changes from one wording to another. Lines are "
            f"{level} intervals.",
            ends=(0.0, 0.0),
        )
    ]


def _row(model: str, detail: str, value: Any, low: Any, high: Any) -> dict[str, Any]:
    return {
        "model": model, "detail": detail, "mark": "other", "note": "", "value": value, "low": low,
        "high": high, "letters": "", "is_baseline": False,
    }  # fmt: skip
