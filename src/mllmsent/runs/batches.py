"""Asking in batches: handed in together, answered within a day, for less; and never handed in twice.

What is to be handed in is written into the book of batches (`batch_ledger.py`) before it is. A batch of
which the provider has not told the id, because the process or the connection ended, is looked for at the
provider before its requests are handed in again. Batches are looked at now and then until they have
ended; their answers are committed, what failed in a way that passes is handed in again, and what lasts
is recorded with its reason. Stopped at any moment, the next run goes on with the same batches.
"""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from mllmsent.foundation.digest import json_digest
from mllmsent.foundation.errors import InputError
from mllmsent.models.batches import BatchTroubleError, batches_of
from mllmsent.models.interface import Response
from mllmsent.runs.batch_ledger import BatchLedger, KeptBatch, KeptRequest, request_name
from mllmsent.runs.batch_results import fetch_results
from mllmsent.runs.executor import NOT_ASKED
from mllmsent.runs.locks import locked

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from mllmsent.models.batches import Batches, BatchState, Written
    from mllmsent.models.interface import Model, Request
    from mllmsent.pathways.interface import Question
    from mllmsent.runs.cache import AnswerCache
    from mllmsent.runs.executor import Observer

__all__ = ["ask_in_batches"]

_PATIENCE = timedelta(days=1)
"""So long a provider may be out of reach before a run gives up."""

_LONGER, _LONGEST = 1.5, 20.0
"""Each pause is so much longer than the one before, up to so many times the first."""

Sleep: TypeAlias = "Callable[[float], Awaitable[None]]"


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _Desk:
    """What all models have in common."""

    cache: AnswerCache
    ledger: BatchLedger
    observer: Observer
    failed: dict[str, Response]
    clock: Callable[[], datetime]
    sleep: Sleep
    # One batch is handed in at a time: nobody else looks for it, or at its requests, meanwhile.
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(slots=True)
class _Lane:
    """What goes on with one model.

    Attributes:
        name: Its name in the study.
        identity: Digest of its identity.
        batches: Its batch endpoint.
        requests: What has neither an answer nor a failure that lasts, by key.
        tries: How often each was handed in and failed.
        at_most: Most requests in a batch, where a provider took no larger one.
        crowded: Whether the provider takes none before another has ended.
        missed_since: Token of each batch whose id is not known to when this run first missed it.
        strangers: Ids of batches that were taken for one of these, and are not.
        trouble_since: When the provider was first out of reach; None while it is not.
    """

    name: str
    identity: str
    batches: Batches
    requests: dict[str, Request]
    tries: Counter[str] = field(default_factory=Counter)
    at_most: int | None = None
    crowded: bool = False
    missed_since: dict[str, datetime] = field(default_factory=dict)
    strangers: set[str] = field(default_factory=set)
    trouble_since: datetime | None = None


async def ask_in_batches(
    questions: Iterable[Question],
    models: Mapping[str, Model],
    cache: AnswerCache,
    observer: Observer,
    *,
    failed: dict[str, Response] | None = None,
    clock: Callable[[], datetime] = _now,
    sleep: Sleep = asyncio.sleep,
) -> dict[str, Response]:
    """Ask every question that has no committed answer yet, by batches.

    Args:
        questions: What to ask; questions with one key are handed in once.
        models: Name in questions to the model, each with a batch endpoint.
        cache: Where answers are looked up and committed, and the book is kept.
        observer: Is told what happens.
        failed: Where to note what failed, for a caller that wants it when stopped half-way.
        clock: Tells the time.
        sleep: Waits so many seconds.

    Returns:
        Request key to response for what failed; everything else is in the cache.

    Raises:
        InputError: If answers or the book cannot be written.
    """
    waiting: dict[str, dict[str, Request]] = {name: {} for name in models}
    for question in questions:
        waiting[question.model].setdefault(question.key, question.request)
    failed = {} if failed is None else failed
    with closing(BatchLedger(cache.path)) as ledger:
        desk = _Desk(cache, ledger, observer, failed, clock, sleep)
        lanes = []
        for name, requests in waiting.items():
            batches = batches_of(models[name])
            assert batches is not None, "whoever asks in batches has looked"
            known = cache.known(requests)
            observer.begins(name, asked=len(requests) - len(known), cached=len(known))
            open_requests = {key: one for key, one in requests.items() if key not in known}
            identity = json_digest(dict(models[name].identity))
            lanes.append(_Lane(name, identity, batches, open_requests))
        try:
            async with asyncio.TaskGroup() as group:
                for lane in lanes:
                    group.create_task(_drive(desk, lane))
        except* InputError as unwritable:
            raise unwritable.exceptions[0] from None
    return failed


