"""Targets that are another code of the right ones: negative where others have neutral, throughout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mllmsent.audit.finding import Finding
from mllmsent.audit.run_registry import RunAudit
from mllmsent.audit.runs.scores import change, scores_of
from mllmsent.audit.runs.sheets import UNREAD
from mllmsent.audit.runs.target_comparison import compared
from mllmsent.audit.wording import folds_in_words, reading_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mllmsent.audit.runs.scores import Scores
    from mllmsent.audit.runs.tables import RunTables
    from mllmsent.audit.runs.target_comparison import Comparison

__all__ = ["PERMUTED_TARGETS"]


def check(run: RunTables) -> Iterator[Finding]:
    """Files whose targets are the others' by another code."""
    for comparisons in compared(run).values():
        recoded = [one for one in comparisons if one.folds("recoded")]
        undecided = len(recoded) == len(comparisons)
        for one in recoded:
            yield _finding(one, undecided=undecided)


def _finding(one: Comparison, *, undecided: bool) -> Finding:
    sheet, units = one.sheet, one.folds("recoded")
    rows = one.rows("recoded")
    names = sheet.classes
    truth, answer = sheet.truth.copy(), sheet.answer.copy()
    for unit in units:
        to = np.array([*unit.read_as, UNREAD], dtype=np.intp)  # the last is what UNREAD, -1, finds
        truth[unit.rows] = to[truth[unit.rows]]
        answer[unit.rows] = to[answer[unit.rows]]
    repaired = sheet.with_truth(truth)
    as_is, both = scores_of(repaired), scores_of(repaired.with_answers(answer))
    odd = [int(at) for at in rows if sheet.truth[at] != truth[at]]
    return Finding(
        code="permuted-targets",
        severity="error",
        message=(
            f"The targets of {sheet.name}{folds_in_words(units, len(one.units))} are those of the "
            f"other {'file' if undecided else 'files'} by another code: "
            f"{reading_in_words(names, units[0].read_as)}."
            + (" Whose code is the right one, the two cannot tell." if undecided else "")
        ),
        cure="State the right mapping from codes to labels and import the file again.",
        effect=(
            f"If its answers have the same code, {_moved(scores_of(sheet), both)}, and class scores "
            f"change places; if they have the right one, its score is {as_is}."
        ),
        rows=tuple(
            sheet.affected(
                at, f"{sheet.label(int(sheet.truth[at]))} for {sheet.label(int(truth[at]))}"
            )
            for at in odd
        ),
        systems=(sheet.name,),
    )


def _moved(before: Scores, after: Scores) -> str:
    is_same = abs(after.main - before.main) < 0.0005 > abs(after.beside - before.beside)
    return f"its score stays {before}" if is_same else f"in the right one {change(before, after)}"


PERMUTED_TARGETS = RunAudit("permuted-targets", "Targets in another code than elsewhere.", check)
