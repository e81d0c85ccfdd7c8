"""Sets of labels whose labels changed places, and sets further from the truth than chance.

Each answered label is held against each true one by their correlation over items (phi). The best
reading is the assignment of answered to true labels with the largest sum of correlations. It is
believed where every label that moves goes with the true one it is assigned to more than with its own
(Williams' test of each and, by Stouffer's method, of all that change places together, times the
number of pairs of labels, Holm over systems), and where scores rise.

A whole answer is further from the truth than chance where it shares fewer labels with the right set
than with those of other items (random pairing within folds).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.audit.finding import Finding
from mllmsent.audit.runs import chance
from mllmsent.audit.runs.correlations import correlation, together, williams
from mllmsent.audit.runs.permutations import cycles
from mllmsent.audit.runs.scores import change, scores_of
from mllmsent.audit.runs.sheets import SEPARATOR
from mllmsent.audit.wording import p_in_words, reading_in_words
from mllmsent.metrics import holm

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from mllmsent.audit.runs.sheets import Sheet

__all__ = ["permuted_label_sets"]

FEWEST = 20
"""Rows below which nothing is said."""

LEVEL = 0.01
"""Chance of a false alarm in a whole run, for each of the two codes."""

RAISED = 0.05
"""By how much macro F1 must rise for a reading to be worth a word."""

FAR_BELOW = -0.05
"""Agreement beyond chance (1 perfect, 0 chance) from which answers below it are worth a word."""

DRAWS = 9999


@dataclass(frozen=True, eq=False)
class _Judged:
    """What a system's sets show.

    Attributes:
        sheet: Its rows that have a target and could be read.
        read_as: For each answered label the one it is to be read as.
        p_better: How often chance gives labels that go with others so much more than with their own.
        agreement: Labels shared with the right sets beyond chance: 1 perfect, 0 chance.
        p_below: How often chance shares as few.
    """

    sheet: Sheet
    read_as: tuple[int, ...]
    p_better: float
    agreement: float
    p_below: float


def permuted_label_sets(sheets: Sequence[Sheet]) -> Iterator[Finding]:
    """Systems whose labels changed places in their sets, or whose sets are below chance.

    Args:
        sheets: Sheets of sets of labels.
    """
    judged = [one for sheet in sheets if (one := _judged(sheet)) is not None]
    p_better = holm([one.p_better for one in judged])
    p_below = holm([one.p_below for one in judged])
    for one, better, below in zip(judged, p_better, p_below, strict=True):
        if better <= LEVEL:
            yield _permuted(one)
        elif below <= LEVEL and one.agreement <= FAR_BELOW:
            yield _below(one)


def _judged(sheet: Sheet) -> _Judged | None:
    sheet = sheet.take(sheet.scored & sheet.read)
    if len(sheet.truth) < FEWEST:
        return None
    truth, answer = sheet.members(sheet.truth), sheet.members(sheet.answer)
    read_as, p_better = _best_reading(truth, answer)
    if p_better <= LEVEL:
        others = [scores_of(sheet).main + RAISED, scores_of(_complement(sheet)).main]
        # Where the labels that are not named are the right ones, none has changed places.
        if scores_of(_read(sheet, read_as)).main < max(others):
            p_better = 1.0
    agreement, p_below = _shared_labels(truth, answer, sheet.folds)
    return _Judged(sheet, read_as, p_better, agreement, p_below)


def _best_reading(
    truth: NDArray[np.bool_], answer: NDArray[np.bool_]
) -> tuple[tuple[int, ...], float]:
    """The assignment of answered to true labels, and the p value of what is least sure of it."""
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 - 200 ms, in audits only

    n_labels = truth.shape[1]
    phi = np.array(
        [
            [correlation(truth[:, true], answer[:, said]) for said in range(n_labels)]
            for true in range(n_labels)
        ]
    )
    true, said = linear_sum_assignment(np.nan_to_num(phi), maximize=True)
    read_as = np.empty(n_labels, dtype=np.intp)
    read_as[said] = true
    chosen, least_sure = list(range(n_labels)), 1.0
    for cycle in cycles(read_as.tolist()):
        p_values = sorted(
            williams(answer[:, own], truth[:, read_as[own]], truth[:, own]) for own in cycle
        )
        # Of a longer cycle one label may be too rare, or drowned by a habit.
        each = p_values[: None if len(cycle) < 3 else -1]
        p = min(1.0, n_labels * (n_labels - 1) * together(each))
        if p <= LEVEL:
            for own in cycle:
                chosen[own] = int(read_as[own])
            least_sure = p if least_sure > LEVEL else max(least_sure, p)
    return tuple(chosen), least_sure


def _shared_labels(
    truth: NDArray[np.bool_], answer: NDArray[np.bool_], folds: NDArray[np.int64]
) -> tuple[float, float]:
    """Labels that answers share with the right sets, beyond chance; and how rare so few are."""
    shared = int((truth & answer).sum())
    parts = [folds == fold for fold in np.unique(folds)]
    # How often each pair of rows of a fold would share a label, over all pairings.
    expected = sum(
        float(truth[part].sum(axis=0) @ answer[part].sum(axis=0)) / part.sum() for part in parts
    )
    most = float(min(truth.sum(), answer.sum()))
    agreement = (shared - expected) / max(most - expected, 1e-9)
    if agreement > FAR_BELOW:
        return agreement, 1.0
    rng = np.random.default_rng([2, len(truth)])
    drawn = np.zeros(DRAWS, dtype=np.int64)
    for part in parts:
        both = truth[part].astype(np.float32) @ answer[part].astype(np.float32).T
        places = np.arange(len(both))
        drawn += np.array(
            [both[places, rng.permutation(len(both))].sum() for _ in range(DRAWS)], dtype=np.int64
        )
    return agreement, chance.at_most(shared, drawn)


def _read(sheet: Sheet, read_as: Sequence[int]) -> Sheet:
    """The sheet with each answered label read as another."""
    names = sheet.scheme.label_names
    read = {own: names[to] for own, to in zip(names, read_as, strict=True)}
    sets = [
        SEPARATOR.join(name for name in names if name in {read[own] for own in one if own in read})
        for one in (each.split(SEPARATOR) for each in sheet.classes)
    ]
    return sheet.recoded(sets)


def _permuted(one: _Judged) -> Finding:
    sheet = one.sheet
    repaired = _read(sheet, one.read_as)
    names = sheet.scheme.label_names
    moved = _changed(sheet, repaired)
    return Finding(
        code="permuted-labels",
        severity="error",
        message=f"Answers of {sheet.name} in {sheet.subject} have their labels in other places: it "
        f"says {reading_in_words(names, one.read_as)} (each goes with the other's truth more than "
        f"with its own; by chance: p {p_in_words(one.p_better)}).",
        cure="Look up in the program that wrote it which column is which label, state that, and "
        "import or run again; do not permute labels on the strength of scores alone.",
        effect=f"Read so, {change(scores_of(sheet), scores_of(repaired))}.",
        rows=tuple(
            sheet.affected(
                int(at),
                f"{sheet.label(sheet.answer[at])} for {repaired.label(repaired.answer[at])}",
            )
            for at in np.flatnonzero(moved)
        ),
        systems=(sheet.name,),
    )


def _changed(sheet: Sheet, repaired: Sheet) -> NDArray[np.bool_]:
    changed: NDArray[np.bool_] = (
        sheet.members(sheet.answer) != repaired.members(repaired.answer)
    ).any(axis=1)
    return changed


def _below(one: _Judged) -> Finding:
    sheet = one.sheet
    turned = _complement(sheet)
    before, after = scores_of(sheet), scores_of(turned)
    effect = f"Its score is {before}"
    if after.main > before.main:
        effect += f"; with the labels that it does not name instead, {after}"
    return Finding(
        code="below-chance",
        severity="warning",
        message=f"{sheet.name} is further from the truth in {sheet.subject} than the same answers "
        f"given to other items (agreement beyond chance {one.agreement:.2f}, p "
        f"{p_in_words(one.p_below)}), and no change of labels repairs it.",
        cure="Read some of its answers beside the truth: 0 and 1 exchanged, ids of other rows, or "
        "examples in its prompt with wrong labels do this.",
        effect=f"{effect}.",
        rows=tuple(
            sheet.affected(
                int(at),
                f"{sheet.label(sheet.answer[at])}, truly {sheet.label(sheet.truth[at])}",
            )
            for at in np.flatnonzero(sheet.answer != sheet.truth)
        ),
        systems=(sheet.name,),
    )


def _complement(sheet: Sheet) -> Sheet:
    """The sheet with, in each answer, the labels that it does not hold."""
    names = sheet.scheme.label_names
    sets = [
        SEPARATOR.join(name for name in names if name not in one.split(SEPARATOR))
        for one in sheet.classes
    ]
    return sheet.recoded(sets)