async def _drive(desk: _Desk, lane: _Lane) -> None:
    """Hand in, look and fetch until nothing waits."""
    first = lane.batches.terms.pause_s
    pause = first
    while lane.requests:
        moved = await _hand_in(desk, lane)
        moved = await _fetch(desk, lane) or moved
        if lane.requests:
            pause = first if moved else min(pause * _LONGER, first * _LONGEST)
            await desk.sleep(pause)


async def _hand_in(desk: _Desk, lane: _Lane) -> bool:
    """Hand in what waits in no batch, once it is sure that it does; tells whether anything was."""
    _drop_answered(desk, lane)
    held = desk.ledger.holding(lane.requests)
    missed = any(batch.stage == "intended" for batch in held.values())
    if len(held) == len(lane.requests) and not missed:
        return False
    moved = False
    book = desk.cache.path
    async with desk.turn:
        # Whoever holds the lock knows that nobody is handing in a batch whose id is missing.
        with locked(book.with_name(f"{book.name}.batches.lock")) as is_ours:
            if not is_ours:
                return False
            moved = await _look_for_missed(desk, lane)
            _drop_answered(desk, lane)
            held = desk.ledger.holding(lane.requests)
            if lane.crowded and held:
                return moved
            unsent = [key for key in lane.requests if key not in held]
            while unsent:
                if not await _hand_in_next(desk, lane, unsent):
                    break
                moved = True
                held = desk.ledger.holding(unsent)
                unsent = [key for key in unsent if key in lane.requests and key not in held]
    return moved


async def _hand_in_next(desk: _Desk, lane: _Lane, unsent: list[str]) -> bool:
    """Hand in as many as a batch takes; tells whether it is worth going on at once."""
    token = secrets.token_hex(8)
    names = {request_name(token, key): key for key in unsent}
    with tempfile.TemporaryDirectory(prefix="mllmsent-") as folder:
        file = Path(folder) / "batch"
        try:
            written = await lane.batches.write(
                ((name, lane.requests[key]) for name, key in names.items()),
                file,
                at_most=lane.at_most,
            )
        except BatchTroubleError as trouble:
            return _not_taken(desk, lane, trouble, unsent)
        for name, why in written.unsendable.items():
            _give_up(desk, lane, names[name], why)
        if not written.sent:
            return bool(written.unsendable)
        batch = KeptBatch(
            token, lane.name, lane.identity, "intended", "", len(written.sent), desk.clock()
        )
        # A budget in money would be reserved here: from here on, this may be paid for.
        desk.ledger.intend(batch, _kept(lane, written, names))
        try:
            state = await lane.batches.submit(token, file, size=batch.size)
        except BatchTroubleError as trouble:
            if trouble.passes:
                lane.missed_since[token] = desk.clock()
            else:
                desk.ledger.drop(token)
            return _not_taken(desk, lane, trouble, [names[name] for name in written.sent])
    lane.trouble_since = None
    _note(desk, batch, state)
    desk.observer.batch(lane.name, state)
    return True


def _kept(lane: _Lane, written: Written, names: Mapping[str, str]) -> Iterable[KeptRequest]:
    for name, images in written.sent.items():
        key = names[name]
        yield KeptRequest(key, lane.requests[key].answer_schema is not None, images)


def _not_taken(desk: _Desk, lane: _Lane, trouble: BatchTroubleError, keys: Iterable[str]) -> bool:
    """What becomes of requests whose batch could not be handed in."""
    if trouble.passes and _wait(desk, lane, trouble):
        return False
    for key in keys:
        _give_up(desk, lane, key, Response("failed", error=trouble.reason))
    if not trouble.hopeless:
        return True
    desk.observer.stopped(lane.name, trouble.reason)
    held = desk.ledger.holding(lane.requests)
    for key in [key for key in lane.requests if key not in held]:
        reason = f"{NOT_ASKED}{trouble.reason}"
        _give_up(desk, lane, key, Response("failed", attempts=0, error=reason))
    return False


async def _look_for_missed(desk: _Desk, lane: _Lane) -> bool:
    """Look at the provider for batches whose id was never heard; tells whether one was settled."""
    settled = False
    held = desk.ledger.holding(lane.requests).values()
    others = {batch.id for batch in desk.ledger.batches() if batch.id} | lane.strangers
    for batch in {one.token: one for one in held if one.stage == "intended"}.values():
        missed_since = lane.missed_since.setdefault(batch.token, desk.clock())
        try:
            state = await lane.batches.find(
                batch.token, size=batch.size, since=batch.created_at, others=others
            )
        except BatchTroubleError as trouble:
            _out_of_reach(desk, lane, batch, trouble)
            continue
        lane.trouble_since = None
        if state is not None:
            _note(desk, batch, state)
            desk.observer.batch(lane.name, state)
            others.add(state.id)
            settled = True
        # What a provider has just taken may be a moment late in its own list.
        elif desk.clock() - missed_since >= timedelta(seconds=2 * lane.batches.terms.pause_s):
            desk.ledger.drop(batch.token)
            settled = True
    return settled


