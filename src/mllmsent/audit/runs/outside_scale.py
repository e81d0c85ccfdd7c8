"""Numbers beyond the ends of their scale, in answers or in what people said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mllmsent.audit.finding import Finding, counted
from mllmsent.audit.run_registry import RunAudit
from mllmsent.audit.runs.scores import change, scores_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mllmsent.audit.runs.sheets import Sheet
    from mllmsent.audit.runs.tables import RunTables

__all__ = ["OUTSIDE_SCALE"]

ROUNDING = 1e-6
"""How far arithmetic may carry a number over an end."""


def check(run: RunTables) -> Iterator[Finding]:
    """Answers beyond the scale, by system; and targets, by dimension."""
    told: set[str] = set()
    for sheet in run.sheets:
        if not sheet.dimension:
            continue
        answers = _beyond(sheet, sheet.answer)
        if answers.any():
            yield _finding(sheet, sheet.answer, answers, "answer")
        targets = _beyond(sheet, sheet.truth)
        if targets.any() and sheet.subject not in told:
            told.add(sheet.subject)  # people said it, whichever system stands beside them
            yield _finding(sheet, sheet.truth, targets, "target")


def _beyond(sheet: Sheet, numbers: NDArray[np.float64]) -> NDArray[np.bool_]:
    scale = sheet.scale
    beyond: NDArray[np.bool_] = (numbers < scale.low - ROUNDING) | (numbers > scale.high + ROUNDING)
    return beyond


def _finding(
    sheet: Sheet, numbers: NDArray[np.float64], beyond: NDArray[np.bool_], what: str
) -> Finding:
    scale = sheet.scale
    furthest = numbers[beyond][
        np.maximum(scale.low - numbers[beyond], numbers[beyond] - scale.high).argmax()
    ]
    is_answer = what == "answer"
    whose = f" of {sheet.name}" if is_answer else ""
    without = scores_of(sheet.take(~beyond))
    return Finding(
        code="value-outside-scale",
        severity="error",
        message=f"{counted(int(beyond.sum()), what)}{whose} in {sheet.subject} beyond its scale, "
        f"{scale.low:g} to {scale.high:g}: as far as {furthest:g}.",
        cure="Find out on which scale these were given, and bring all numbers to one scale.",
        effect=f"Without these rows, {sheet.name}'s {change(scores_of(sheet), without)}."
        if without.n
        else f"No row of {sheet.name} is left on the scale: {scores_of(sheet)} means nothing.",
        rows=tuple(
            sheet.affected(int(at), sheet.label(numbers[at])) for at in np.flatnonzero(beyond)
        ),
        systems=(sheet.name,) if is_answer else (),
    )


OUTSIDE_SCALE = RunAudit("outside-scale", "Numbers beyond the ends of their scale.", check)
