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
    """The places of a board (of descriptions without one) with their systems, and what was tested."""
    tested, places = (_rows(found.tables[name], board) for name in ("candidates", "places"))
    if not len(tested):
        return []
    title = board.title if board else "Descriptions"
    names = findings.names if board else findings.describer_names
    about = board.anchor if board else "descriptions"
    lost, level = _lost(board), percent(findings.resampling.level)
    figures = []
    if len(places):
        table, systems, n_more = _places(places)
        more = f" {plural(n_more, 'more system')} in the table." if n_more else ""
        figures.append(
            draw_gaps(
                table,
                systems=[names[system] for system in systems],
                name=f"blind-spots-{about}",
                title=f"{title}: lost beyond what is expected",
                caption=f"The {lost}, less what is expected there: 0 is as expected, more is worse. "
                f"Lines are {level} intervals, of items that were not searched.{more}",
                ends=(0.0,),
            )
        )
    order = tested.sort_values(["p_holm", "p"], kind="stable")
    figures.append(
        draw_table(
            order[list(HEADINGS)],
            name=f"blind-spot-candidates-{about}",
            title=f"{title}: what was tested",
            caption="What stood out on one half of the items, measured on the other. Lost is the "
            f"{lost}, expected what the items’ difficulty predicts.",
            headings=HEADINGS,
            digits=2,
        )
    )
    return figures


def _rows(table: pd.DataFrame, board: Board | None) -> pd.DataFrame:
    return rows_of(table, board) if board else table[table["scheme"] == ""]


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
