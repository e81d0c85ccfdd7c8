"""Asking: at most so many requests at once per model, every answer committed before it counts.

The executor knows nothing of prompts or schemes. It sends what is not in the cache, commits what
comes back, keeps what failed apart with its reason, and goes on. Only it writes to the cache.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from mllmsent.foundation.errors import InputError
from mllmsent.models.answer_schemas import NO_SCHEMAS, TAKES_NO_SCHEMA, schema_use
from mllmsent.models.interface import Response

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mllmsent.models import Pricing
    from mllmsent.models.answer_schemas import SchemaUse
    from mllmsent.models.batches import BatchState
    from mllmsent.models.interface import Model, Request
    from mllmsent.pathways.interface import Question
    from mllmsent.runs.budget import Budget
    from mllmsent.runs.cache import AnswerCache

__all__ = ["NOT_ASKED", "Observer", "execute", "storable"]

HOPELESS_AFTER = 20
"""A model none of whose first answers arrived is not asked on: it is misconfigured or down."""

NOT_ASKED = "not asked: "
"""What the reason of a question starts with that was not asked because its model gave up."""

SCHEMAS_TRIED = 5
"""A model whose first so many answers all ignore their schema is said to ignore schemas."""

_TEXTS = ("text", "reasoning", "stop_reason", "reported_model", "image_note", "error")
_LABELLED = {
    "label_scores": float,
    "label_tokens": int,
    "label_prior": float,
    "label_limits": float,
}


_Keyed: TypeAlias = "tuple[str, Request]"


class Observer(Protocol):
    """Is told what happens, to show it."""

    def expects(self, model: str, pricing: Pricing, cost_usd: float | None) -> None:
        """What is about to be asked of a model is estimated to cost so much; None if unknown."""
        ...

    def begins(self, model: str, *, asked: int, cached: int) -> None:
        """`asked` requests will be sent to a model; `cached` answers are there already."""
        ...

    def answered(self, model: str, response: Response) -> None:
        """An answer is committed, or a failure recorded."""
        ...

    def stopped(self, model: str, reason: str) -> None:
        """A model is not asked any further."""
        ...

    def batch(self, model: str, state: BatchState) -> None:
        """A batch was handed in at a model's provider, or looked at there."""
        ...

    def noticed(self, model: str, what: str) -> None:
        """Something about a model's answers that a user may want to change at once."""
        ...


@dataclass
class _Lane:
    """What goes on with one model."""

    name: str
    model: Model
    batches: Iterator[list[_Keyed]]
    budget: Budget | None = None
    answers: int = 0
    failures_in_a_row: int = 0
    hopeless: str = ""
    schemas: Counter[SchemaUse] = field(default_factory=Counter)


async def execute(
    questions: Iterable[Question],
    models: Mapping[str, Model],
    cache: AnswerCache,
    observer: Observer,
    *,
    in_flight: Mapping[str, int] | None = None,
    failed: dict[str, Response] | None = None,
    budget: Budget | None = None,
) -> dict[str, Response]:
    """Ask every question that has no committed answer yet.

    A model is asked in the order of the questions; one that shares the work on an image
    (`Capabilities.shares_images`) is asked all about an image before the next.

    Args:
        questions: What to ask; questions with one key are sent once.
        models: Name in questions to the model.
        cache: Where answers are looked up and committed.
        observer: Is told what happens.
        in_flight: Name of a model to the most calls at once; by default what the model declares.
        failed: Where to note what failed, for a caller that wants it when stopped half-way.
        budget: What may be spent; a model whose next answer may pass it is not asked any further.

    Returns:
        Request key to response for what failed; everything else is in the cache.

    Raises:
        InputError: If answers cannot be committed, because the disk is full, say.
    """
    waiting: dict[str, dict[str, Request]] = {name: {} for name in models}
    for question in questions:
        waiting[question.model].setdefault(question.key, question.request)
    failed = {} if failed is None else failed
    lanes: list[_Lane] = []
    for name, requests in waiting.items():
        known = cache.known(requests)
        to_ask = [(key, request) for key, request in requests.items() if key not in known]
        observer.begins(name, asked=len(to_ask), cached=len(known))
        able = models[name].capabilities
        together = _by_image(to_ask) if able.shares_images else [[each] for each in to_ask]
        lanes.append(
            _Lane(name, models[name], _batches(together, max(1, able.max_batch_size)), budget)
        )
    try:
        async with asyncio.TaskGroup() as group:
            for lane in lanes:
                limit = (in_flight or {}).get(lane.name) or lane.model.capabilities.max_in_flight
                for _ in range(limit):
                    group.create_task(_work(lane, cache, observer, failed))
    except* InputError as unwritable:
        # Every worker says the same; one sentence is enough.
        raise unwritable.exceptions[0] from None
    return failed


async def _work(
    lane: _Lane, cache: AnswerCache, observer: Observer, failed: dict[str, Response]
) -> None:
    for batch in lane.batches:
        await _make_room(lane, batch, observer)
        if lane.hopeless:
            for key, _ in batch:
                failed[key] = Response(status="failed", attempts=0, error=lane.hopeless)
                observer.answered(lane.name, failed[key])
            continue
        responses = await _ask(lane.model, [request for _, request in batch])
        _settle(lane, batch, responses)
        good: dict[str, Response] = {}
        for (key, _), response in zip(batch, responses, strict=True):
            if response.status == "failed":
                failed[key] = response
                # What was never sent, for a file that cannot be read, says nothing of the model.
                lane.failures_in_a_row += response.attempts > 0
            else:
                good[key] = response
                lane.failures_in_a_row = 0
                lane.answers += 1
        if good:
            # Committed before it counts: whoever kills us now loses only what is in flight.
            await cache.put(good)
        for (_, request), response in zip(batch, responses, strict=True):
            observer.answered(lane.name, response)
            if what := _heeds_no_schema(lane, request, response):
                observer.noticed(lane.name, what)
        _stop(lane, _give_up(lane, responses), observer)


