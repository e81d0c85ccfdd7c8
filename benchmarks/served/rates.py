"""What of a provider's limit was used, and how often we were told to slow down."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mllmsent.loopback import LoggedRequest

__all__ = ["use_of_limit"]

_TOO_MANY = 429


def use_of_limit(
    entries: Sequence[LoggedRequest],
    *,
    per_minute: float,
    minutes: int,
    takes: float = 1.0,
    settles: int = 1,
) -> dict[str, Any]:
    """How well a limit was used once its asker had time to learn it.

    Args:
        entries: What a server was asked for one model, in order, until at least `minutes` after the
            first of them.
        per_minute: The limit.
        minutes: How many minutes count, the first included.
        takes: How much of the limit a request takes.
        settles: How many minutes at the beginning are told apart.

    Returns:
        `used` (share of the limit that was answered after the beginning), `turned_away` (share of
        429s among the requests then), `turned_away_at_first` (429s of the beginning, a count), and
        for each minute the requests that were answered and those that were turned away.
    """
    answered, turned_away = [0] * minutes, [0] * minutes
    first = entries[0].time if entries else 0.0
    for entry in entries:
        minute = math.floor((entry.time - first) / 60)
        if minute < minutes:
            kinds = turned_away if entry.status == _TOO_MANY else answered
            kinds[minute] += 1
    late_answered, late_turned_away = sum(answered[settles:]), sum(turned_away[settles:])
    late = late_answered + late_turned_away
    return {
        "used": round(late_answered * takes / (per_minute * (minutes - settles)), 4),
        "turned_away": round(late_turned_away / late, 4) if late else None,
        "turned_away_at_first": sum(turned_away[:settles]),
        "answered_each_minute": answered,
        "turned_away_each_minute": turned_away,
    }
