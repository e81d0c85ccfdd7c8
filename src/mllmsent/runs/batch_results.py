"""Fetching the answers of a batch that has ended, and committing them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mllmsent.models.batches import BatchAnswer, BatchTroubleError
from mllmsent.models.interface import Response
from mllmsent.runs.executor import storable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from mllmsent.models.batches import Batches, BatchState
    from mllmsent.runs.batch_ledger import BatchLedger, KeptBatch
    from mllmsent.runs.cache import AnswerCache

__all__ = ["fetch_results"]

_SOME = 500
_CANCELED = Response("failed", error="canceled: the batch was ended before this was answered")
_MISSING = Response("failed", error="expired: the batch ended before this was answered")


async def fetch_results(
    batch: KeptBatch,
    state: BatchState,
    batches: Batches,
    cache: AnswerCache,
    ledger: BatchLedger,
    *,
    answered: Callable[[str, Response], None],
) -> dict[str, BatchAnswer]:
    """Commit what was answered, whether it is asked about now or not: it is paid for.

    Read a few hundred at a time; stopped half-way, the same answers are fetched again. Where some
    cannot be read, the others are committed.

    Args:
        batch: What has ended, in the book.
        state: And as the provider tells of it.
        batches: The endpoint that it was handed in at.
        cache: Where answers are committed.
        ledger: The book that it is in.
        answered: Is told of every answer that is committed, by request key.

    Returns:
        Request key to what came in the place of an answer.

    Raises:
        BatchTroubleError: If the answers cannot be fetched, or are to other questions.
        InputError: If they cannot be written.
    """
    missing = ledger.requests(batch.token)
    is_ours, is_another, unread = False, False, 0
    with_schema = frozenset(name for name, request in missing.items() if request.schema == "sent")
    failed: dict[str, BatchAnswer] = {}
    good: dict[str, Response] = {}

    async def commit() -> None:
        if good:
            await cache.put(good)
        for key, response in good.items():
            answered(key, response)
        good.clear()

    results = batches.results(batch.id, with_schema=with_schema)
    while (answer := await _next(results, commit)) is not None:
        unread += not answer.name
        request = missing.pop(answer.name, None)
        if request is None:
            is_another = is_another or bool(answer.name)
            continue
        is_ours = True
        response = storable(
            replace(
                answer.response,
                image_sha256=request.images.sha256,
                image_note=request.images.note,
                batched=True,
                schema_rejected=request.schema == "rejected",
            )
        )
        if response.status == "failed":
            rejected = answer.schema_rejected and request.schema == "sent"
            failed[request.key] = replace(answer, response=response, schema_rejected=rejected)
        else:
            good[request.key] = response
        if len(good) >= _SOME:
            await commit()
    await commit()
    if unread:  # they may have come damaged; whether they are answers, nobody knows
        what = f"{unread} of the answers of {batch.id} cannot be read"
        raise BatchTroubleError(what, passes=True)
    _check_is_ours(batch, is_ours=is_ours or not is_another)
    why = _CANCELED if state.canceled else _MISSING
    for name, request in missing.items():
        failed[request.key] = BatchAnswer(name, why, again=not state.canceled)
    return failed


def _check_is_ours(batch: KeptBatch, *, is_ours: bool) -> None:
    if not is_ours:
        raise BatchTroubleError(f"the answers of {batch.id} are to other questions", passes=False)


async def _next(
    results: AsyncIterator[BatchAnswer], commit: Callable[[], Awaitable[None]]
) -> BatchAnswer | None:
    """The next answer, or None; what came before trouble is committed."""
    try:
        return await anext(results, None)
    except BatchTroubleError:
        await commit()
        raise