async def _make_room(lane: _Lane, batch: Sequence[_Keyed], observer: Observer) -> None:
    """Set aside what a batch may cost, or stop the model where the budget has no room for it."""
    requests = [request for _, request in batch]
    while lane.budget is not None and not lane.hopeless:
        if lane.budget.reserve(lane.name, *requests):
            return
        if not await lane.budget.room():
            _stop(lane, lane.budget.reason, observer)


def _settle(lane: _Lane, batch: Sequence[_Keyed], responses: Sequence[Response]) -> None:
    if lane.budget is not None:
        for (_, request), response in zip(batch, responses, strict=True):
            lane.budget.settle(lane.name, request, response)


def _stop(lane: _Lane, reason: str, observer: Observer) -> None:
    """Ask a model no further, where there is a reason; the first is the one that is told."""
    if reason and not lane.hopeless:
        lane.hopeless = f"{NOT_ASKED}{reason}"
        observer.stopped(lane.name, reason)


def _heeds_no_schema(lane: _Lane, request: Request, response: Response) -> str:
    """What is to be said of a model that makes nothing of schemas, once; empty otherwise."""
    use = schema_use(request.answer_schema, response)
    if use is None:
        return ""
    lane.schemas[use] += 1
    if use == "rejected" and lane.schemas["rejected"] == 1:
        return TAKES_NO_SCHEMA
    if use == "ignored" and not lane.schemas["kept"] and lane.schemas["ignored"] == SCHEMAS_TRIED:
        return (
            f"ignored the schema in its first {SCHEMAS_TRIED} answers; they are read from their text. "
            f"{NO_SCHEMAS}"
        )
    return ""


def _give_up(lane: _Lane, responses: Sequence[Response]) -> str:
    """Why a model is not worth asking any further; empty while it is."""
    for response in responses:
        if response.hopeless:  # a wrong key, no such model, no credit, nobody there
            return response.error
    if not lane.answers and lane.failures_in_a_row >= HOPELESS_AFTER:
        return (
            f"the first {lane.failures_in_a_row} requests to this model all failed, the last with: "
            f"{responses[-1].error}"
        )
    return ""


async def _ask(model: Model, requests: Sequence[Request]) -> Sequence[Response]:
    try:
        responses = [storable(response) for response in await model.answer(requests)]
    except Exception as error:  # noqa: BLE001 - one bad item, or one bad plug-in, never stops a run
        reason = _text(f"{type(error).__name__}: {error}"[:500])
        return [Response(status="failed", error=reason) for _ in requests]
    if len(responses) != len(requests):
        reason = f"the model gave {len(responses)} responses to {len(requests)} requests"
        return [Response(status="failed", error=reason) for _ in requests]
    return [
        _with_likelihoods(request, response)
        for request, response in zip(requests, responses, strict=True)
    ]


def _with_likelihoods(request: Request, response: Response) -> Response:
    """The response, or a failure where likelihoods were wanted and are not all there."""
    if not request.candidates or response.status != "ok":
        return response
    wanted: dict[str, Mapping[str, float] | None] = {
        "likelihood": response.label_scores,
        "number of tokens": response.label_tokens,
    }
    if request.calibrated:
        wanted["likelihood given content-free images"] = response.label_prior
    for what, numbers in wanted.items():
        for candidate in request.candidates:
            number = (numbers or {}).get(candidate)
            at_least_one = numbers is response.label_tokens
            if number is None or not math.isfinite(number) or (at_least_one and number < 1):
                error = f"the model gave no {what} of {candidate!r}"
                return replace(response, status="failed", error=_text(error[:500]))
    return response


def storable(response: Response) -> Response:
    """A response as files take it: whole characters, and plain numbers."""
    changes: dict[str, Any] = {
        name: _text(value) for name in _TEXTS if not (value := getattr(response, name)).isascii()
    }
    for name, number in _LABELLED.items():
        numbers = getattr(response, name)
        if numbers is not None:
            changes[name] = {_text(label): number(value) for label, value in numbers.items()}
    return replace(response, **changes) if changes else response


def _text(text: str) -> str:
    # Half of a character, as a cut-off escape leaves it, is in no encoding that files have.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _by_image(requests: Sequence[_Keyed]) -> list[list[_Keyed]]:
    """Requests about one image side by side, of whatever pathway; otherwise as they come."""
    groups: dict[str, list[_Keyed]] = {}
    for key, request in requests:
        images = request.images
        # Solved examples stand before the image that is asked about. Without one, nothing is shared.
        groups.setdefault(images[-1].digest if images else key, []).append((key, request))
    return list(groups.values())


def _batches(groups: Iterable[list[_Keyed]], size: int) -> Iterator[list[_Keyed]]:
    """The requests in order, at most `size` at once; a group is split only if it is larger."""
    batch: list[_Keyed] = []
    for group in groups:
        if batch and len(batch) + len(group) > size:
            yield batch
            batch = []
        batch.extend(group)
        while len(batch) >= size:
            yield batch[:size]
            batch = batch[size:]
    if batch:
        yield batch
