"""Each file's targets beside those that the other files give the same items, fold by fold.

In one fold of one file the targets either agree with the others' (up to single rows), or are the
others' by another code, or agree with them only as chance has it. Which of these is told by the
number of rows that agree, beside what random pairing of the same labels gives.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from mllmsent.audit.runs import chance
from mllmsent.audit.runs.consensus import consensus_of
from mllmsent.audit.runs.sheets import UNREAD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mllmsent.audit.runs.sheets import Codes, Sheet
    from mllmsent.audit.runs.tables import RunTables

__all__ = ["Comparison", "Unit", "compared"]

FEWEST = 10
"""Rows of a fold whose items other files know, below which nothing is said of the fold."""

AGREES, RECODED = 0.9, 0.95
"""Shares of rows from which targets count as the others', as they are or by another code."""

MOST_CLASSES = 10
"""Classes (or sets of labels) beyond which another code of all of them is not looked for."""

DRAWS = 9999
RARE = 0.001

CHANCE = 0.5
"""Agreement beyond chance from which a few rows of a small fold are wrong, and not its ids."""

Verdict = Literal["agrees", "recoded", "unrelated", "differs"]


@dataclass(frozen=True, eq=False)
class Unit:
    """One fold of one file.

    Attributes:
        fold: The fold; -1 where there are none.
        rows: Positions of its rows in the sheet.
        verdict: "agrees", "recoded" (the others' targets by another code), "unrelated" (agreement
            as by chance), "differs" (more than single rows, and none of these).
        agreeing: Rows that agree, of `known`.
        known: Rows whose items other files know.
        expected: Rows that agree by chance.
        read_as: For "recoded": the class that each class is with the others.
    """

    fold: int
    rows: NDArray[np.intp]
    verdict: Verdict
    agreeing: int
    known: int
    expected: float
    read_as: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Comparison:
    """One sheet's targets beside the others'.

    Attributes:
        sheet: The sheet.
        others: For each row the target that most other files give its item.
        units: Its folds.
    """

    sheet: Sheet
    others: Codes
    units: tuple[Unit, ...]

    def rows(self, *verdicts: Verdict) -> NDArray[np.intp]:
        """Positions of the rows in folds with one of these verdicts."""
        found = [unit.rows for unit in self.units if unit.verdict in verdicts]
        return np.sort(np.concatenate(found)) if found else np.array([], dtype=np.intp)

    def folds(self, verdict: Verdict) -> list[Unit]:
        """The folds with a verdict."""
        return [unit for unit in self.units if unit.verdict == verdict]


def compared(run: RunTables) -> dict[str, list[Comparison]]:
    """Subject to the comparison of each of its sheets; empty where rows bring no targets of their own.

    Args:
        run: The tables of a run.
    """
    if not run.is_imported:
        return {}
    return run.once(
        "compared",
        lambda: {
            subject: _comparisons(sheets)
            for subject, sheets in run.by_subject().items()
            if len(sheets) > 1
        },
    )


def _comparisons(sheets: Sequence[Sheet]) -> list[Comparison]:
    consensus = consensus_of(sheets)
    found = []
    for sheet in sheets:
        others = consensus.without(sheet)
        folds = sheet.folds
        whole = _unit(sheet, others, -1, np.ones(len(folds), dtype=np.bool_))
        units = [_unit(sheet, others, fold, folds == fold) for fold in np.unique(folds).tolist()]
        if whole.verdict in {"recoded", "unrelated"}:
            # What all folds show together, small ones show too seldom each.
            units = [
                unit
                if unit.agreeing >= AGREES * max(unit.known, 1)
                else replace(unit, verdict=whole.verdict, read_as=whole.read_as)
                for unit in units
            ]
        found.append(Comparison(sheet, others, tuple(units)))
    return found


def _unit(sheet: Sheet, others: Codes, fold: int, inside: NDArray[np.bool_]) -> Unit:
    at = np.flatnonzero(inside)
    both = at[(sheet.truth[at] != UNREAD) & (others[at] != UNREAD)]
    own, theirs = sheet.truth[both], others[both]
    agreeing, known = int((own == theirs).sum()), len(both)
    if known < FEWEST or agreeing >= AGREES * known:
        return Unit(fold, at, "agrees", agreeing, known, 0.0)
    n_classes = len(sheet.classes)
    if n_classes > MOST_CLASSES:
        by_chance = chance.random_agreement(theirs, own, draws=DRAWS, seed=fold + 2)
    else:
        drawn = chance.random_pairs(theirs, own, n_classes, draws=DRAWS, seed=fold + 2)
        by_chance = chance.right(drawn)
    expected = float(by_chance.mean())
    if n_classes <= MOST_CLASSES:
        best, read_as = chance.best_permutation(chance.pairs(theirs, own, n_classes)[None])
        of_drawn = chance.best_permutation(drawn)[0]
        if best[0] >= RECODED * known and chance.at_least(int(best[0]), of_drawn) <= RARE:
            codes = tuple(read_as[0].tolist())
            return Unit(fold, at, "recoded", agreeing, known, expected, codes)
    halfway = expected + CHANCE * (known - expected)
    if agreeing <= min(np.quantile(by_chance, 1 - RARE), halfway):
        return Unit(fold, at, "unrelated", agreeing, known, expected)
    return Unit(fold, at, "differs", agreeing, known, expected)
