"""A circuit breaker: a server that only fails is left alone for a while, then tried by one request.

M. Nygard, *Release It!*, 2nd ed. (2018), chapter 5.
"""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Breaker"]

_AFTER = 10
"""So many failures without an answer between them open it."""

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0


@dataclass(slots=True)
class Breaker:
    """Whether a server is worth asking now; times in seconds of the caller's clock."""

    _failures: int = 0
    _failing_since: float = 0.0
    _pause_s: float = field(default=_FIRST_PAUSE_S)
    _open_until: float | None = None

    def failed(self, now: float) -> None:
        """A request brought no answer, for a reason that passes and is no rate limit."""
        if not self._failures:
            self._failing_since = now
        self._failures += 1
        if self._open_until is None:
            if self._failures < _AFTER:
                return
        elif now < self._open_until:
            return  # was under way when it opened
        else:
            self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
        self._open_until = now + self._pause_s

    def answered(self) -> None:
        """A request brought an answer: all is well."""
        self._failures, self._pause_s, self._open_until = 0, _FIRST_PAUSE_S, None

    @property
    def probes(self) -> bool:
        """Whether only one request at a time is worth sending."""
        return self._open_until is not None

    def wait_s(self, now: float) -> float:
        """Seconds until a request is worth sending."""
        return 0.0 if self._open_until is None else max(0.0, self._open_until - now)

    def down_s(self, now: float) -> float:
        """For how long there was nothing but failures; 0 while it is closed."""
        return 0.0 if self._open_until is None else now - self._failing_since
