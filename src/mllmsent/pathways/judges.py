"""Judges: models that are shown an item with a description of it, and mark the description.

Like those of readers, their questions come second, when the descriptions are there, and are requests
like any other: planned, cached, committed and paid for once. A judge is asked once about each
different text about an item, whoever gave it and however often.

What is marked is what a description says of the item as it is: under a condition that changes images
a judge still sees the image itself, for that is what people saw. A text that a condition of
descriptions has changed is another text, and marked; one that it left as it was has its marks already.

Marks are a model's opinion. Models prefer their own words: Panickssery, Bowman and Feng (2024), LLM
Evaluators Recognize and Favor Their Own Generations, arXiv 2404.13076.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mllmsent.affect import answer_schema
from mllmsent.foundation.tables import GIVEN_QUALITY
from mllmsent.pathways.answers import put_together
from mllmsent.pathways.asking import ask_each
from mllmsent.pathways.interface import strategy_settings
from mllmsent.prompts import render

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mllmsent.affect.scheme import Scheme
    from mllmsent.models.interface import Response
    from mllmsent.pathways.described_readings import Describer, Description
    from mllmsent.pathways.interface import Asked, Inquiry, Question
    from mllmsent.prompts import Strategy

__all__ = ["JUDGEMENT", "Judge", "Marks", "judging", "marks_of"]

JUDGEMENT = "judgement"
"""The stage of questions about how good a description is."""


@dataclass(frozen=True)
class Judge:
    """A model that marks descriptions.

    Attributes:
        name: Name in tables.
        model: It, as it is asked.
        strategy: The wording, which has criteria.
    """

    name: str
    model: Asked
    strategy: Strategy

    @property
    def identity(self) -> Mapping[str, Any]:
        """What makes its marks its own, whatever it is called, as plain JSON."""
        strategy = self.strategy
        return {
            "model": dict(self.model.identity) or self.model.name,
            "settings": strategy_settings(strategy, self.model.settings).as_dict(),
            "strategy": strategy.name,
            "strategy_version": f"{strategy.version}+{strategy.digest}",
        }

    @property
    def marks(self) -> Scheme:
        """The criteria, as scales.

        Raises:
            TypeError: If its wording has none; `runs` refuses such a judge.
        """
        if self.strategy.marks is None:
            raise TypeError(f"strategy {self.strategy.name!r} has no criteria")
        return self.strategy.marks


@dataclass(frozen=True)
class Marks:
    """What a study's judges make of its descriptions.

    Attributes:
        columns: Item and text to columns of table `descriptions`, one for each judge and criterion;
            NaN where there is no mark.
        notes: How many descriptions have no marks and why, one sentence for each such judge.
    """

    columns: Mapping[tuple[str, str], Mapping[str, float]]
    notes: tuple[str, ...]

    def of(self, description: Description) -> Mapping[str, float]:
        """The columns of one description; empty where it was not to be marked."""
        return self.columns.get((description.item_id, description.text), {})


def judging(
    inquiry: Inquiry, judge: Judge, describers: Sequence[Describer]
) -> Iterator[tuple[Description, Question]]:
    """A judge's questions, each with the first of the descriptions that it is about.

    Descriptions of items that are only learned from are not marked: nothing is said of them.

    Args:
        inquiry: What is planned from.
        judge: Who is asked.
        describers: Whose descriptions, changed ones included.
    """
    scored = set(inquiry.all_items())
    schema = answer_schema(judge.marks) if judge.strategy.readout == "json" else None
    known: set[tuple[str, str]] = set()
    for describer in describers:
        for each in describer.descriptions:
            text = (each.item_id, each.text)
            if each.status != "ok" or each.item_id not in scored or text in known:
                continue
            known.add(text)
            shown = inquiry.shown(each.item_id)
            if not shown:
                continue  # described elsewhere: nothing is there to hold the words against
            messages = render(
                judge.strategy,
                None,
                shown,
                emotion_target=inquiry.dataset.emotion_target,
                description=each.text,
            )
            for question in ask_each(
                inquiry,
                [judge.model],
                judge.strategy,
                messages,
                stage=JUDGEMENT,
                item=each.item_id,
                condition=each.condition,
                answer_schema=schema,
                repeats=[0],
                describer=describer.label,
            ):
                yield each, question


def marks_of(
    inquiry: Inquiry, describers: Sequence[Describer], responses: Mapping[str, Response]
) -> Marks:
    """Read every judge's answers.

    Args:
        inquiry: What was planned from.
        describers: Whose descriptions, changed ones included.
        responses: Request key to response.
    """
    columns: dict[tuple[str, str], dict[str, float]] = {}
    notes = []
    for judge in inquiry.judges:
        statuses: list[str] = []
        for description, question in judging(inquiry, judge, describers):
            found = put_together(judge.marks, [responses.get(question.key)])
            statuses.append(found["status"])
            values = found.get("values", {})
            columns.setdefault((description.item_id, description.text), {}).update(
                (_column(criterion, judge), values.get(criterion, math.nan))
                for criterion in judge.marks.dimension_names
            )
        notes += _unmarked(judge, statuses)
    if inquiry.judges:
        notes += _unseen(inquiry, describers)
    return Marks(columns, tuple(notes))


def _column(criterion: str, judge: Judge) -> str:
    return f"{GIVEN_QUALITY}{criterion}, by {judge.name}"


_UNMARKED = {"unparsed": "unread", "refused": "refused", "failed": "without an answer"}
"""Status of an answer without marks to a word for it."""


def _unseen(inquiry: Inquiry, describers: Sequence[Describer]) -> list[str]:
    """A sentence on the items that are described and cannot be shown to a judge."""
    described = {each.item_id for describer in describers for each in describer.descriptions}
    n = sum(item in described and not inquiry.shown(item) for item in inquiry.all_items())
    if not n:
        return []
    return [
        f"Descriptions of {n:,} items are not marked: there is no image or text to show a judge."
    ]


def _unmarked(judge: Judge, statuses: Sequence[str]) -> list[str]:
    """A sentence on the descriptions that have no marks; none where all have."""
    told = {words: statuses.count(status) for status, words in _UNMARKED.items()}
    reasons = [f"{count:,} {words}" for words, count in told.items() if count]
    if not reasons:
        return []
    count = f"{sum(told.values()):,} of {len(statuses):,} descriptions"
    return [f"Judge {judge.name} has no marks for {count} ({', '.join(reasons)})."]
