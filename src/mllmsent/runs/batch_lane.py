"""What goes on with one model that is asked in batches: what waits, and what becomes of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from mllmsent.foundation.digest import json_digest
from mllmsent.models.answer_schemas import TAKES_NO_SCHEMA
from mllmsent.models.interface import Response
from mllmsent.runs.executor import NOT_ASKED

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from mllmsent.models.batches import Batches, BatchState, BatchTroubleError
    from mllmsent.models.interface import Request
    from mllmsent.runs.batch_ledger import BatchLedger, BatchStage, KeptBatch, SchemaSent
    from mllmsent.runs.budget import Budget
    from mllmsent.runs.cache import AnswerCache
    from mllmsent.runs.executor import Observer

__all__ = ["BatchDesk", "BatchLane", "Sleep"]

_PATIENCE = timedelta(days=1)
"""So long a provider may be out of reach before a run gives up."""

_OUT_OF_REACH = "cannot be asked about its batches now, and is asked again by and by"

Sleep: TypeAlias = "Callable[[float], Awaitable[None]]"


@dataclass(frozen=True, slots=True)
class BatchDesk:
    """What all models have in common.

    Attributes:
        cache: Where answers are looked up and committed.
        ledger: The book of batches.
        observer: Is told what happens.
        failed: Request key to what failed.
        clock: Tells the time.
        sleep: Waits so many seconds.
        budget: What may be spent, where there is a limit.
        turn: One batch is handed in at a time; nobody else looks for it, or at its requests,
            meanwhile.
    """

    cache: AnswerCache
    ledger: BatchLedger
    observer: Observer
    failed: dict[str, Response]
    clock: Callable[[], datetime]
    sleep: Sleep
    budget: Budget | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(slots=True)
class BatchLane:
    """What goes on with one model.

    Attributes:
        desk: What it shares with the others.
        name: Its name in the study.
        identity: Digest of its identity.
        batches: Its batch endpoint.
        requests: What has neither an answer nor a failure that lasts, by key.
        takes_schemas: Whether schemas are sent to it.
        rejected: Digests of the schemas that it did not take.
        set_aside: Keys of those for which money is set aside.
        tries: How often each was handed in and failed.
        at_most: Most requests in a batch, where a provider took no larger one.
        crowded: Whether the provider takes none before another has ended.
        missed_since: Token of each batch whose id is not known to when this run first missed it.
        presumed: Ids of batches that may be of these, and of which that was told.
        trouble_since: Token of each batch that is out of reach, or nothing where none can be handed
            in, to when that began.
    """

    desk: BatchDesk
    name: str
    identity: str
    batches: Batches
    requests: dict[str, Request]
    takes_schemas: bool = True
    rejected: set[str] = field(default_factory=set)
    set_aside: set[str] = field(default_factory=set)
    tries: Counter[str] = field(default_factory=Counter)
    at_most: int | None = None
    crowded: bool = False
    missed_since: dict[str, datetime] = field(default_factory=dict)
    presumed: set[str] = field(default_factory=set)
    trouble_since: dict[str, datetime] = field(default_factory=dict)

    def held(self, stage: BatchStage | None = None) -> dict[str, KeptBatch]:
        """Token to batch, of those in which something waits; only those of a stage, if named."""
        found = self.desk.ledger.holding(self.requests).values()
        return {batch.token: batch for batch in found if stage in {None, batch.stage}}

    def unsent(self) -> list[str]:
        """Keys of the requests that wait in no batch, and that nobody had answered meanwhile."""
        held = self.desk.ledger.holding(self.requests)
        free = [key for key in self.requests if key not in held]
        # Answers are committed before their batch is closed, by whoever works with this cache: looked
        # for after the book, none is missed.
        cache = self.desk.cache
        for key, answer in cache.get_many(cache.known(free)).items():
            self.answered(key, answer.response)
        return [key for key in free if key in self.requests]

    def schema_of(self, key: str) -> SchemaSent:
        """Whether a request is handed in with its schema."""
        schema = self.requests[key].answer_schema
        if schema is None or not self.takes_schemas:
            return "none"
        return "rejected" if json_digest(dict(schema)) in self.rejected else "sent"

    def as_sent(self, key: str) -> Request:
        """A request as it is handed in: without a schema that was rejected."""
        request = self.requests[key]
        is_rejected = self.schema_of(key) == "rejected"
        return replace(request, answer_schema=None) if is_rejected else request

    def reject_schema(self, key: str) -> None:
        """Leave a request waiting to be handed in without its schema, and all that have the same."""
        schema = self.requests[key].answer_schema if key in self.requests else None
        if schema is None:
            return
        if not self.rejected:
            self.desk.observer.noticed(self.name, TAKES_NO_SCHEMA)
        self.rejected.add(json_digest(dict(schema)))

    async def affordable(self) -> list[str]:
        """Keys of the requests that wait in no batch and for which there is money, set aside now.

        Where there is none for the next, and nothing is under way that may cost less than was set
        aside for it, the model is asked no further.
        """
        unsent, budget = self.unsent(), self.desk.budget
        if budget is None:
            return unsent
        affordable: list[str] = []
        for key in unsent:
            if key not in self.set_aside and not budget.reserve(self.name, self.requests[key]):
                break
            self.set_aside.add(key)
            affordable.append(key)
        if unsent and not affordable and not budget.set_aside and not await budget.room():
            self.stop(budget.reason)
        return affordable

    def take_up(self) -> None:
        """Set money aside for what an earlier run, or another one, has handed in."""
        if self.desk.budget is not None:
            for key in self.desk.ledger.holding(self.requests).keys() - self.set_aside:
                self.desk.budget.take_up(self.name, self.requests[key])
                self.set_aside.add(key)

    def stop(self, reason: str) -> None:
        """Ask nothing further that is in no batch."""
        self.desk.observer.stopped(self.name, reason)
        for key in self.unsent():
            error = f"{NOT_ASKED}{reason}"
            self.give_up(key, Response("failed", attempts=0, error=error))

    def answered(self, key: str, response: Response) -> None:
        """An answer is committed."""
        if self._settled(key, response):
            told = replace(response, attempts=self.tries[key] + 1)
            self.desk.observer.answered(self.name, told)

    def give_up(self, key: str, response: Response, *, may_cost: bool = False) -> None:
        """Record a failure that lasts; unless it has tokens, providers take no money for it."""
        if self._settled(key, response if may_cost or _has_tokens(response) else None):
            self.desk.failed[key] = response
            self.desk.observer.answered(self.name, response)

    def _settled(self, key: str, response: Response | None) -> bool:
        """Let go of a request, and of the money that was set aside; whether it still waited."""
        request = self.requests.pop(key, None)
        if request is not None:
            self._pay(key, request, response)
        return request is not None

    def _pay(self, key: str, request: Request, response: Response | None) -> None:
        if self.desk.budget is not None and key in self.set_aside:
            self.set_aside.remove(key)
            self.desk.budget.settle(self.name, request, response)

    def try_again(self, key: str, response: Response, *, may: bool) -> None:
        """Leave a request waiting for another batch, or record its failure."""
        if key not in self.requests:
            return
        self.tries[key] += 1
        if not may or self.tries[key] > self.batches.terms.retries:
            self.give_up(key, replace(response, attempts=self.tries[key]))
        elif _has_tokens(response):
            self._pay(key, self.requests[key], response)

    def taken(self, batch: KeptBatch, state: BatchState) -> None:
        """Write down what the provider says of a batch that it has."""
        known = replace(batch, stage="open", id=state.id, expires_at=state.expires_at)
        if known != batch:
            self.desk.ledger.update(known)
        # Not every provider tells how many requests a batch has.
        self.desk.observer.batch(self.name, replace(state, total=state.total or batch.size))

    def wait_for_presumed(self, batch: KeptBatch, state: BatchState) -> None:
        """Wait until a batch that may be one whose id was not heard has ended, and tells."""
        self.missed_since[batch.token] = self.desk.clock()
        if state.id not in self.presumed:
            self.presumed.add(state.id)
            what = f"waits until batch {state.id} ends: it may be one whose id was not heard"
            self.desk.observer.noticed(self.name, what)

    def not_taken(self, trouble: BatchTroubleError, keys: Iterable[str]) -> bool:
        """What becomes of requests whose batch could not be handed in; whether to go on at once."""
        if trouble.passes and self.wait(trouble, about=""):
            return False
        for key in keys:
            self.give_up(key, Response("failed", error=trouble.reason))
        if trouble.hopeless:
            self.stop(trouble.reason)
        return not trouble.hopeless

    def refused(self, batch: KeptBatch, state: BatchState) -> None:
        """See what becomes of a batch that the provider looked at and did not take."""
        ledger = self.desk.ledger
        ledger.update(replace(batch, stage="closed", outcome=f"refused: {state.error}"))
        keys = [row.key for row in ledger.requests(batch.token).values()]
        if state.too_much:
            self.crowded, is_alone = True, not self.held()
            self.at_most = max(1, batch.size // 2) if is_alone else batch.size
            if batch.size > 1 or not is_alone:  # there is room for fewer, or there will be
                return
            keys = list(self.requests)  # where there is none for one, there is none for any
        response = Response("failed", error=f"batch refused: {state.error}")
        for key in keys:
            self.try_again(key, response, may=state.too_much)

    def out_of_reach(self, batch: KeptBatch, trouble: BatchTroubleError) -> None:
        """A batch could not be looked at: it stays in the book, for now or for the next run."""
        if trouble.passes and self.wait(trouble, about=batch.token):
            return
        which = batch.id or batch.token
        reason = (
            f"batch out of reach: {trouble.reason}. To ask anew what is in it: `mllmsent batches forget "
            f"{which}`"
        )
        for row in self.desk.ledger.requests(batch.token).values():
            # The batch goes on without us.
            self.give_up(row.key, Response("failed", error=reason), may_cost=True)

    def wait(self, trouble: BatchTroubleError, *, about: str) -> bool:
        """Whether to go on waiting for what is out of reach: a batch's token, or empty."""
        now = self.desk.clock()
        if not self.trouble_since:
            self.desk.observer.noticed(self.name, f"{_OUT_OF_REACH}: {trouble.reason}")
        return now - self.trouble_since.setdefault(about, now) < _PATIENCE

    def over(self, about: str) -> None:
        """What was out of reach, if it was, is not any more."""
        self.trouble_since.pop(about, None)


def _has_tokens(response: Response) -> bool:
    return response.input_tokens is not None or response.output_tokens is not None
