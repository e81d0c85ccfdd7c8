"""A limit per minute, as it is kept to."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Bucket"]

_BELOW = 0.99
"""Of a limit so much is used: clocks differ, and requests arrive less evenly than they are sent."""

_BURST_S = 1.0
"""Seconds' worth that may be sent at once: providers may hold limits over shorter times than a
minute. <https://platform.openai.com/docs/guides/rate-limits>"""


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
