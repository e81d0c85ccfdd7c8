"""What questions will cost, before they are asked: from their words and images, and from answers.

The input is known but for how a provider cuts it into tokens. How long answers are is presumed from
what is asked, until there are answers of the same model to the same kind of question: then their
mean holds, and the input is corrected by what the provider counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeAlias

from mllmsent.models import input_tokens
from mllmsent.runs.answer_lengths import answer_tokens

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from mllmsent.affect import Scheme
    from mllmsent.models import Pricing
    from mllmsent.models.interface import Response
    from mllmsent.pathways.interface import Question
    from mllmsent.runs.cache import AnswerCache

__all__ = ["Estimate", "estimate", "estimate_beside"]

LEARNS_FROM = 5
"""So many answers to questions of one kind say more than what is typical."""

LEARNS_FROM_AT_MOST = 5000
"""More answers tell no more about lengths; a study may have a hundred thousand."""

THOUGHT_TOKENS = {"none": 0, "minimal": 30, "low": 150, "medium": 500, "high": 1500}
"""Presumed length of reasoning by effort, for want of anything published; a plan says so."""

REASONERS = (
    "o1*", "o3*", "o4*", "gpt-5-mini*", "gpt-5-nano*", "gpt-5", "gpt-5-2*", "gemini-2.5-pro*",
    "gemini-2.5-flash", "gemini-2.5-flash-preview*", "gemini-3*", "gemini-4*",
)  # fmt: skip
"""Models that reason where nothing is said of it, and as much as with medium effort."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a model's questions will cost.

    Attributes:
        input_tokens: Tokens that will be read.
        output_tokens: Tokens that will be written, reasoning included.
        cost_usd: US dollars; None where the price is unknown.
        most_usd: US dollars that cannot be passed; None where the price is unknown, or nothing
            limits the length of an answer.
        learnt: Share of the questions, 0 to 1, whose answers' length was learnt and not presumed.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0
    most_usd: float | None = 0.0
    learnt: float = 0.0


_Kind: TypeAlias = "tuple[str, str, str, str | None]"
"""Model, stage, strategy and scheme."""


@dataclass(slots=True)
class _Seen:
    """What answers to one kind of question were."""

    answers: int = 0
    written: int = 0
    presumed_read: int = 0
    read: int = 0
    cached: int = 0


@dataclass(slots=True)
class _Sum:
    read: float = 0.0
    written: float = 0.0
    cached: float = 0.0
    most: float | None = 0.0
    asked: int = 0
    learnt: int = 0


def estimate(
    questions: Iterable[Question],
    known: Collection[str],
    answers: Mapping[str, Response],
    pricing: Mapping[str, Pricing],
    schemes: Collection[Scheme] = (),
) -> dict[str, Estimate]:
    """What the questions will cost that have no answer yet.

    Args:
        questions: Everything that would be asked; equal questions are sent once.
        known: Keys of requests that have an answer.
        answers: Request key to answer, of so many of them as are to be learnt from.
        pricing: Model to how it is charged.
        schemes: Those that are asked in.

    Returns:
        Model to estimate, for the models in `pricing`.
    """
    named = {scheme.name: scheme for scheme in schemes}
    different = {question.key: question for question in questions}
    seen: dict[_Kind, _Seen] = {}
    for key, question in different.items():
        if key in answers and question.model in pricing:
            of_kind = seen.setdefault(_kind(question), _Seen())
            _learn(of_kind, question, answers[key], pricing[question.model])
    # What is asked live and what in batches has its price each.
    sums = {name: (_Sum(), _Sum()) for name in pricing}
    for key, question in different.items():
        if key not in known and question.model in sums:
            charged = pricing[question.model]
            total = sums[question.model][charged.is_batched(question.request)]
            scheme = named.get(question.scheme or "")
            _add(total, question, seen.get(_kind(question)), charged, scheme)
    return {name: _estimate(*each, pricing[name]) for name, each in sums.items()}


