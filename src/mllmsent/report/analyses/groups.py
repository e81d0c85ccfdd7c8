"""Whom the systems side with: scores by annotator group, and the lean of each system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.report.analyses.rows import more_in_table, rows_of
from mllmsent.report.figures import MOST_SERIES, draw_gaps, draw_intervals
from mllmsent.report.naming import anchor
from mllmsent.report.writing import percent

if TYPE_CHECKING:
    import pandas as pd

    from mllmsent.analysis.found import Found
    from mllmsent.report.figures import Figure
    from mllmsent.report.findings import Board, Findings

__all__ = ["draw"]

MOST_SYSTEMS = 16
"""Systems in one figure; the analysis has them all."""

MOST_PAIRS = 3
"""Pairs of groups that are drawn, in the order of the targets; the table has them all."""


def draw(findings: Findings, found: Found, board: Board | None) -> list[Figure]:
    """A figure of scores by group, and one of leans for each pair of groups."""
    if board is None:
        return []
    scores = rows_of(found.tables["scores"], board)
    if scores["group"].nunique() < 2:
        return []
    scores = scores[scores["ranked"]]
    figures = [_scores(findings, board, scores)]
    siding = rows_of(found.tables["siding"], board)
    siding = siding[siding["lean"].notna()]
    taken: list[str] = []
    pairs = list(siding.groupby(["first", "second"], sort=False))
    rest = more_in_table(len(pairs) - MOST_PAIRS, "pairs")
    for place, ((first, second), rows) in enumerate(pairs[:MOST_PAIRS], start=1):
        taken.append(anchor(f"groups-{board.anchor}-{first}-{second}", taken))
        last = rest if place == MOST_PAIRS else ""
        figures.append(_leans(findings, rows, (str(first), str(second)), taken[-1], last))
    return figures


def _scores(findings: Findings, board: Board, scores: pd.DataFrame) -> Figure:
    shown = [system for system in board.rows["system_id"] if system in set(scores["system_id"])]
    shown = shown[:MOST_SERIES]
    rows = scores[scores["system_id"].isin(shown)].copy()
    rows["place"] = [shown.index(system) for system in rows["system_id"]]
    rows["round"] = rows.groupby("group", sort=False).ngroup()
    rows = rows.sort_values(["round", "place"], kind="stable")
    table = rows.assign(
        value=["everybody" if group == "all" else group for group in rows["group"]],
        score=rows["value"],
        is_finding=False,
    )[["value", "system_id", "n_items", "score", "low", "high", "is_finding"]]
    left_out = scores["system_id"].nunique() - len(shown)
    more = more_in_table(left_out)
    return draw_gaps(
        table,
        systems=[findings.names[system] for system in shown],
        name=f"groups-{board.anchor}",
        title=f"{board.metric.title} by group of annotators",
        caption=f"{board.metric.title} of each system, held against each group's own words, with "
        f"{percent(findings.resampling.level)} intervals.{more}",
    )


def _leans(
    findings: Findings, rows: pd.DataFrame, pair: tuple[str, str], name: str, rest: str
) -> Figure:
    shown = rows.sort_values("lean", ascending=False, kind="stable").head(MOST_SYSTEMS)
    records: list[dict[Any, Any]] = shown.to_dict(orient="records")
    dots = [_dot(findings, row) for row in records]
    dots.append(
        {
            "model": "", "detail": "with neither", "mark": "other", "note": "", "value": 0.0,
            "low": None, "high": None, "letters": "", "is_baseline": True,
        }
    )  # fmt: skip
    left_out = len(rows) - len(shown)
    more = more_in_table(left_out)
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    return draw_intervals(
        pd.DataFrame(dots),
        name=name,
        title=f"Lean: {pair[1]} to the left, {pair[0]} to the right",
        caption=f"To the right systems that side with {pair[0]}, to the left with {pair[1]}: "
        f"difference of the two ({rows['measure'].iloc[0]}), with "
        f"{percent(findings.resampling.level)} intervals.{more}{rest}",
        ends=(-0.1, 0.1),
    )


def _dot(findings: Findings, row: dict[Any, Any]) -> dict[str, Any]:
    system = findings.names[row["system_id"]]
    is_sure = row["p_holm"] <= 1 - findings.resampling.level
    return {
        "model": system.model,
        "detail": system.detail,
        "mark": system.mark,
        "note": "beyond chance" if is_sure else "",
        "value": row["lean"],
        "low": row["low"],
        "high": row["high"],
        "letters": "",
        "is_baseline": False,
    }
