"""How fast a model is asked: as fast as its server bears, and no faster than its provider allows.

Four things hold a request back. *How many are under way*: 20 at first, doubled while all is well, cut
to 0.8 on a rate limit or by a server that has too much to do, and grown by a tenth of what it is
after that. *How many a minute*: what the provider says of its limits. *How large they are*: images of
many megabytes are fewer at once, or memory would not do. *Whether it answers at all*: see `breaker.py`.

Time is that of the event loop. What comes from the cache never comes here.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.models.served.breaker import Breaker
from mllmsent.models.served.bucket import Bucket

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from mllmsent.models.interface import Response
    from mllmsent.models.served.wire import Allowance, Fault, Limited, Outcome

__all__ = ["Pace", "Turn"]

_FIRST_AT_ONCE = 20
_CUT = 0.8
_GROWTH = 0.1
_COOL_DOWN_S, _COOL_DOWN_OF_LIMITS_S = 2.0, 10.0
"""After a cut, nothing grows for so long; longer where limits are told and kept to, and yet passed:
somebody else uses them too."""

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0
"""After a rate limit that does not say how long; doubled while there is nothing but rate limits."""

_BUSY = frozenset({"overloaded", "timeout"})
_LATEST, _FEW, _MANY = 50, 3, 0.1
"""A server has too much to do where it says so of three, and of a tenth, of the latest requests."""

_MOST_BYTES = 256_000_000
"""Of images under way: each is in memory as base64, in a message and on its way out, four to five times
its size in all."""

_AT_ONCE_S = 1e-6
"""A clock does not tell shorter times apart."""

_LATELY = 0.1
"""Weight of the newest answer in what a request takes of a limit on tokens."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A request's turn.

    Attributes:
        generation: How often the pace had been cut when it began.
    """

    generation: int


class Pace:
    """How fast a model is asked, in one event loop.

    Args:
        most: Most requests at once.

    Attributes:
        breaker: Whether the server answers at all.
        under_way: How many requests are under way.
        given_up: Why nobody is to ask any more; empty while there is hope.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.breaker = Breaker()
        self.under_way = 0
        self.given_up = ""
        self._at_once = float(min(_FIRST_AT_ONCE, most))
        self._waiting: deque[tuple[asyncio.Future[None], int]] = deque()
        self._bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._buckets: dict[Limited, Bucket] = {}
        self._takes: dict[Limited, float] = {"requests": 1.0}
        self._generation = 0
        self._was_cut = False
        self._well = 0
        self._busy: deque[bool] = deque(maxlen=_LATEST)
        self._paused_until = self._grows_from = 0.0
        self._limits_in_a_row = 0

    @property
    def at_once(self) -> int:
        """How many requests may be under way now."""
        return 1 if self.breaker.probes else max(1, int(self._at_once))

    @property
    def paused_s(self) -> float:
        """Seconds for which nobody asks, after a rate limit."""
        return max(0.0, self._paused_until - _now())

    @asynccontextmanager
    async def turn(self, *, again: bool = False, n_bytes: int = 0) -> AsyncIterator[Turn]:
        """Wait until a request may be sent; it is under way until the block ends.

        Args:
            again: Whether it was sent before: it goes before those that were not.
            n_bytes: Bytes of its images.
        """
        if self.given_up and not self.under_way and not self._waiting:
            # Whoever comes later may have mended what was wrong.
            self.given_up, self._paused_until = "", 0.0
        mine = asyncio.get_running_loop().create_future()
        if again:
            self._waiting.appendleft((mine, n_bytes))
        else:
            self._waiting.append((mine, n_bytes))
        self._admit()
        try:
            await mine
        except asyncio.CancelledError:
            if mine.cancelled():
                self._admit()
            else:
                self._leave(n_bytes)
            raise
        try:
            yield Turn(self._generation)
        finally:
            self._leave(n_bytes)

    def give_up(self, why: str) -> None:
        """Let everybody go: nothing is to be hoped for, and whoever has a turn finds `given_up`."""
        self.given_up = self.given_up or why
        self._admit()

    def learn(self, turn: Turn, outcome: Outcome, *, longest: int | None = None) -> None:
        """Go on faster or slower, as an outcome suggests.

        Args:
            turn: The request's turn.
            outcome: What came of it.
            longest: Tokens of the longest answer that was allowed, where the provider's limit counts
                those and not the ones that are written.
        """
        now = _now()
        self._weigh(outcome.response, longest or 0)
        self._heed(outcome.allowances, now)
        fault = outcome.fault
        if fault is None or not fault.passes:
            # What cannot be asked is an answer too: somebody is there, and not too busy.
            self.breaker.answered()
            self._limits_in_a_row = 0
            self._busy.append(False)
            self._went_well(turn, now)
            return
        if fault.kind == "rate_limit":
            self._pause(fault.retry_after_s, now, first=turn.generation == self._generation)
        else:
            self.breaker.failed(now)
        self._busy.append(fault.kind in _BUSY)
        # Those that were sent before the last cut complain of the pace before it.
        if turn.generation == self._generation and self._is_too_much(fault):
            self._cut(now)
            if fault.kind == "overloaded" and fault.retry_after_s is not None:
                self._paused_until = max(self._paused_until, now + fault.retry_after_s)

    def _is_too_much(self, fault: Fault) -> bool:
        """Whether a fault says that less should be asked at once."""
        if fault.kind not in _BUSY:
            return fault.kind == "rate_limit"
        # A large provider turns away one now and then, however few there are.
        many = sum(self._busy)
        return many >= _FEW and many >= _MANY * len(self._busy)

    def _leave(self, n_bytes: int) -> None:
        self.under_way -= 1
        self._bytes -= n_bytes
        self._admit()

    def _admit(self) -> None:
        """Let in whoever may go, and come back when the next one may."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = _now()
        while self._waiting and (self.given_up or self.under_way < self.at_once):
            first, n_bytes = self._waiting[0]
            if first.done():  # went away
                self._waiting.popleft()
                continue
            if self.under_way and self._bytes + n_bytes > _MOST_BYTES and not self.given_up:
                return  # until somebody leaves
            wait = 0.0 if self.given_up else self._wait_s(now)
            if wait > _AT_ONCE_S:
                self._timer = asyncio.get_running_loop().call_later(wait, self._admit)
                return
            self._waiting.popleft()
            first.set_result(None)
            self.under_way += 1
            self._bytes += n_bytes
            for what, bucket in self._buckets.items():
                bucket.take(self._takes.get(what, 0.0), now)

    def _wait_s(self, now: float) -> float:
        return max(
            self._paused_until - now,
            self.breaker.wait_s(now),
            *(
                bucket.wait_s(self._takes.get(what, 0.0), now)
                for what, bucket in self._buckets.items()
            ),
            0.0,
        )

    def _heed(self, allowances: Iterable[Allowance], now: float) -> None:
        for told in allowances:
            bucket = self._buckets.get(told.what)
            takes = self._takes.get(told.what, 0.0)
            if bucket is None:
                bucket = self._buckets[told.what] = Bucket.full(told.per_minute, now)
                if told.remaining is not None:
                    # The others that are under way may not have arrived there yet.
                    left = told.remaining - (self.under_way - 1) * takes
                    bucket.level = min(bucket.level, left)
            bucket.per_minute = told.per_minute
            if told.remaining is not None and told.remaining < takes:
                bucket.drain(now)

    def _went_well(self, turn: Turn, now: float) -> None:
        if turn.generation != self._generation or now < self._grows_from:
            return
        # Only what is used up shows that more is borne.
        if self._waiting and self.under_way >= self.at_once:
            self._well += 1
        if self._well >= self._at_once:
            self._well = 0
            more = max(1.0, _GROWTH * self._at_once) if self._was_cut else self._at_once
            self._at_once = min(float(self.most), self._at_once + more)
            self._admit()

    def _weigh(self, response: Response, longest: int) -> None:
        """Learn what a request takes of the limits on tokens."""
        read, written = response.input_tokens, response.output_tokens
        if read is None or written is None:
            return
        takes: dict[Limited, int] = {
            "tokens": max(read + written, longest),
            # What comes from the provider's cache does not count.
            "input tokens": read - (response.cached_tokens or 0),
            "output tokens": written,
        }
        for what, tokens in takes.items():
            before = self._takes.get(what, float(tokens))
            self._takes[what] = before + _LATELY * (tokens - before)

    def _pause(self, asked_s: float | None, now: float, *, first: bool) -> None:
        """Nobody asks for a while. Those that were turned away together are one complaint."""
        if asked_s is None:
            if first:
                self._limits_in_a_row += 1
            longest = min(_FIRST_PAUSE_S * 2.0 ** min(self._limits_in_a_row, 10), _LONGEST_PAUSE_S)
            asked_s = longest * random.uniform(0.75, 1.0)
        self._paused_until = max(self._paused_until, now + asked_s)

    def _cut(self, now: float) -> None:
        self._generation += 1
        self._was_cut, self._well = True, 0
        self._busy.clear()
        self._at_once = max(1.0, self._at_once * _CUT)
        cool_down = _COOL_DOWN_OF_LIMITS_S if self._buckets else _COOL_DOWN_S
        self._grows_from = max(now, self._paused_until) + cool_down


def _now() -> float:
    return asyncio.get_running_loop().time()
