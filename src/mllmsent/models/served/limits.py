"""Limits per minute: read from what providers say beside answers, and kept to."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.models.served.wire import Allowance

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mllmsent.models.served.wire import Limited

__all__ = ["Bucket", "anthropic_allowances", "openai_allowances"]

_BELOW = 0.99
"""Of a limit so much is used: clocks differ, and requests arrive less evenly than they are sent."""

_BURST_S = 1.0
"""Seconds' worth that may be sent at once: providers may hold limits over shorter times than a
minute. <https://platform.openai.com/docs/guides/rate-limits>"""

_A_MINUTE_S, _A_DAY_S = 90.0, 86_400.0
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|d|h|m|s)", re.ASCII)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}

_ANTHROPIC: dict[str, Limited] = {
    "requests": "requests",
    "input-tokens": "input tokens",
    "output-tokens": "output tokens",
}


@dataclass(slots=True)
class Bucket:
    """What may be used of a limit: it refills all the time, and holds a second's worth.

    Attributes:
        per_minute: The limit.
        level: What may be used now; below 0 while what was used is more than was known beforehand.
        at: When that was, in seconds of the caller's clock.
    """

    per_minute: float
    level: float
    at: float

    @classmethod
    def full(cls, per_minute: float, now: float) -> Bucket:
        """A bucket of which nothing was used yet."""
        return cls(per_minute, max(1.0, per_minute / 60 * _BURST_S), now)

    def wait_s(self, amount: float, now: float) -> float:
        """Seconds until so much may be used; of what is more than it holds, until it is full."""
        self._refill(now)
        short = min(amount, self._size) - self.level
        return max(0.0, short / self._per_second)

    def take(self, amount: float, now: float) -> None:
        """Use so much."""
        self._refill(now)
        self.level -= amount

    def drain(self, now: float) -> None:
        """Nothing is left for the moment: somebody else uses the limit too."""
        self._refill(now)
        self.level = min(self.level, 0.0)

    @property
    def _size(self) -> float:
        return max(1.0, self.per_minute / 60 * _BURST_S)

    @property
    def _per_second(self) -> float:
        return self.per_minute / 60 * _BELOW

    def _refill(self, now: float) -> None:
        self.level = min(self._size, self.level + (now - self.at) * self._per_second)
        self.at = now


def openai_allowances(headers: Mapping[str, str]) -> tuple[Allowance, ...]:
    """What OpenAI's headers say, and those of many who speak its protocol.

    <https://platform.openai.com/docs/guides/rate-limits>. Some say by the same names what may be
    asked in a day (Groq, small accounts): that sets no pace, and is told from a limit per minute by
    the time that it takes to be whole again.

    Args:
        headers: Of a response; names in any case, as httpx has them.
    """
    return tuple(_openai(headers))


def _openai(headers: Mapping[str, str]) -> Iterator[Allowance]:
    what: Limited
    for what in ("requests", "tokens"):
        limit = _number(headers.get(f"x-ratelimit-limit-{what}"))
        if not limit:
            continue
        remaining = _number(headers.get(f"x-ratelimit-remaining-{what}"))
        whole_s = _seconds(headers.get(f"x-ratelimit-reset-{what}", ""))
        if whole_s is not None and _is_of_a_day(limit, remaining, whole_s):
            continue
        yield Allowance(what, limit, remaining)


def _is_of_a_day(limit: float, remaining: float | None, whole_s: float) -> bool:
    if whole_s > _A_MINUTE_S:
        return True
    used = limit - (limit if remaining is None else remaining)
    return used > 0 and 0.75 < whole_s * limit / used / _A_DAY_S < 1.25


def anthropic_allowances(headers: Mapping[str, str]) -> tuple[Allowance, ...]:
    """What Anthropic's headers say; tokens that are read and tokens that are written have limits.

    <https://platform.claude.com/docs/en/api/rate-limits>

    Args:
        headers: Of a response; names in any case, as httpx has them.
    """
    found = []
    for told, what in _ANTHROPIC.items():
        limit = _number(headers.get(f"anthropic-ratelimit-{told}-limit"))
        if limit:
            remaining = _number(headers.get(f"anthropic-ratelimit-{told}-remaining"))
            found.append(Allowance(what, limit, remaining))
    return tuple(found)


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _seconds(value: str) -> float | None:
    """A duration such as `12ms`, `8.64s`, `6m0s` or `1h0m3s`."""
    parts = _DURATION.findall(value)
    if "".join(f"{number}{unit}" for number, unit in parts) != value.strip() or not parts:
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)
