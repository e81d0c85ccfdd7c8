"""The questions of a study, in two rounds: those that can be asked at once, and those about answers.

What a language model is asked about a description cannot be worded before the description is there.
The second round follows from the answers of the first, the same each time: a run that was stopped
goes on with the questions that it would have asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.pathways import get_pathway
from mllmsent.pathways.interface import Following

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.models.interface import Response
    from mllmsent.pathways.interface import Question
    from mllmsent.runs.prepare import Prepared

__all__ = ["first_questions", "further_questions", "joined"]


def first_questions(prepared: Prepared) -> dict[str, list[Question]]:
    """Pathway to what can be asked at once."""
    return {
        name: list(get_pathway(name).plan(prepared.inquiry)) for name in prepared.study.pathways
    }


def further_questions(
    prepared: Prepared, first: Mapping[str, list[Question]], responses: Mapping[str, Response]
) -> dict[str, list[Question]]:
    """Pathway to what is to be asked about answers.

    Args:
        prepared: The study.
        first: What `first_questions` gave.
        responses: Request key to what came back.
    """
    found = {}
    for name, questions in first.items():
        pathway = get_pathway(name)
        if isinstance(pathway, Following):
            found[name] = list(pathway.follow_up(prepared.inquiry, questions, responses))
    return found


def joined(*rounds: Mapping[str, list[Question]]) -> dict[str, list[Question]]:
    """Pathway to its questions of all rounds, in order."""
    found: dict[str, list[Question]] = {}
    for each in rounds:
        for name, questions in each.items():
            found[name] = found.get(name, []) + questions
    return found
