"""The plan of a study: how many requests, how many of them are paid for already, and the bill."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mllmsent.models import dollars, prices_as_of
from mllmsent.models.interface import Response
from mllmsent.runs.answer_lengths import answer_tokens

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from mllmsent.pathways.interface import Question
    from mllmsent.runs.cache import AnswerCache
    from mllmsent.runs.estimate import Estimate
    from mllmsent.runs.study import Study

__all__ = ["Plan", "PlanLine", "make_plan", "presumed_answers"]

CHARACTERS_PER_TOKEN = 4.0
"""A rule of thumb for English, to make up an answer of the usual length."""


@dataclass(frozen=True, slots=True)
class PlanLine:
    """What one model is asked.

    Attributes:
        model: Its name.
        requests: Different requests.
        cached: Of these, answered already.
        input_tokens: Estimate for what has no answer yet.
        output_tokens: Estimate for what comes back.
        cost_usd: Estimate in US dollars; None where the price is unknown.
        most_usd: US dollars that it cannot pass; None where the price is unknown, or no
            `max_tokens` limits the answers.
        learnt: Share of what has no answer yet, 0 to 1, whose answers' length is that of earlier
            ones and not presumed.
        waiting: Requests that wait in batches: handed in, to be fetched, and paid when they are.
    """

    model: str
    requests: int
    cached: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    most_usd: float | None = None
    learnt: float = 0.0
    waiting: int = 0

    @property
    def to_send(self) -> int:
        """Requests that have no answer yet, and wait in no batch."""
        return self.requests - self.cached - self.waiting


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
        cached = sum(line.cached for line in self.lines)
        waiting = sum(line.waiting for line in self.lines)
        in_batches = f"{waiting:,} waiting in batches, " if waiting else ""
        to_send = sum(line.to_send for line in self.lines)
        return (
            f"{self.items:,} items, {requests:,} requests, {cached:,} of them answered already, "
            f"{in_batches}{to_send:,} to send{self._money()}. Nothing was sent."
        )

    def _money(self) -> str:
        known = [line.cost_usd for line in self.lines if line.cost_usd is not None]
        if not known:
            return ""
        where = "" if len(known) == len(self.lines) else " where prices are known"
        most = [line.most_usd for line in self.lines if line.cost_usd is not None]
        bound = sum(each for each in most if each is not None)
        at_most = f", at most {dollars(bound)}" if None not in most and bound else ""
        return f", about {dollars(sum(known))}{at_most}{where} (prices of {prices_as_of()})"

    def summary(self) -> dict[str, Any]:
        """The plan as plain JSON."""
        return {
            "study": self.study.name,
            "items": self.items,
            "models": [asdict(line) | {"to_send": line.to_send} for line in self.lines],
            "requests": sum(line.requests for line in self.lines),
            "cached": sum(line.cached for line in self.lines),
            "waiting": sum(line.waiting for line in self.lines),
            "to_send": sum(line.to_send for line in self.lines),
            "prices_as_of": prices_as_of(),
            "notes": list(self.notes),
        }


def make_plan(
    study: Study,
    questions: Sequence[Question],
    known: set[str],
    expected: Mapping[str, Estimate],
    *,
    waiting: Collection[str],
    items: int,
    notes: Sequence[str],
) -> Plan:
    """Count and estimate.

    Args:
        study: The study.
        questions: Everything it would ask.
        known: Request keys that are answered already.
        expected: Model to what the rest will cost.
        waiting: Request keys that wait in batches.
        items: How many items take part.
        notes: What the user should know.
    """
    lines = []
    for name, costs in expected.items():
        keys = {question.key for question in questions if question.model == name}
        lines.append(
            PlanLine(
                model=name,
                requests=len(keys),
                cached=len(keys & known),
                waiting=len(keys & set(waiting)),
                **asdict(costs),
            )
        )
    return Plan(study, tuple(lines), items, (*notes, *_budget_note(study.budget, lines)))


def _budget_note(budget: float | None, lines: Sequence[PlanLine]) -> list[str]:
    if budget is None:
        return []
    expected = sum(line.cost_usd or 0.0 for line in lines)
    # Each line has a most: what has none was refused with the budget.
    most = sum(line.most_usd or 0.0 for line in lines)
    verdict = "is enough, whatever is answered"
    if expected > budget:
        verdict = "will probably not be enough: what is asked until then is kept"
    elif most > budget:
        verdict = "should be enough, and asking stops before it is passed"
    return [f"The budget of {dollars(budget)} {verdict}."]


def presumed_answers(
    questions: Sequence[Question], answers: AnswerCache | None = None
) -> dict[str, Response]:
    """What questions brought, and something of the usual length for what they have not yet.

    Args:
        questions: Those of the first round, to plan what is asked about their answers.
        answers: Where there are answers, if anywhere.
    """
    found = {} if answers is None else answers.get_many(question.key for question in questions)
    return {
        question.key: found[question.key].response if question.key in found else _presumed(question)
        for question in questions
    }


def _presumed(question: Question) -> Response:
    length = round(answer_tokens(question) * CHARACTERS_PER_TOKEN)
    # Two answers differ, and so do the questions about them; what changes descriptions finds
    # something to change: words, and a feeling.
    text = f"{question.key} " + "A picture of something happy. " * length
    return Response(status="ok", text=text[:length].strip())
