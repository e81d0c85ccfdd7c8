"""What works with a model here: a few small questions, and what each of them shows.

Every step asks through the `Model` protocol, so that a served model is looked at as a local one is,
and a model of somebody else's package as ours are. What a model does not claim is "not offered",
which is no fault.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from mllmsent.models.checkup_pictures import two_pictures
from mllmsent.models.interface import Message, Request, Settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from mllmsent.data.images import ImageRef
    from mllmsent.models.interface import Model, Response

__all__ = [
    "CheckStep",
    "StepStatus",
    "ask",
    "check_model",
    "label_of",
    "questions_asked",
    "quoted",
    "timed",
]

StepStatus = Literal["ok", "failed", "not offered", "not tried"]

_NAME_A_COLOR = "Name a color. Answer in one word."
_DESCRIBE = "Describe this picture in one sentence."
_LABELS = ("negative", "neutral", "positive")
_FEEL = (
    "Which sentiment does this picture evoke: negative, neutral or positive? Answer in one word."
)
_SCHEMA = {
    "type": "object",
    "properties": {"label": {"type": "string", "enum": list(_LABELS)}},
    "required": ["label"],
    "additionalProperties": False,
}
_NO_SCHEMAS = "Set the option `structured_answers: false`: answers are then read from their text."
_SAME_NATS = 1e-3
"""Likelihoods that differ by less are the same."""
_ROUNDING_NATS = 0.5
"""By so much a likelihood may differ in a batch: rounding at 16 bits makes less."""


@dataclass(frozen=True, slots=True)
class CheckStep:
    """One thing that was looked at.

    Attributes:
        name: What: "answers text".
        status: Whether it works; "not offered" where the model does not claim it, "not tried" where
            an earlier fault makes it pointless.
        detail: What was seen.
        cure: What to do about a failure.
        seconds: How long it took.
        facts: What was seen, for programs.
    """

    name: str
    status: StepStatus
    detail: str = ""
    cure: str = ""
    seconds: float = 0.0
    facts: Mapping[str, Any] = field(default_factory=dict)


class NoAnswerError(Exception):
    """A question was not answered in the way it was asked."""


async def check_model(
    model: Model, on_step: Callable[[CheckStep], None] = lambda _: None
) -> list[CheckStep]:
    """Ask a model a few small questions, and say what works.

    Args:
        model: Any model. One that is paid for each question costs a little: see `questions_asked`.
        on_step: Is told each step when it is done.

    Returns:
        The steps in order. All but the first are "not tried" where it gives no answer at all.
    """
    looks = {
        "answers text": _answers_text,
        "sees images": _sees_images,
        "same in a batch": _is_same_in_a_batch,
        "label likelihoods": _scores_labels,
        "structured answers": _keeps_to_a_schema,
    }
    steps: list[CheckStep] = []
    with two_pictures() as pictures:
        for name, look in looks.items():
            if steps and steps[0].status == "failed":
                step = CheckStep(name, "not tried")
            else:
                step = await timed(name, look(model, pictures))
            steps.append(step)
            on_step(step)
    return steps


def questions_asked(model: Model) -> int:
    """How many questions `check_model` puts to a model, at most."""
    can = model.capabilities
    count = 1 + (2 if can.images_per_request else 0)
    if can.max_batch_size > 1:
        count += 12 if can.label_scores else 8
    return count + (3 if can.label_scores else 0) + (1 if can.structured_answers else 0)


async def timed(name: str, look: Awaitable[CheckStep]) -> CheckStep:
    """A step with its name and its seconds; what it raises is a failure, never an error."""
    began = time.perf_counter()
    try:
        step = await look
    except NoAnswerError as error:
        step = _failed(str(error))
    except Exception as error:  # noqa: BLE001 - a model may be anybody's: what it raises is its fault
        step = CheckStep(name, "failed", f"{type(error).__name__}: {error}"[:500])
    return replace(step, name=name, seconds=time.perf_counter() - began)


def ask(*parts: str | ImageRef, max_tokens: int = 32, **wanted: object) -> Request:
    """One turn of a user, to be answered without chance."""
    settings = Settings(temperature=0.0, max_tokens=max_tokens)
    return Request((Message("user", parts),), settings, **wanted)  # type: ignore[arg-type] # its fields


async def _answers_text(model: Model, _: Sequence[ImageRef]) -> CheckStep:
    (response,) = await model.answer([ask(_NAME_A_COLOR)])
    if fault := _fault(response):
        return fault
    if not response.text.strip():
        return _failed("it answered with nothing", "Ask it in another way, or raise `max_tokens`.")
    return _ok(f"it said {quoted(response.text)}")


async def _sees_images(model: Model, pictures: Sequence[ImageRef]) -> CheckStep:
    """Two pictures that differ in everything have to be told apart somehow."""
    if not model.capabilities.images_per_request:
        return _not_offered("it reads text only")
    said = [(await model.answer([ask(picture, _DESCRIBE)]))[0] for picture in pictures]
    for response in said:
        if fault := _fault(response):
            return fault
    one, other = (response.text.strip() for response in said)
    if one != other:
        return _ok(f"of a sunny meadow {quoted(one)}, of a ruin at night {quoted(other)}")
    if model.capabilities.label_scores:
        scores = [await _likelihoods(model, picture) for picture in pictures]
        apart = _largest_difference(*scores)
        if apart > _SAME_NATS:
            return _ok(f"the same words for both, but likelihoods that differ by {apart:.3g} nats")
    return _failed(
        f"a sunny meadow and a ruin at night are both {quoted(one)}",
        "It may not be given the images: check that the server, or its chat template, takes them.",
    )


async def _is_same_in_a_batch(model: Model, pictures: Sequence[ImageRef]) -> CheckStep:
    """Questions of different lengths, with and without images, alone and all at once."""
    can = model.capabilities
    if can.max_batch_size <= 1:
        return _not_offered("it is asked one question at a time")
    requests = [ask(_NAME_A_COLOR), ask("Say something, whatever you like, in one short sentence.")]
    if can.images_per_request:
        requests[1:] = [ask(picture, _DESCRIBE) for picture in pictures]
        requests.append(ask(pictures[0], _FEEL))
    alone = [(await model.answer([request]))[0] for request in requests]
    together: list[Response] = []
    for start in range(0, len(requests), can.max_batch_size):
        together += await model.answer(requests[start : start + can.max_batch_size])
    if len(together) != len(requests):
        return _failed(f"{len(requests)} questions were given {len(together)} answers")
    for response in (*alone, *together):
        if fault := _fault(response):
            return fault
    pairs = list(zip(alone, together, strict=True))
    differ = [(one, other) for one, other in pairs if one.text != other.text]
    if not differ:
        apart = await _likelihoods_apart(model, pictures)
        if apart > _ROUNDING_NATS:
            return _failed(
                f"a likelihood differs by {apart:.3g} nats in a batch", "Set `batch_size: 1`."
            )
        scored = "" if math.isnan(apart) else f"; likelihoods differ by {apart:.2g} nats at most"
        return _ok(f"{len(pairs)} questions are answered alike alone and together{scored}")
    one, other = differ[0]
    return _failed(
        f"{len(differ)} of {len(pairs)} answers differ: {quoted(one.text)} alone, "
        f"{quoted(other.text)} in a batch",
        "At 16 bits rounding may tip an answer that hangs in the balance: try `dtype: float32`. "
        "If it still does, set `batch_size: 1`.",
    )


async def _likelihoods_apart(model: Model, pictures: Sequence[ImageRef]) -> float:
    """By how many nats likelihoods differ in a batch; NaN where there are none."""
    if not model.capabilities.label_scores or not model.capabilities.images_per_request:
        return math.nan
    alone = [await _likelihoods(model, picture) for picture in pictures]
    together = await model.answer([ask(picture, _FEEL, candidates=_LABELS) for picture in pictures])
    return max(map(_largest_difference, alone, map(_scores, together)))


async def _scores_labels(model: Model, pictures: Sequence[ImageRef]) -> CheckStep:
    if not model.capabilities.label_scores:
        return _not_offered("answers are read from their text")
    scores = await _likelihoods(model, *pictures[: model.capabilities.images_per_request][:1])
    if set(scores) != set(_LABELS):
        return _failed(f"likelihoods of {sorted(scores)} instead of {list(_LABELS)}")
    if not all(math.isfinite(score) and score <= _SAME_NATS for score in scores.values()):
        return _failed(f"these are no log-likelihoods: {scores}")
    # No label is the beginning of another, so that together they are at most certain.
    together = sum(math.exp(score) for score in scores.values())
    if together > 1 + _SAME_NATS:
        return _failed(f"the likelihoods of three answers sum to {together:.3g}")
    shares = {name: math.exp(score) / together for name, score in scores.items() if together}
    words = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
    return _ok(f"{words or 'too small to say'}; probability of any of them {together:.2g}")


async def _keeps_to_a_schema(model: Model, pictures: Sequence[ImageRef]) -> CheckStep:
    if not model.capabilities.structured_answers:
        return _not_offered("answers are read from their text")
    shown = pictures[: model.capabilities.images_per_request][:1]
    question = (
        f"{_FEEL} Answer as JSON." if shown else "Answer as JSON with a label of your choice."
    )
    (response,) = await model.answer([ask(*shown, question, max_tokens=64, answer_schema=_SCHEMA)])
    if fault := _fault(response):
        return fault
    if response.schema_rejected:
        return _failed("it rejects the schema, and is asked without", _NO_SCHEMAS)
    if label_of(response.text) in _LABELS:
        return _ok(f"it said {quoted(response.text)}")
    return _failed(
        f"{quoted(response.text)} does not fit the schema",
        _NO_SCHEMAS,
    )


async def _likelihoods(model: Model, *picture: ImageRef) -> dict[str, float]:
    (response,) = await model.answer([ask(*picture, _FEEL, candidates=_LABELS)])
    return _scores(response)


def _scores(response: Response) -> dict[str, float]:
    if response.status != "ok" or response.label_scores is None:
        raise NoAnswerError(response.error or "it gave a text in place of likelihoods")
    return dict(response.label_scores)


def _largest_difference(one: dict[str, float], other: dict[str, float]) -> float:
    return max((abs(one[name] - other[name]) for name in one if name in other), default=0.0)


def label_of(text: str) -> object:
    """The label of an answer in JSON; None where it has none."""
    import json  # noqa: PLC0415 - here only

    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value.get("label") if isinstance(value, dict) else None


def _fault(response: Response) -> CheckStep | None:
    """What a response that is no answer is; None for an answer."""
    if response.status == "ok":
        return None
    if response.status == "refused":
        return _failed(f"it declined: {quoted(response.text or response.stop_reason)}")
    return _failed(response.error or "it gave no answer and no reason")


def quoted(text: str) -> str:
    """A text in one short line, between quotation marks."""
    flat = " ".join(text.split())
    return f'"{flat}"' if len(flat) <= 70 else f'"{flat[:67]}..."'


def _ok(detail: str) -> CheckStep:
    return CheckStep("", "ok", detail)


def _not_offered(detail: str) -> CheckStep:
    return CheckStep("", "not offered", detail)


def _failed(detail: str, cure: str = "") -> CheckStep:
    return CheckStep("", "failed", detail, cure)
