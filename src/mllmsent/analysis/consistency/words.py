"""What was found of consistency, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.found import Statement
from mllmsent.analysis.numbers import p_value, with_interval
from mllmsent.metrics import get_metric

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.analysis.answers import Answers

    Row = Mapping[str, Any]

__all__ = ["condition_statements", "within_statements"]


def within_statements(
    board: Answers, over: str, rows: Sequence[Row], telling: Sequence[Row]
) -> list[Statement]:
    """What repeats, or wordings, say: who is steadiest, who least, and whether it means anything.

    Args:
        board: The scheme or dimension.
        over: "repeats" or "wordings".
        rows: Rows of the table `within`.
        telling: Rows of the table `telling`.
    """
    column = "within_sd" if board.dimension else "same"
    known = [row for row in rows if row["n"] and not np.isnan(row[column])]
    if not known:
        return []
    steady = sorted(known, key=lambda row: row[column], reverse=not board.dimension)
    way = _way(over, steady)
    if board.dimension:
        found = [_say(board, _scatter(way, steady))]
    else:
        found = [_say(board, _sameness(way, steady))]
        changing = max(known, key=lambda row: row["changes"])
        most = ", the most of all" if len(known) > 1 else ""
        found.append(
            _say(
                board,
                f"{changing['system']} answers {_of(changing, 'changes')} of the items in more than "
                f"one way{most}.",
            )
        )
    told = [row for row in telling if not np.isnan(row["area_low"])]
    if told:
        found.append(_say(board, _tells(over, told)))
    return found


def condition_statements(board: Answers, rows: Sequence[Row], alpha: float) -> list[Statement]:
    """What conditions do: which moves answers most, and which scores have moved.

    Args:
        board: The scheme or dimension.
        rows: Rows of the table `conditions`.
        alpha: At or below it a corrected p value tells.
    """
    found = []
    known = [row for row in rows if row["n"] and not np.isnan(row["moved"])]
    if known:
        most = max(known, key=lambda row: row["moved"])
        what = (
            f"shifts the numbers of {most['system']} by {_of(most, 'moved')} on average"
            if board.dimension
            else f"flips {_of(most, 'moved')} of the answers of {most['system']}"
        )
        itself = most["by_itself"]
        beyond = (
            ""
            if np.isnan(itself)
            else f"; {with_interval(itself, np.nan, np.nan)} flip by themselves when asked again"
        )
        found.append(
            _say(board, f"The condition {most['condition']!r} {what}{_most(known)}{beyond}.")
        )
    tested = [row for row in rows if not np.isnan(row["p_holm"])]
    if tested:
        moved = [row for row in tested if row["p_holm"] <= alpha]
        top = max(moved or tested, key=lambda row: abs(row["change"]))
        found.append(
            _say(
                board,
                f"The score ({get_metric(top['metric']).title}) moves in {len(moved)} of {len(tested)} pairs of a "
                f"system and a condition, corrected for all of them; {'most' if moved else 'farthest'}"
                f" for {top['system']} under {top['condition']!r}: {_of(top, 'change', signed=True)}, "
                f"{p_value(top['p_holm'])}.",
            )
        )
    return found


def _say(board: Answers, text: str) -> Statement:
    return Statement(text, board.scheme.name, board.dimension)


def _way(over: str, rows: Sequence[Row]) -> str:
    most = max(int(row["answers"]) for row in rows)
    return f"Asked {most} times" if over == "repeats" else f"Asked in {most} wordings"


def _sameness(way: str, rows: Sequence[Row]) -> str:
    best, worst = rows[0], rows[-1]
    if len(rows) == 1:
        alpha = (
            ""
            if np.isnan(best["alpha"])
            else f" Beyond chance that is a Krippendorff's alpha of {_of(best, 'alpha')}."
        )
        return (
            f"{way}, {best['system']} gives two answers to one item that are the same with a "
            f"chance of {_of(best, 'same')}.{alpha}"
        )
    return (
        f"{way}, {best['system']} is the steadiest (two answers to one item are the same with a "
        f"chance of {_of(best, 'same')}), {worst['system']} the least steady ({_of(worst, 'same')})."
    )


def _scatter(way: str, rows: Sequence[Row]) -> str:
    best, worst = rows[0], rows[-1]
    if len(rows) == 1:
        return (
            f"{way}, the numbers of {best['system']} for one item scatter with a standard deviation "
            f"of {_of(best, 'within_sd')}."
        )
    return (
        f"{way}, {best['system']} is the steadiest (standard deviation within an item "
        f"{_of(best, 'within_sd')}), {worst['system']} the least steady ({_of(worst, 'within_sd')})."
    )


def _tells(over: str, rows: Sequence[Row]) -> str:
    clear = [row for row in rows if row["area_low"] > 0.5]
    top = max(clear or rows, key=lambda row: row["area"])
    area = f"area under the ROC curve {_of(top, 'area')}, where 0.5 tells nothing"
    if len(rows) == 1:
        tells = "tells" if clear else "is not seen to tell"
        return f"For {top['system']}, saying the same over {over} {tells} right answers from wrong ones ({area})."
    return (
        f"Saying the same over {over} tells right answers from wrong ones for {len(clear)} of "
        f"{len(rows)} systems, each by its own interval; best for {top['system']} ({area})."
    )


def _most(rows: Sequence[Row]) -> str:
    return ", the most of all systems and conditions" if len(rows) > 1 else ""


def _of(row: Row, column: str, *, signed: bool = False) -> str:
    low, high = row.get(f"{column}_low", np.nan), row.get(f"{column}_high", np.nan)
    text = with_interval(row[column], low, high)
    return f"+{text}" if signed and row[column] > 0 else text
