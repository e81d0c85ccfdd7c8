"""Blind spots in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.analysis.blind_spots.questions import SHARED
from mllmsent.analysis.found import Statement
from mllmsent.analysis.numbers import p_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["blind_spot_statements"]

MOST_ALSO = 3
"""Other names of the same items that a sentence has; the table has all."""


def blind_spot_statements(
    rows: Sequence[Mapping[str, Any]], search: Mapping[str, Any]
) -> list[Statement]:
    """What was found on one board, the clearest first; or that nothing was.

    Args:
        rows: Its rows of `candidates`.
        search: Its row of `searches`.
    """
    place = (str(search["scheme"]), search["dimension"] or "")
    found = [row for row in rows if row["finding"]]
    if found:
        order = sorted(found, key=lambda row: (row["p_holm"], -row["excess"]))
        return [Statement(_sentence(row), *place) for row in order]
    who = "systems" if search["scheme"] else "describers"
    tested = "none stands out enough to be tested on the items that were not searched"
    if rows:
        many = "s were" if len(rows) > 1 else " was"
        least = p_value(min(row["p_holm"] for row in rows))
        tested = (
            f"{len(rows)} candidate{many} tested on the items that were not searched (of "
            f"{search['n_systems']} {who}, least adjusted {least})"
        )
    return [
        Statement(
            f"No blind spot {'is' if search['scheme'] else 'of descriptions is'} confirmed: of "
            f"{search['n_conditions']:,} conditions and their pairs, {tested}.",
            *place,
        )
    ]


def _sentence(row: Mapping[Any, Any]) -> str:
    is_shared = row["system_id"] == SHARED
    who = "All models" if is_shared else row["system"]
    than = "people's answers predict" if is_shared else "expected"
    number = f"{row['n_items']} items, expected"
    if not row["scheme"]:
        who = "All describers" if is_shared else row["system"]
        verb = "name less of what was drawn than " + ("elsewhere" if is_shared else "expected")
        verb = verb if is_shared else verb.replace("name", "names", 1)
        lost = f"misses {row['loss']:.0%} of it in {number} {row['expected']:.0%}"
    else:
        verb = f"{'are' if is_shared else 'is'} worse than {than}"
        lost = f"wrong in {row['loss']:.0%} of {number} {row['expected']:.0%}"
        if row["dimension"]:
            lost = f"off by {row['loss']:.2f} of the scale in {number} {row['expected']:.2f}"
    also = row["also"].split("; ") if row["also"] else []
    same = f" Nearly the same items: {', '.join(also[:MOST_ALSO])}." if also else ""
    half = "in both halves" if row["twice"] else "on items that were not searched"
    return (
        f"{who} {verb} where {row['where']}: {lost} (difference {row['excess']:.2f}, "
        f"{row['low']:.2f} to {row['high']:.2f}; confirmed {half}, adjusted "
        f"{p_value(row['p_holm'])}).{same}"
    )
