"""What a user may do with batches that were handed in: see them, have them ended, forget them."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from mllmsent.foundation.digest import json_digest
from mllmsent.foundation.errors import InputError, MllmsentError, nearest
from mllmsent.models import get_model
from mllmsent.models.batches import BatchTroubleError, batches_of
from mllmsent.runs.batch_ledger import BatchLedger, KeptBatch
from mllmsent.runs.cache import AnswerCache
from mllmsent.runs.models_beside import models_beside

if TYPE_CHECKING:
    from pathlib import Path

    from mllmsent.models.interface import Model
    from mllmsent.runs.study import Study

__all__ = ["cancel_batch", "forget_batch", "list_batches"]


def list_batches(cache: Path) -> list[KeptBatch]:
    """Every batch that the file of an answer cache knows of, the oldest first.

    Raises:
        InputError: If there is no such file, or it is none.
    """
    if not cache.is_file():
        raise InputError(
            "There is no answer cache here.", file=cache, cure="Name its file with --cache."
        )
    with closing(AnswerCache(cache)) as answers, closing(BatchLedger(cache)) as ledger:
        return [_as_it_stands(batch, answers, ledger) for batch in ledger.batches()]


def cancel_batch(study: Study, cache: Path, identifier: str) -> KeptBatch:
    """Have a provider end a batch. What is answered by then is fetched by the next run, and paid.

    Args:
        study: It says how the model is asked, and names the environment variable of its key.
        cache: The file of the answer cache.
        identifier: The batch's id.

    Raises:
        InputError: If there is no such batch under way, the study does not ask its model, or the
            provider declines.
    """
    batch = _under_way(cache, identifier)
    if not batch.id:
        raise InputError(
            "The provider has not told what it calls this batch.",
            item=identifier,
            cure="Run the study: it looks for the batch there.",
        )
    models = _models(study)
    if batch.identity not in models:
        raise InputError(
            f"The study does not ask the model of this batch, {batch.model}.",
            item=identifier,
            cure="Name the study that handed it in.",
        )
    asyncio.run(_cancel(models[batch.identity], batch))
    return batch


def forget_batch(cache: Path, identifier: str) -> KeptBatch:
    """Let a batch go: its questions are asked anew, whether they were answered, and paid, or not.

    Args:
        cache: The file of the answer cache.
        identifier: The batch's id, or its token where the id was never heard.

    Raises:
        InputError: If there is no such batch under way.
    """
    batch = _under_way(cache, identifier)
    with closing(BatchLedger(cache)) as ledger:
        ledger.update(replace(batch, stage="closed", outcome="forgotten"))
    return batch


def _as_it_stands(batch: KeptBatch, answers: AnswerCache, ledger: BatchLedger) -> KeptBatch:
    """A batch, closed where all it asked has an answer: a run may end before it writes that down."""
    if batch.stage == "closed":
        return batch
    keys = [request.key for request in ledger.requests(batch.token).values()]
    if len(answers.known(keys)) < len(keys):
        return batch
    return replace(batch, stage="closed", outcome=f"{batch.size} answered, 0 not")


def _under_way(cache: Path, identifier: str) -> KeptBatch:
    found = {
        batch.id or batch.token: batch for batch in list_batches(cache) if batch.stage != "closed"
    }
    if identifier not in found:
        raise InputError(
            f"No batch {identifier!r} is under way.",
            file=cache,
            cure=nearest(identifier, found) or "`mllmsent batches list` shows those that were.",
        )
    return found[identifier]


def _models(study: Study) -> dict[str, Model]:
    """Digest of the identity to the model, of those that a study asks and that have batches."""
    found: dict[str, Model] = {}
    for choice in (*study.models, *models_beside(study)):
        try:
            model = get_model(choice.model, **choice.options)
        except MllmsentError:
            continue  # one that cannot be had has handed in nothing
        if batches_of(model) is not None:
            found[json_digest(dict(model.identity))] = model
    return found


async def _cancel(model: Model, batch: KeptBatch) -> None:
    batches = batches_of(model)
    assert batches is not None, "only such models are looked at"
    try:
        await batches.cancel(batch.id)
    except BatchTroubleError as trouble:
        raise InputError(
            f"The provider did not cancel it: {trouble.reason}", item=batch.id
        ) from None
    finally:
        await model.aclose()
