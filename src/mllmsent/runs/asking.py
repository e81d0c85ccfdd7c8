"""Asking the questions of a study: each model live, or by its provider's batches."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING

from mllmsent.foundation.errors import InputError
from mllmsent.models.batches import batches_of
from mllmsent.runs.batch_ledger import BatchLedger
from mllmsent.runs.batches import ask_in_batches
from mllmsent.runs.executor import execute

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from mllmsent.models.interface import Model, Response
    from mllmsent.pathways.interface import Question
    from mllmsent.runs.batch_ledger import KeptBatch
    from mllmsent.runs.budget import Budget
    from mllmsent.runs.cache import AnswerCache
    from mllmsent.runs.executor import Observer
    from mllmsent.runs.study import Study

__all__ = ["ask", "held_in_batches", "models_in_batches", "waiting_in_batches"]


async def ask(
    questions: Sequence[Question],
    models: Mapping[str, Model],
    cache: AnswerCache,
    observer: Observer,
    *,
    in_batches: Collection[str],
    in_flight: Mapping[str, int],
    failed: dict[str, Response],
    budget: Budget | None = None,
) -> None:
    """Ask every question that has no committed answer yet.

    What waits in a batch already is paid, and is fetched from there, however its model is asked now.

    Args:
        questions: What to ask.
        models: Name in questions to the model.
        cache: Where answers are looked up and committed.
        observer: Is told what happens.
        in_batches: Names of the models that are asked by batches. Likelihoods are always asked for
            live.
        in_flight: Name of a model to the most calls at once; by default what the model declares.
        failed: Where to note what failed, by request key.
        budget: What may be spent.

    Raises:
        InputError: If answers cannot be committed.
    """
    live: list[Question] = []
    later: list[Question] = []
    held = held_in_batches(cache, (question.key for question in questions))
    for question in questions:
        wanted = question.model in in_batches and not question.request.candidates
        is_held = question.key in held and batches_of(models[question.model]) is not None
        (later if wanted or is_held else live).append(question)
    try:
        async with asyncio.TaskGroup() as group:
            if live:
                asked = _among(models, live)
                now = execute(
                    live, asked, cache, observer, in_flight=in_flight, failed=failed, budget=budget
                )
                group.create_task(now)
            if later:
                asked = _among(models, later)
                by_and_by = ask_in_batches(
                    later, asked, cache, observer, failed=failed, budget=budget
                )
                group.create_task(by_and_by)
    except* InputError as unwritable:
        raise unwritable.exceptions[0] from None


def models_in_batches(
    study: Study, models: Mapping[str, Model]
) -> tuple[frozenset[str], tuple[str, ...]]:
    """Names of the models that are asked by batches, and what the user must know of the others.

    Args:
        study: The study, whose readers and judges are asked as it says for all.
        models: Name to model.

    Raises:
        InputError: If a model is to be asked by batches, by name, and its provider has none.
    """
    own = {choice.shown: choice.mode for choice in study.models}
    wanted = [name for name in models if (own.get(name) or study.mode) == "batch"]
    without = [name for name in wanted if batches_of(models[name]) is None]
    for name in without:
        if own.get(name) == "batch":
            raise InputError(
                f"{name} has no batch endpoint.",
                item=f"models: {name}: mode",
                cure="Leave `mode` out, or write `mode: live`.",
            )
    notes = (f"No batches are to be had for {', '.join(without)}: asked live.",) if without else ()
    return frozenset(wanted) - frozenset(without), notes


def held_in_batches(cache: AnswerCache, keys: Iterable[str]) -> dict[str, KeptBatch]:
    """Request key to the batch that it waits in, for those that wait in one and have no answer.

    Args:
        cache: The cache in whose file the book is.
        keys: Of the requests.
    """
    wanted = set(keys)
    with closing(BatchLedger(cache.path)) as ledger:
        return ledger.holding(wanted - cache.known(wanted))


def waiting_in_batches(held: Mapping[str, KeptBatch]) -> tuple[str, ...]:
    """A sentence for each batch in which requests wait for their answers.

    Args:
        held: Request key to batch.
    """
    counts: dict[str, int] = {}
    for batch in held.values():
        counts[batch.token] = counts.get(batch.token, 0) + 1
    sentences = []
    for batch in {one.token: one for one in held.values()}.values():
        until = ""
        if batch.expires_at is not None:
            until = f", until {batch.expires_at:%Y-%m-%d %H:%M} UTC at the latest"
        which = f"batch {batch.id}" if batch.id else "a batch whose id was not heard yet"
        n = counts[batch.token]
        sentences.append(
            f"{batch.model}: {n:,} request{'s are' if n > 1 else ' is'} answered in {which}{until}; "
            "the next run fetches them."
        )
    return tuple(sentences)


def _among(models: Mapping[str, Model], questions: Iterable[Question]) -> dict[str, Model]:
    names = {question.model for question in questions}
    return {name: model for name, model in models.items() if name in names}
