"""Systems that say one and the same of every image.

A parser that finds a label in every answer, a model that got no image, a regressor that learned
nothing but the mean: the score is that of an answer given without looking. What was trained may have
learned another constant in each fold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.audit.finding import Finding
from mllmsent.audit.run_registry import RunAudit
from mllmsent.audit.runs.scores import scores_of
from mllmsent.audit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mllmsent.audit.runs.sheets import Sheet
    from mllmsent.audit.runs.tables import RunTables

__all__ = ["CONSTANT_ANSWERS"]

FEWEST = 20
"""Answers below which one may be the right one for all."""

SAME = 0.98
"""Share of the answers that are one and the same."""

CLOSE = 0.005
"""Share of a scale within which two numbers are the same."""

APART = 0.1
"""How much less of the targets may be one and the same."""


def check(run: RunTables) -> Iterator[Finding]:
    """Systems with one answer, of images that people tell apart."""
    for sheet in run.sheets:
        inside = sheet.scored & sheet.read
        parts = _parts(sheet, inside)
        if inside.sum() < FEWEST or _same(sheet, sheet.truth[inside]) > SAME - APART:
            continue
        if all(_same(sheet, sheet.answer[part]) >= SAME for part in parts):
            yield _finding(sheet, inside, parts)


def _parts(sheet: Sheet, inside: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """The rows together, or fold by fold where something was learned for each."""
    if not sheet.trained:
        return [inside]
    return [inside & (sheet.folds == fold) for fold in np.unique(sheet.folds[inside])]


def _same(sheet: Sheet, values: NDArray[Any]) -> float:
    """Share of the values that are one and the same, or hardly apart on the scale."""
    if sheet.dimension:
        apart = np.abs(values - np.median(values))
        return float((apart <= CLOSE * sheet.scale.span).mean())
    _, counts = np.unique(values, return_counts=True)
    return float(counts.max() / counts.sum())


def _finding(sheet: Sheet, inside: NDArray[np.bool_], parts: list[NDArray[np.bool_]]) -> Finding:
    said = []
    for part in parts:
        values, counts = np.unique(sheet.answer[part], return_counts=True)
        said.append(sheet.label(values[counts.argmax()]))  # of numbers hardly apart, one of them
    different = list(dict.fromkeys(said))
    by_fold = ", one in each fold" if len(different) > 1 else ""
    return Finding(
        code="constant-answers",
        severity="warning",
        message=f"{sheet.name} says the same of nearly every image in {sheet.subject}: "
        f"{listed(different)}{by_fold} ({int(inside.sum()):,} rows).",
        cure="Read raw answers: the model may not get the image, or the reader finds this label in "
        "every answer; what was trained may have learned nothing.",
        effect=f"It tells no two images apart: {scores_of(sheet)} is what this answer has without "
        "looking.",
        rows=tuple(
            sheet.affected(int(at), sheet.label(sheet.answer[at])) for at in np.flatnonzero(inside)
        ),
        systems=(sheet.name,),
    )


CONSTANT_ANSWERS = RunAudit("constant-answers", "Systems that say the same of every image.", check)
