"""Where a system is blind: how every system does in the places where one was found to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.analysis.blind_spot_questions import SHARED
from mllmsent.report.analyses.rows import rows_of
from mllmsent.report.figures import MOST_SERIES, draw_gaps
from mllmsent.report.figures.table import draw_table
from mllmsent.report.writing import percent, plural

if TYPE_CHECKING:
    import pandas as pd

    from mllmsent.analysis.found import Found
    from mllmsent.report.figures import Figure
    from mllmsent.report.findings import Board, Findings

__all__ = ["draw"]

MOST_PLACES = 6
"""Findings that are drawn; the table has all."""

MOST_ROWS = 60
"""Candidates in the table of a page; the analysis has all."""

HEADINGS = {
    "where": "Where",
    "system": "System",
    "n_items": "Items",
    "loss": "Lost",
    "expected": "Expected",
    "excess": "Difference",
    "low": "From",
    "high": "To",
    "p_holm": "Adjusted p",
    "finding": "Finding",
}


def draw(findings: Findings, found: Found, board: Board | None) -> list[Figure]:
    """The places of a board with their systems, and all that was tested."""
    if board is None:
        return []
    tested = rows_of(found.tables["candidates"], board)
    if not len(tested):
        return []
    places = rows_of(found.tables["places"], board)
    figures = [_places(findings, places, board)] if len(places) else []
    order = tested.sort_values(["p_holm", "p"], kind="stable")
    more = f" The {MOST_ROWS} clearest of {len(order)}." if len(order) > MOST_ROWS else ""
    figures.append(
        draw_table(
            order[list(HEADINGS)].head(MOST_ROWS),
            name=f"blind-spot-candidates-{board.anchor}",
            title=f"{board.title}: what was tested",
            caption="What stood out on one half of the items, measured on the other. Lost is the "
            f"{_lost(board)}, expected what the items’ difficulty predicts.{more}",
            headings=HEADINGS,
            digits=2,
        )
    )
    return figures


def _lost(board: Board) -> str:
    return "mean error as a share of the scale" if board.dimension else "share of wrong answers"


def _places(findings: Findings, places: pd.DataFrame, board: Board) -> Figure:
    key = places["where"] + places["half"].astype(str)
    shown = list(dict.fromkeys(key))[:MOST_PLACES]
    is_own = places["found_of"] == places["system_id"]
    blind = list(dict.fromkeys(places.loc[is_own, "system_id"]))
    systems = list(dict.fromkeys([*blind, *places["system_id"]]))
    drawn = systems[:MOST_SERIES]
    of_all = places["found_of"] == SHARED
    table = places.assign(
        value=places["where"].where(~of_all, places["where"] + " (found of all)"),
        score=places["excess"],
        is_finding=is_own | of_all,
    )[places["system_id"].isin(drawn) & key.isin(shown)]
    # Where two are blind in one place, each half has its say of the one that is blind there.
    order = table.sort_values("is_finding", ascending=False, kind="stable")
    table = order.drop_duplicates(["value", "system_id"]).sort_index()
    left_out = len(systems) - len(drawn)
    more = f" {plural(left_out, 'more system')} in the table." if left_out else ""
    return draw_gaps(
        table[["value", "system_id", "n_items", "score", "low", "high", "is_finding"]],
        systems=[findings.names[system] for system in drawn],
        name=f"blind-spots-{board.anchor}",
        title=f"{board.title}: lost beyond what is expected",
        caption=f"The {_lost(board)}, less what is expected there: 0 is as expected, more is worse. "
        f"Lines are {percent(findings.resampling.level)} intervals, of items that were not "
        f"searched.{more}",
        ends=(0.0,),
    )
