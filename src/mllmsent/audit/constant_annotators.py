"""Annotators who gave the same answer every time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.audit.finding import AffectedRow, Finding, counted
from mllmsent.audit.item_labels import judgments
from mllmsent.audit.registry import Audit

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from mllmsent.data.dataset import Dataset

__all__ = ["CONSTANT_ANNOTATORS"]

_ENOUGH = 10  # judgments, below which nothing is said of a person
_RARE = 1e-4  # probability at which sameness is no accident


def check(dataset: Dataset) -> Iterator[Finding]:
    """Annotators whose answers are all alike although the items are not."""
    rows = [row for where, table in judgments(dataset) for row in _constant(where, table)]
    if rows:
        yield Finding(
            code="constant-annotator",
            severity="warning",
            message=f"{counted(len(rows), 'annotator')} with the same answer every time.",
            cure="Leave their annotations out, and say so.",
            effect="Majorities and means are drawn towards their one answer.",
            rows=tuple(rows),
        )


def _constant(where: str, table: pd.DataFrame) -> Iterator[AffectedRow]:
    shares = table["answer"].value_counts(normalize=True)
    for annotator, answers in table.groupby("annotator_id", sort=False)["answer"]:
        first = answers.iloc[0]
        # How probable is it that somebody who answers like everybody never changes the answer?
        alike = bool((answers == first).all())
        if alike and len(answers) >= _ENOUGH and float(shares[first]) ** len(answers) < _RARE:
            note = f"{where}: {first!r}, {len(answers)} times"
            yield AffectedRow(annotator_id=str(annotator), note=note)


CONSTANT_ANNOTATORS = Audit(
    "constant-annotators", "Annotators who gave the same answer every time.", check
)