def estimate_beside(
    cache: AnswerCache | None,
    questions: Sequence[Question],
    pricing: Mapping[str, Pricing],
    schemes: Collection[Scheme] = (),
) -> tuple[set[str], dict[str, Estimate]]:
    """What has an answer already, and what the rest will cost.

    Args:
        cache: Where there are answers; None for nowhere.
        questions: Everything that would be asked.
        pricing: Model to how it is charged.
        schemes: Those that are asked in.

    Returns:
        Keys of the requests that have an answer, and model to estimate.
    """
    if cache is None:
        return set(), estimate(questions, (), {}, pricing, schemes)
    known = cache.known(question.key for question in questions)
    # Keys are hashes: the first in their order are any.
    found = cache.get_many(sorted(known)[:LEARNS_FROM_AT_MOST])
    answers = {key: answer.response for key, answer in found.items()}
    return known, estimate(questions, known, answers, pricing, schemes)


def _kind(question: Question) -> _Kind:
    return question.model, question.stage, question.strategy, question.scheme


def _read(question: Question, charged: Pricing) -> int:
    return input_tokens(question.request, charged.model, charged.identity)


def _learn(seen: _Seen, question: Question, response: Response, charged: Pricing) -> None:
    if response.input_tokens is None or response.output_tokens is None:
        return
    seen.answers += 1
    seen.written += response.output_tokens
    seen.presumed_read += _read(question, charged)
    seen.read += response.input_tokens
    seen.cached += min(response.cached_tokens or 0, response.input_tokens)


def _add(
    total: _Sum, question: Question, seen: _Seen | None, charged: Pricing, scheme: Scheme | None
) -> None:
    read: float = _read(question, charged)
    total.asked += 1
    if seen is not None and seen.answers >= LEARNS_FROM:
        total.learnt += 1
        read *= seen.read / max(seen.presumed_read, 1)
        total.cached += read * seen.cached / max(seen.read, 1)
        total.written += seen.written / seen.answers
    else:
        total.written += _presumed(question, charged, scheme)
    total.read += read
    most = charged.most(question.request)
    total.most = _both(total.most, most)


def _estimate(live: _Sum, batched: _Sum, charged: Pricing) -> Estimate:
    asked = live.asked + batched.asked
    if not asked:
        return Estimate()
    return Estimate(
        round(live.read + batched.read),
        round(live.written + batched.written),
        _both(_cost(live, charged, batched=False), _cost(batched, charged, batched=True)),
        _both(live.most, batched.most),
        (live.learnt + batched.learnt) / asked,
    )


def _cost(total: _Sum, charged: Pricing, *, batched: bool) -> float | None:
    if not total.asked:
        return 0.0
    # A long prompt may have another price: it is a request's length that counts, not that of all.
    each = charged.cost(
        round(total.read / total.asked),
        round(total.written / total.asked),
        cached_tokens=round(total.cached / total.asked),
        batched=batched,
    )
    return None if each is None else each * total.asked


def _both(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other


def _presumed(question: Question, charged: Pricing, scheme: Scheme | None) -> int:
    request = question.request
    # In this process likelihoods are read off; a server writes a label, and tells them beside it.
    if request.candidates and "address" not in charged.identity:
        return 0
    answer = answer_tokens(question, scheme)
    if request.candidates:
        return answer
    thought = _thought(request.settings.reasoning_effort, charged)
    return min(request.settings.max_tokens or answer + thought, answer + thought)


def _thought(effort: str | None, charged: Pricing) -> int:
    if effort is not None:
        return THOUGHT_TOKENS.get(effort.lower(), THOUGHT_TOKENS["high"])
    usual = THOUGHT_TOKENS["medium"]
    most = charged.identity.get("thinking_tokens")
    if isinstance(most, int):  # below 0: as many as the model likes
        return usual if most < 0 else min(most, usual)
    name = charged.model.lower().rpartition("/")[2]
    return usual if any(fnmatchcase(name, each) for each in REASONERS) else 0
