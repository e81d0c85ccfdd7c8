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
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from mllmsent.foundation.digest import json_digest
from mllmsent.foundation.errors import InputError
from mllmsent.models.batches import BatchTroubleError, batches_of
from mllmsent.runs.batch_lane import BatchDesk, BatchLane
from mllmsent.runs.batch_ledger import BatchLedger, KeptBatch, KeptRequest, request_name
from mllmsent.runs.batch_results import fetch_results
from mllmsent.runs.locks import locked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mllmsent.models.batches import BatchState, Written
    from mllmsent.models.interface import Model, Request, Response
    from mllmsent.pathways.interface import Question
    from mllmsent.runs.batch_lane import Sleep
    from mllmsent.runs.budget import Budget
    from mllmsent.runs.cache import AnswerCache
    from mllmsent.runs.executor import Observer

__all__ = ["ask_in_batches"]

_LONGER, _LONGEST = 1.5, 20.0
"""Each pause is so much longer than the one before, up to so many times the first."""


def _now() -> datetime:
    return datetime.now(UTC)


async def ask_in_batches(
    questions: Iterable[Question],
    models: Mapping[str, Model],
    cache: AnswerCache,
    observer: Observer,
    *,
    failed: dict[str, Response] | None = None,
    budget: Budget | None = None,
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
        budget: What may be spent; a model for whose next question there is no room is asked no
            further.
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
        desk = BatchDesk(cache, ledger, observer, failed, clock, sleep, budget)
        lanes = []
        for name, requests in waiting.items():
            batches = batches_of(models[name])
            assert batches is not None, "whoever asks in batches has looked"
            known = cache.known(requests)
            observer.begins(name, asked=len(requests) - len(known), cached=len(known))
            unanswered = {key: one for key, one in requests.items() if key not in known}
            identity = json_digest(dict(models[name].identity))
            takes = models[name].capabilities.structured_answers
            lanes.append(BatchLane(desk, name, identity, batches, unanswered, takes_schemas=takes))
        try:
            async with asyncio.TaskGroup() as group:
                for lane in lanes:
                    group.create_task(_drive(lane))
        except* InputError as unwritable:
            raise unwritable.exceptions[0] from None
    return failed


async def _drive(lane: BatchLane) -> None:
    """Hand in, look and fetch until nothing waits."""
    first = lane.batches.terms.pause_s
    pause = first
    while lane.requests:
        lane.take_up()
        moved = await _hand_in(lane)
        moved = await _fetch(lane) or moved
        if lane.requests:
            pause = first if moved else min(pause * _LONGER, first * _LONGEST)
            await lane.desk.sleep(pause)


async def _hand_in(lane: BatchLane) -> bool:
    """Hand in what waits in no batch, once it is sure that it does; tells whether anything was."""
    if not lane.unsent() and not lane.held("intended"):
        return False
    book = lane.desk.cache.path
    async with lane.desk.turn:
        # Whoever holds the lock knows that nobody is handing in a batch whose id is missing.
        with locked(book.with_name(f"{book.name}.batches.lock")) as is_ours:
            if not is_ours:
                return False
            moved = await _look_for_missed(lane)
            if lane.crowded and lane.held():
                return moved
            while unsent := await lane.affordable():
                if not await _hand_in_next(lane, unsent):
                    break
                moved = True
                if lane.at_most:  # one at a time, where there may be no room for two
                    break
    return moved


async def _hand_in_next(lane: BatchLane, unsent: list[str]) -> bool:
    """Hand in as many as a batch takes; tells whether it is worth going on at once."""
    desk, token = lane.desk, secrets.token_hex(8)
    names = {request_name(token, key): key for key in unsent}
    with tempfile.TemporaryDirectory(prefix="mllmsent-") as folder:
        file = Path(folder) / "batch"
        requests = ((name, lane.as_sent(key)) for name, key in names.items())
        try:
            written = await lane.batches.write(requests, file, at_most=lane.at_most)
        except BatchTroubleError as trouble:
            return lane.not_taken(trouble, unsent)
        except OSError as error:
            raise InputError(
                f"A batch cannot be written: {error.strerror or error}.",
                file=file.parent,
                cure="Is the disk full? TMPDIR names another folder. What was handed in is safe; run "
                "again.",
            ) from None
        for name, why in written.unsendable.items():
            lane.give_up(names[name], why)
        size = len(written.sent)
        if not size:
            return bool(written.unsendable)
        batch = KeptBatch(token, lane.name, lane.identity, "intended", "", size, desk.clock())
        desk.ledger.intend(batch, _kept(lane, written, names))
        try:
            state = await lane.batches.submit(token, file, size=size)
        except BatchTroubleError as trouble:
            if trouble.passes:
                lane.missed_since[token] = desk.clock()
            else:
                desk.ledger.drop(token)
            return lane.not_taken(trouble, [names[name] for name in written.sent])
    lane.over("")
    lane.taken(batch, state)
    return True


def _kept(lane: BatchLane, written: Written, names: Mapping[str, str]) -> Iterator[KeptRequest]:
    for name, images in written.sent.items():
        key = names[name]
        yield KeptRequest(key, lane.schema_of(key), images)


async def _look_for_missed(lane: BatchLane) -> bool:
    """Look at the provider for batches whose id was never heard; tells whether one was settled."""
    ledger, clock, settled = lane.desk.ledger, lane.desk.clock, False
    others = {batch.id for batch in ledger.batches() if batch.id}
    for batch in lane.held("intended").values():
        missed_since = lane.missed_since.setdefault(batch.token, clock())
        try:
            state = await lane.batches.find(
                batch.token, size=batch.size, since=batch.created_at, others=others
            )
        except BatchTroubleError as trouble:
            lane.out_of_reach(batch, trouble)
            continue
        lane.over(batch.token)
        if state is not None and state.presumed:
            lane.wait_for_presumed(batch, state)
        elif state is not None:
            lane.taken(batch, state)
            others.add(state.id)
            settled = True
        # What a provider has just taken may be a moment late in its own list.
        elif clock() - missed_since >= timedelta(seconds=2 * lane.batches.terms.pause_s):
            ledger.drop(batch.token)
            settled = True
    return settled


async def _fetch(lane: BatchLane) -> bool:
    """Look at every batch, and fetch the answers of those that have ended; tells whether one had."""
    moved = False
    for batch in lane.held("open").values():
        try:
            state = await lane.batches.look(batch.id)
            lane.taken(batch, state)
            is_over = state.status != "working"
            lane.crowded = lane.crowded and not is_over
            if state.status == "refused":
                lane.refused(batch, state)
            elif state.status == "ended":
                await _collect(lane, batch, state)
            lane.over(batch.token)
            moved = moved or is_over
        except BatchTroubleError as trouble:
            lane.out_of_reach(batch, trouble)
    return moved


async def _collect(lane: BatchLane, batch: KeptBatch, state: BatchState) -> None:
    """Commit the answers of a batch that has ended, and see what becomes of the rest."""
    desk = lane.desk
    found = await fetch_results(
        batch, state, lane.batches, desk.cache, desk.ledger, answered=lane.answered
    )
    outcome = f"{batch.size - len(found)} answered, {len(found)} not"
    desk.ledger.update(replace(batch, stage="closed", outcome=outcome))
    for key, answer in found.items():
        if answer.schema_rejected:
            lane.reject_schema(key)
        else:
            lane.try_again(key, answer.response, may=answer.again)
