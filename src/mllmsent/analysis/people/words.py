"""What was found of systems and people, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.found import Statement
from mllmsent.analysis.numbers import p_value, with_interval
from mllmsent.analysis.people.soft_labels import EVERYBODY, HALVES
from mllmsent.metrics import get_metric

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.analysis.answers import Answers

    Row = Mapping[str, Any]

__all__ = ["ceiling_statements", "distance_statements", "hesitation_statements", "shown_distance"]


def shown_distance(rows: Sequence[Row]) -> str:
    """The distance that is told and drawn: the earth mover's of ordered labels, else Chebyshev's."""
    names = {row["distance"] for row in rows}
    return "earth_movers" if "earth_movers" in names else "chebyshev"


def ceiling_statements(board: Answers, rows: Sequence[Row], alpha: float) -> list[Statement]:
    """Who comes as near to people as a person does.

    Args:
        board: The scheme or dimension.
        rows: Rows of the table `ceiling`.
        alpha: At or below it a corrected p value tells.
    """
    first = rows[0]["metric"] if rows else ""
    own = [row for row in rows if row["metric"] == first and not np.isnan(row["value"])]
    if not own:
        return []
    metric = get_metric(first)
    best = max(own, key=lambda row: row["value"])
    told = [row for row in own if not np.isnan(row["p_holm"])]
    nearer = [row for row in told if row["p_holm"] <= alpha and row["difference"] > 0]
    farther = [row for row in told if row["p_holm"] <= alpha and row["difference"] < 0]
    count = (
        f"{len(nearer)} of {len(told)} systems come nearer to the others than a person, "
        f"{len(farther)} less near, and {len(told) - len(nearer) - len(farther)} cannot be told "
        "apart from a person, corrected for all of them."
    )
    reached = (
        f"Against what the others say, a person reaches {metric.title} {_of(best, 'person')} on "
        f"{best['n_items']} items, and {best['system']} {_score(best)}, a difference of "
        f"{_of(best, 'difference', signed=True)}{_p(best)}."
    )
    return [_say(board, text) for text in (reached, count)[: 1 + (len(told) > 1)]]


def distance_statements(board: Answers, rows: Sequence[Row]) -> list[Statement]:
    """Who is nearest to the people's soft labels, beside people and beside not looking.

    Args:
        board: The scheme.
        rows: Rows of the table `distances`.
    """
    shown = shown_distance(rows)
    own = [row for row in rows if row["distance"] == shown]
    systems = [row for row in own if row["system_id"] is not None and not np.isnan(row["value"])]
    if not systems:
        return []
    best = min(systems, key=lambda row: row["value"])
    beside = {row["system"]: row for row in own if row["system_id"] is None}
    words = "earth mover's distance, in ranks" if shown == "earth_movers" else "Chebyshev distance"
    found = [
        _say(
            board,
            f"Nearest to the spread of people's votes is {best['system']} ({words}: {_score(best)})"
            f"{_unseen(beside[EVERYBODY])}.",
        )
    ]
    if HALVES in beside and not np.isnan(best["gap"]):
        found.append(
            _say(
                board,
                f"From a random half of the people of each item it is {_of(best, 'to_half')} away, "
                f"and the other half {_of(beside[HALVES], 'to_half')}: a difference of "
                f"{_of(best, 'gap', signed=True)}.",
            )
        )
    return found


def _unseen(row: Row) -> str:
    """How far away what takes no look is; of a single item there are no others."""
    if np.isnan(row["value"]):
        return ""
    return f"; the shares of all other items, whatever the item, are {_score(row)} away"


def hesitation_statements(board: Answers, rows: Sequence[Row], alpha: float) -> list[Statement]:
    """Who hesitates where people disagree.

    Args:
        board: The scheme or dimension.
        rows: Rows of the table `hesitation`.
        alpha: At or below it a corrected p value tells.
    """
    told = [row for row in rows if not np.isnan(row["p_holm"])]
    if not told:
        return []
    clear = [row for row in told if row["p_holm"] <= alpha and row["rho"] > 0]
    top = max(told, key=lambda row: row["rho"])
    rho = f"rank correlation with people's disagreement {with_interval(top['rho'], top['low'], top['high'])}"
    if len(told) == 1:
        verb = "hesitates" if clear else "does not clearly hesitate"
        text = f"{top['system']} {verb} where people disagree ({top['measure']}: {rho}{_p(top)})."
    else:
        text = (
            f"By {len(clear)} of {len(told)} measures systems hesitate where people disagree, "
            f"corrected for all of them; most {top['system']} ({top['measure']}: {rho}{_p(top)})."
        )
    return [_say(board, text)]


def _say(board: Answers, text: str) -> Statement:
    return Statement(text, board.scheme.name, board.dimension)


def _score(row: Row) -> str:
    return with_interval(row["value"], row["low"], row["high"])


def _of(row: Row, column: str, *, signed: bool = False) -> str:
    text = with_interval(row[column], row[f"{column}_low"], row[f"{column}_high"])
    return f"+{text}" if signed and row[column] > 0 else text


def _p(row: Row) -> str:
    return "" if np.isnan(row["p_holm"]) else f", {p_value(row['p_holm'])}"
