"""What is said of models that make nothing of the schemas they are sent."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mllmsent.models.answer_schemas import NO_SCHEMAS, schema_use

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mllmsent.models.answer_schemas import SchemaUse
    from mllmsent.models.interface import Response
    from mllmsent.pathways.interface import Question

__all__ = ["schema_notes"]

_TOLD: dict[SchemaUse, str] = {
    "ignored": "ignored the schema in",
    "rejected": "took no schema and was asked without it in",
}


def schema_notes(questions: Iterable[Question], responses: Mapping[str, Response]) -> list[str]:
    """What a reader of results must know: a sentence per model that did not keep to schemas.

    Args:
        questions: What was asked.
        responses: Request key to response.
    """
    uses: dict[str, Counter[SchemaUse]] = {}
    for question in {question.key: question for question in questions}.values():
        response = responses.get(question.key)
        use = response and schema_use(question.request.answer_schema, response)
        if use:
            uses.setdefault(question.model, Counter())[use] += 1
    notes = []
    for model, counts in uses.items():
        told = [
            f"{how} {counts[use]:,} of {counts.total():,} answers"
            for use, how in _TOLD.items()
            if counts[use]
        ]
        if told:
            notes.append(
                f"{model} {' and '.join(told)}; they were read from their text. {NO_SCHEMAS}"
            )
    return notes
