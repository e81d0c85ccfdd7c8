"""Ids that do not belong to their rows, as a loader that shuffles leaves them.

Answers and targets of such a file fit one another, so its own score looks right; but held against
what other files say of the same ids its targets agree as random pairing of the same labels does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mllmsent.audit.finding import Finding
from mllmsent.audit.run_registry import RunAudit
from mllmsent.audit.runs.scores import scores_of
from mllmsent.audit.runs.sheets import UNREAD
from mllmsent.audit.runs.target_comparison import compared
from mllmsent.audit.wording import folds_in_words, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mllmsent.audit.runs.sheets import Sheet
    from mllmsent.audit.runs.tables import RunTables
    from mllmsent.audit.runs.target_comparison import Comparison, Unit

__all__ = ["SHUFFLED_IDS"]

_FITS = 0.99


def check(run: RunTables) -> Iterator[Finding]:
    """Files whose targets agree with the others' only at chance."""
    for comparisons in compared(run).values():
        shuffled = [one for one in comparisons if one.folds("unrelated")]
        if not shuffled:
            continue
        if len(shuffled) == len(comparisons):
            # Where all are at odds nobody is the odd one out.
            yield _undecided(shuffled)
            continue
        for one in shuffled:
            yield _finding(one, [other.sheet for other in comparisons])


def _undecided(comparisons: Sequence[Comparison]) -> Finding:
    names = tuple(one.sheet.name for one in comparisons)
    first = comparisons[0]
    units = first.folds("unrelated")
    agreeing, known = sum(unit.agreeing for unit in units), sum(unit.known for unit in units)
    expected = sum(unit.expected for unit in units)
    scores = [f"{one.sheet.name} has {scores_of(one.sheet)}" for one in comparisons]
    return Finding(
        code="shuffled-ids",
        severity="error",
        message=(
            f"In one or more of {listed(names)}{folds_in_words(units, len(first.units))} ids do not "
            f"belong to their rows: {agreeing} of {known} targets that {names[0]} and the others "
            f"give one id are equal, {expected:.0f} would be by chance. Which of the files it is, "
            "they cannot tell."
        ),
        cure="Hold each file against the dataset's own labels: the one that differs is shuffled. "
        "Write its ids and answers from one and the same loop over an unshuffled loader.",
        effect=f"By the targets in its own rows {listed(scores)}; comparisons of them item by item "
        "are of different pictures.",
        rows=tuple(
            one.sheet.affected(int(at), _note(one, int(at)))
            for one in comparisons
            for at in one.rows("unrelated")
        ),
        systems=names,
    )


def _finding(one: Comparison, sheets: Sequence[Sheet]) -> Finding:
    sheet, units = one.sheet, one.folds("unrelated")
    rows = one.rows("unrelated")
    agreeing, known = sum(unit.agreeing for unit in units), sum(unit.known for unit in units)
    expected = sum(unit.expected for unit in units)
    own = scores_of(sheet)
    by_id = scores_of(sheet.with_truth(np.where(one.others == UNREAD, sheet.truth, one.others)))
    return Finding(
        code="shuffled-ids",
        severity="error",
        message=(
            f"The ids of {sheet.name}{folds_in_words(units, len(one.units))} do not belong to their "
            f"rows: {agreeing} of {known} targets are those that other files give these ids, "
            f"{expected:.0f} would be by chance.{_order(one, units, sheets)}"
        ),
        cure="Write ids and answers from one and the same loop over an unshuffled loader; until then "
        "use this file's own score only, and compare it with no other item by item.",
        effect=(
            f"Against the targets in its own rows it has {own}; against those of its ids, {by_id}. "
            "Paired tests, subgroups and fusions with it are of different pictures."
        ),
        rows=tuple(sheet.affected(int(at), _note(one, int(at))) for at in rows),
        systems=(sheet.name,),
    )


def _note(one: Comparison, at: int) -> str:
    sheet = one.sheet
    other = int(one.others[at])
    if other == UNREAD:
        return "in a fold whose ids are shuffled"
    return f"{sheet.label(int(sheet.truth[at]))} here, {sheet.label(other)} elsewhere"


def _order(one: Comparison, units: Sequence[Unit], sheets: Sequence[Sheet]) -> str:
    """What the order of the rows tells: whether it is that of another file, and of what."""
    counts_fit = all(_same_counts(one, unit) for unit in units)
    for other in sheets:
        if other is one.sheet:
            continue
        targets = [_same_rows(one.sheet, unit, other, of_ids=False) for unit in units]
        ids = [_same_rows(one.sheet, unit, other, of_ids=True) for unit in units]
        if min(targets) >= _FITS > max(ids):
            return (
                f" Row by row its targets are those of {other.name}, whose ids stand in another order: "
                "the ids there are the right ones for these rows."
            )
        if min(ids) >= _FITS > max(targets):
            return (
                f" Its ids stand in the order of {other.name}, its targets and answers do not."
                + (" Each fold has as many of each label as it should." if counts_fit else "")
            )
    return " Each fold has as many of each label as it should." if counts_fit else ""


def _same_counts(one: Comparison, unit: Unit) -> bool:
    own, theirs = one.sheet.truth[unit.rows], one.others[unit.rows]
    both = (own != UNREAD) & (theirs != UNREAD)
    return sorted(own[both].tolist()) == sorted(theirs[both].tolist())


def _same_rows(sheet: Sheet, unit: Unit, other: Sheet, *, of_ids: bool) -> float:
    """Share of a fold's rows that have another file's target, or id, in the same place."""
    theirs = np.flatnonzero(other.folds == unit.fold)
    if len(theirs) != len(unit.rows):
        return 0.0
    if of_ids:
        names = (np.array(sheet.items)[unit.rows], np.array(other.items)[theirs])
        return float((names[0] == names[1]).mean())
    return float((sheet.truth[unit.rows] == other.truth[theirs]).mean())


SHUFFLED_IDS = RunAudit("shuffled-ids", "Ids that do not belong to their rows.", check)