async def _fetch(desk: _Desk, lane: _Lane) -> bool:
    """Look at every batch, and fetch the answers of those that have ended; tells whether one had."""
    moved = False
    held = desk.ledger.holding(lane.requests).values()
    for batch in {one.token: one for one in held if one.stage == "open"}.values():
        try:
            state = await lane.batches.look(batch.id)
            lane.trouble_since = None
            desk.observer.batch(lane.name, state)
            if state.status == "working":
                _note(desk, batch, state)
                continue
            if state.status == "refused":
                _refused(desk, lane, batch, state)
            else:
                await _collect(desk, lane, batch, state)
            moved = True
            lane.crowded = lane.crowded and state.too_much
        except BatchTroubleError as trouble:
            _out_of_reach(desk, lane, batch, trouble)
    return moved


async def _collect(desk: _Desk, lane: _Lane, batch: KeptBatch, state: BatchState) -> None:
    """Commit the answers of a batch that has ended, and see what becomes of the rest."""
    found = await fetch_results(
        batch,
        state,
        lane.batches,
        desk.cache,
        desk.ledger,
        answered=lambda key, response: _answered(desk, lane, key, response),
    )
    if found is None:
        lane.strangers.add(batch.id)
        lane.missed_since[batch.token] = desk.clock()
        desk.ledger.update(replace(batch, stage="intended", id=""))
        return
    n_failed = len(found)
    outcome = f"{batch.size - n_failed} answered, {n_failed} not"
    desk.ledger.update(replace(batch, stage="closed", outcome=outcome))
    for key, answer in found.items():
        _try_again(desk, lane, key, answer.response, may=answer.again)


def _refused(desk: _Desk, lane: _Lane, batch: KeptBatch, state: BatchState) -> None:
    """See what becomes of a batch that the provider looked at and did not take."""
    desk.ledger.update(replace(batch, stage="closed", outcome=f"refused: {state.error}"))
    held = desk.ledger.holding(lane.requests)
    response = Response("failed", error=f"batch refused: {state.error}")
    keys = [row.key for row in desk.ledger.requests(batch.token).values()]
    if state.too_much:
        lane.crowded = True
        if held:  # when those have ended, there is room
            return
        lane.at_most = max(1, batch.size // 2)
    for key in keys:
        _try_again(desk, lane, key, response, may=state.too_much)


def _try_again(desk: _Desk, lane: _Lane, key: str, response: Response, *, may: bool) -> None:
    """Leave a request waiting for another batch, or record its failure."""
    if key not in lane.requests:
        return
    lane.tries[key] += 1
    if not may or lane.tries[key] > lane.batches.terms.retries:
        _give_up(desk, lane, key, replace(response, attempts=lane.tries[key]))


def _out_of_reach(desk: _Desk, lane: _Lane, batch: KeptBatch, trouble: BatchTroubleError) -> None:
    """A batch could not be looked at: it stays in the book, for now or for the next run."""
    if trouble.passes and _wait(desk, lane, trouble):
        return
    which = batch.id or "a batch whose id was not heard"
    reason = f"batch out of reach: {which}: {trouble.reason}"
    for row in desk.ledger.requests(batch.token).values():
        if row.key in lane.requests:
            _give_up(desk, lane, row.key, Response("failed", attempts=0, error=reason))


def _wait(desk: _Desk, lane: _Lane, trouble: BatchTroubleError) -> bool:
    """Whether to go on waiting for a provider that is out of reach."""
    now = desk.clock()
    if lane.trouble_since is None:
        lane.trouble_since = now
        desk.observer.waits(lane.name, trouble.reason)
    return now - lane.trouble_since < _PATIENCE


def _note(desk: _Desk, batch: KeptBatch, state: BatchState) -> None:
    known = replace(batch, stage="open", id=state.id, expires_at=state.expires_at)
    if known != batch:
        desk.ledger.update(known)


def _answered(desk: _Desk, lane: _Lane, key: str, response: Response) -> None:
    if lane.requests.pop(key, None) is not None:
        desk.observer.answered(lane.name, replace(response, attempts=lane.tries[key] + 1))


def _give_up(desk: _Desk, lane: _Lane, key: str, response: Response) -> None:
    if lane.requests.pop(key, None) is not None:
        desk.failed[key] = response
        desk.observer.answered(lane.name, response)


def _drop_answered(desk: _Desk, lane: _Lane) -> None:
    """Whoever else works with this cache may have had answers meanwhile."""
    for key, answer in desk.cache.get_many(desk.cache.known(lane.requests)).items():
        _answered(desk, lane, key, answer.response)
