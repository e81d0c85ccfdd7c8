"""What questions will cost, before they are asked: from their words and images, and from answers.

The input is known but for how a provider cuts it into tokens. How long answers are is presumed by
what is asked, until there are answers of the same model to the same kind of question: then their
mean holds, and the input is corrected by what the provider counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeAlias

from mllmsent.models import input_tokens

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from mllmsent.models import Pricing
    from mllmsent.models.interface import Request, Response
    from mllmsent.pathways.interface import Question
    from mllmsent.runs.cache import AnswerCache

__all__ = ["ANSWER_TOKENS", "Estimate", "estimate", "estimate_beside"]

ANSWER_TOKENS = {
    "direct": 12,
    "description": 140,
    "classification": 12,
    "judgement": 30,
    "scene": 220,
}
"""Typical lengths of answers by stage; wordings that think aloud take what they are allowed."""

LABEL_TOKENS = 3
"""Typical length of a label."""

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


_Kind: TypeAlias = "tuple[str, str, str]"
"""Model, stage and strategy."""


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
) -> dict[str, Estimate]:
    """What the questions will cost that have no answer yet.

    Args:
        questions: Everything that would be asked; equal questions are sent once.
        known: Keys of requests that have an answer.
        answers: Request key to answer, of so many of them as are to be learnt from.
        pricing: Model to how it is charged.

    Returns:
        Model to estimate, for the models in `pricing`.
    """
    different = {question.key: question for question in questions}
    seen: dict[_Kind, _Seen] = {}
    for key, question in different.items():
        if key in answers and question.model in pricing:
            _learn(seen.setdefault(_kind(question), _Seen()), question, answers[key], pricing)
    sums = {name: _Sum() for name in pricing}
    for key, question in different.items():
        if key not in known and question.model in sums:
            _add(sums[question.model], question, seen.get(_kind(question)), pricing)
    return {name: _estimate(each, pricing[name]) for name, each in sums.items()}


def estimate_beside(
    cache: AnswerCache | None, questions: Sequence[Question], pricing: Mapping[str, Pricing]
) -> tuple[set[str], dict[str, Estimate]]:
    """What has an answer already, and what the rest will cost.

    Args:
        cache: Where there are answers; None for nowhere.
        questions: Everything that would be asked.
        pricing: Model to how it is charged.

    Returns:
        Keys of the requests that have an answer, and model to estimate.
    """
    if cache is None:
        return set(), estimate(questions, (), {}, pricing)
    known = cache.known(question.key for question in questions)
    # Keys are hashes: the first in their order are any.
    found = cache.get_many(sorted(known)[:LEARNS_FROM_AT_MOST])
    answers = {key: answer.response for key, answer in found.items()}
    return known, estimate(questions, known, answers, pricing)


def _kind(question: Question) -> _Kind:
    return question.model, question.stage, question.strategy


def _read(question: Question, pricing: Mapping[str, Pricing]) -> int:
    charged = pricing[question.model]
    return input_tokens(question.request, charged.model, charged.identity)


def _learn(
    seen: _Seen, question: Question, response: Response, pricing: Mapping[str, Pricing]
) -> None:
    if response.input_tokens is None or response.output_tokens is None:
        return
    seen.answers += 1
    seen.written += response.output_tokens
    seen.presumed_read += _read(question, pricing)
    seen.read += response.input_tokens
    seen.cached += min(response.cached_tokens or 0, response.input_tokens)


def _add(
    total: _Sum, question: Question, seen: _Seen | None, pricing: Mapping[str, Pricing]
) -> None:
    charged = pricing[question.model]
    read: float = _read(question, pricing)
    total.asked += 1
    if seen is not None and seen.answers >= LEARNS_FROM:
        total.learnt += 1
        read *= seen.read / max(seen.presumed_read, 1)
        total.cached += read * seen.cached / max(seen.read, 1)
        total.written += seen.written / seen.answers
    else:
        total.written += _presumed(question.stage, question.request, charged)
    total.read += read
    most = charged.most(question.request)
    total.most = None if most is None or total.most is None else total.most + most


def _estimate(total: _Sum, charged: Pricing) -> Estimate:
    if not total.asked:
        return Estimate()
    # A long prompt may have another price: it is a request's length that counts, not that of all.
    each = charged.cost(
        round(total.read / total.asked),
        round(total.written / total.asked),
        cached_tokens=round(total.cached / total.asked),
        batched=charged.batched,
    )
    return Estimate(
        round(total.read),
        round(total.written),
        None if each is None else each * total.asked,
        total.most,
        total.learnt / total.asked,
    )


def _presumed(stage: str, request: Request, charged: Pricing) -> int:
    if request.candidates:
        # At home likelihoods are read off; a server writes a label, and tells them beside it.
        is_served = "address" in charged.identity
        return LABEL_TOKENS if is_served and not charged.free else 0
    allowed = request.settings.max_tokens or 512
    typical = ANSWER_TOKENS[stage]
    # A wording that raised the limit thinks aloud first.
    if stage in {"direct", "classification"} and allowed > 512:
        typical = 250
    return min(allowed, typical + _thought(request.settings.reasoning_effort, charged.model))


def _thought(effort: str | None, model: str) -> int:
    if effort is not None:
        return THOUGHT_TOKENS.get(effort.lower(), THOUGHT_TOKENS["high"])
    name = model.lower().rpartition("/")[2]
    reasons = any(fnmatchcase(name, each) for each in REASONERS)
    return THOUGHT_TOKENS["medium"] if reasons else 0
