"""Where a system is blind: how every system does in the places found, and what was lost there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.analysis.blind_spots.questions import SHARED
from mllmsent.report.analyses.blind_spot_examples import draw_lost
from mllmsent.report.analyses.rows import rows_of
from mllmsent.report.figures import MOST_SERIES, draw_gaps
from mllmsent.report.writing import percent, plural

if TYPE_CHECKING:
    import pandas as pd

    from mllmsent.analysis.found import Found
    from mllmsent.report.figures import Figure
    from mllmsent.report.findings import Board, Findings

__all__ = ["draw"]

MOST_PLACES = 6
"""Findings that are drawn; the table has all."""


def draw(findings: Findings, found: Found, board: Board | None) -> list[Figure]:
    """The places of a board, or of descriptions where there is none, and all their systems."""
    rows = found.tables["places"]
    rows = rows_of(rows, board) if board else rows[rows["scheme"] == ""]
    if not len(rows):
        return []
    names = findings.names if board else findings.describer_names
    table, systems, n_more = _places(rows)
    more = f" {plural(n_more, 'more system')} in the table." if n_more else ""
    return [
        draw_gaps(
            table,
            systems=[names[system] for system in systems],
            name=f"blind-spots-{board.anchor if board else 'descriptions'}",
            title=f"{board.title if board else 'Descriptions'}: lost beyond what is expected",
            caption=f"The {_lost(board)}, less what is expected there: 0 is as expected, more is "
            f"worse. Lines are {percent(findings.resampling.level)} intervals, of items that were "
            f"not searched.{more}",
            ends=(0.0,),
        ),
        *draw_lost(findings, found, board, most=MOST_PLACES),
    ]


def _lost(board: Board | None) -> str:
    if board is None:
        return "share of what was drawn that is not named right"
    return "mean error as a share of the scale" if board.dimension else "share of wrong answers"


def _places(places: pd.DataFrame) -> tuple[pd.DataFrame, list[str], int]:
    """What is drawn of the places, the systems in it, and how many more there are."""
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
    columns = ["value", "system_id", "n_items", "score", "low", "high", "is_finding"]
    return table[columns], drawn, len(systems) - len(drawn)
