"""The plan of a study: how many requests, how many of them are paid for already, and the bill."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mllmsent.models import estimate_cost, estimate_image_tokens
from mllmsent.models.interface import Response

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.pathways.interface import Question
    from mllmsent.runs.study import Study

__all__ = ["Plan", "PlanLine", "make_plan", "presumed_answer"]

CHARACTERS_PER_TOKEN = 4.0
"""A rule of thumb for English; an estimate is shown as one."""

ANSWER_TOKENS = {
    "direct": 12,
    "description": 140,
    "classification": 12,
    "judgement": 30,
    "scene": 220,
}
"""Typical lengths of answers by stage; wordings that think aloud take what they are allowed."""


@dataclass(frozen=True, slots=True)
class PlanLine:
    """What one model is asked.

    Attributes:
        model: Its name.
        requests: Different requests.
        cached: Of these, answered already.
        input_tokens: Estimate for what is to be sent.
        output_tokens: Estimate for what comes back.
        cost_usd: Estimate in US dollars; None where the price is unknown.
    """

    model: str
    requests: int
    cached: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None

    @property
    def to_send(self) -> int:
        """Requests that have no answer yet."""
        return self.requests - self.cached


@dataclass(frozen=True, slots=True)
class Plan:
    """What a study would ask.

    Attributes:
        study: The study.
        lines: One per model.
        items: How many items take part.
        notes: What the user should know before starting.
    """

    study: Study
    lines: tuple[PlanLine, ...]
    items: int
    notes: tuple[str, ...]

    @property
    def closing(self) -> str:
        """The plan in one sentence."""
        requests = sum(line.requests for line in self.lines)
        to_send = sum(line.to_send for line in self.lines)
        known = [line.cost_usd for line in self.lines if line.cost_usd is not None]
        money = f", about ${sum(known):.2f} where prices are known" if known else ""
        return (
            f"{self.items:,} items, {requests:,} requests, {requests - to_send:,} of them answered "
            f"already, {to_send:,} to send{money}. Nothing was sent."
        )

    def summary(self) -> dict[str, Any]:
        """The plan as plain JSON."""
        return {
            "study": self.study.name,
            "items": self.items,
            "models": [asdict(line) | {"to_send": line.to_send} for line in self.lines],
            "requests": sum(line.requests for line in self.lines),
            "cached": sum(line.cached for line in self.lines),
            "to_send": sum(line.to_send for line in self.lines),
            "notes": list(self.notes),
        }


def make_plan(
    study: Study,
    questions: Sequence[Question],
    known: set[str],
    names: Mapping[str, str],
    *,
    items: int,
    notes: Sequence[str],
) -> Plan:
    """Count and estimate.

    Args:
        study: The study.
        questions: Everything it would ask.
        known: Request keys that are answered already.
        names: Model as the study calls it to model as price lists call it.
        items: How many items take part.
        notes: What the user should know.
    """
    lines = []
    for shown, priced in names.items():
        requests = {q.key: q for q in questions if q.model == shown}
        open_questions = [q for key, q in requests.items() if key not in known]
        read = sum(_input_tokens(question) for question in open_questions)
        written = sum(_output_tokens(question) for question in open_questions)
        lines.append(
            PlanLine(
                model=shown,
                requests=len(requests),
                cached=len(requests) - len(open_questions),
                input_tokens=read,
                output_tokens=written,
                cost_usd=estimate_cost(priced, read, written),
            )
        )
    return Plan(study, tuple(lines), items, tuple(notes))


def presumed_answer(question: Question) -> Response:
    """Something as long as its answer will probably be, to plan what is asked about that."""
    length = round(ANSWER_TOKENS[question.stage] * CHARACTERS_PER_TOKEN)
    # Two answers differ, and so do the questions about them; what changes descriptions finds
    # something to change: words, and a feeling.
    text = f"{question.key} " + "A picture of something happy. " * length
    return Response(status="ok", text=text[:length].strip())


def _input_tokens(question: Question) -> int:
    words = sum(
        len(part)
        for message in question.request.messages
        for part in message.parts
        if isinstance(part, str)
    )
    images = sum(
        estimate_image_tokens(image.width, image.height) for image in question.request.images
    )
    return round(words / CHARACTERS_PER_TOKEN) + images


def _output_tokens(question: Question) -> int:
    if question.request.candidates:
        return 0  # likelihoods are read off; nothing is written
    allowed = question.request.settings.max_tokens or 512
    typical = ANSWER_TOKENS[question.stage]
    # A wording that raised the limit thinks aloud first.
    thinks = question.stage in {"direct", "classification"} and allowed > 512
    return min(allowed, 250 if thinks else typical)
