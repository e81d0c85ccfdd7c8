"""How far two answers to the same questions differ, whatever is true: flips and shifts.

Flips are questions to which two systems say different things. Where each was asked several times,
part of that is chance: two answers of one system may differ as well. The shift is what does not
cancel out over questions: half the summed difference between the two distributions of labels (total
variation distance), or the mean difference of numbers. It has a p value from swapping the two
systems' answers within groups, as in `permutation`. A distance of distributions is above 0 by chance
alone; where the p value does not tell it from 0 its interval begins there (`down_to_chance`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.metrics.bootstrap import DEFAULT_RESAMPLING, Resampling, Score, draw_side_by_side
from mllmsent.metrics.distributions import down_to_chance
from mllmsent.metrics.ratio import ratio
from mllmsent.metrics.swapped_sums import Swaps, permutation_p

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from mllmsent.metrics.grouping import Grouping
    from mllmsent.metrics.metric import Floats

__all__ = [
    "AnswerChange",
    "ExcessChange",
    "excess_changes",
    "label_changes",
    "number_changes",
]

N_SWAPS = 2000
"""Random swaps for a p value; with fewer ways of swapping than this, all are tried."""


@dataclass(frozen=True, slots=True)
class AnswerChange:
    """How far the answers of two systems differ.

    Attributes:
        n: Questions that both answered.
        change: Share of those with different answers; of numbers, the mean distance.
        shift: Total variation distance of the two distributions, 0 to 1; of numbers, the mean of
            the first less that of the second.
        shift_p: Whether the shift could be chance, two-sided; NaN without questions.
    """

    n: int
    change: Score
    shift: Score
    shift_p: float


def label_changes(
    codes: NDArray[np.intp],
    pairs: Sequence[tuple[int, int]],
    grouping: Grouping,
    resampling: Resampling = DEFAULT_RESAMPLING,
) -> list[AnswerChange]:
    """How far the labels of pairs of systems differ.

    Args:
        codes: (N, M): the label of each of M systems in N rows as a number from 0, -1 for none.
        pairs: Columns of the first and second of each pair.
        grouping: Which rows move together.
        resampling: How intervals are made.
    """
    n_labels = max(1, int(codes.max(initial=-1)) + 1)
    tables = []
    for one, other in pairs:
        both = (codes[:, one] >= 0) & (codes[:, other] >= 0)
        group = grouping.index[both]
        first, second = codes[both, one], codes[both, other]
        counts = [
            np.bincount(group * n_labels + said, minlength=len(grouping) * n_labels)
            for said in (first, second)
        ]
        n = np.bincount(group, minlength=len(grouping))
        differ = np.bincount(group, weights=first != second, minlength=len(grouping))
        less = (counts[0] - counts[1]).reshape(len(grouping), n_labels)
        tables.append(np.column_stack([n, differ, less]).astype(float))

    def shift(sums: Floats) -> Floats:
        return ratio(np.abs(sums[:, 2:]).sum(axis=1) / 2, sums[:, 0])

    return _changes(tables, shift, grouping, resampling, of_labels=True)


def number_changes(
    numbers: Floats,
    pairs: Sequence[tuple[int, int]],
    grouping: Grouping,
    resampling: Resampling = DEFAULT_RESAMPLING,
) -> list[AnswerChange]:
    """How far the numbers of pairs of systems differ.

    Args:
        numbers: (N, M): the number of each of M systems in N rows, NaN for none.
        pairs: Columns of the first and second of each pair.
        grouping: Which rows move together.
        resampling: How intervals are made.
    """
    tables = []
    for one, other in pairs:
        less = numbers[:, one] - numbers[:, other]
        both = ~np.isnan(less)
        columns = [both.astype(float), np.abs(np.where(both, less, 0)), np.where(both, less, 0)]
        tables.append(grouping.sums(np.stack(columns, axis=1)))

    def shift(sums: Floats) -> Floats:
        return ratio(sums[:, 2], sums[:, 0])

    return _changes(tables, shift, grouping, resampling)


def _changes(
    tables: Sequence[Floats],
    shift: Callable[[Floats], Floats],
    grouping: Grouping,
    resampling: Resampling,
    *,
    of_labels: bool = False,
) -> list[AnswerChange]:
    """Each table has, for each group, rows, what changed in them, and what was shifted."""
    if not tables:
        return []
    side_by_side = np.hstack(tables)
    drawn = draw_side_by_side(tables, len(grouping), resampling)
    places = np.split(np.arange(side_by_side.shape[1]), len(tables))
    shifted = [np.zeros((0, 1))] * len(tables)
    swaps = Swaps(len(grouping), N_SWAPS, resampling.seed)
    for chunk in swaps.chunks():
        # A group that swaps its answers shifts the other way.
        sums = (1 - 2 * chunk) @ side_by_side
        for number, (own, table) in enumerate(zip(places, tables, strict=True)):
            swapped = sums[:, own]
            swapped[:, 0] = table[:, 0].sum()
            shifted[number] = np.concatenate([shifted[number], shift(swapped)[:, None]])
    found = []
    for draws, table, permuted in zip(drawn, tables, shifted, strict=True):
        change = draws.score(
            lambda sums: ratio(sums[:, 1], sums[:, 0]),
            proportion=of_labels,
            n_units=int(np.count_nonzero(table[:, 0])),
        )
        moved = draws.score(shift)
        p = permutation_p(moved.value, permuted[:, 0], exact=swaps.exact)
        if of_labels:
            moved = down_to_chance(moved, p)
        found.append(AnswerChange(int(table[:, 0].sum()), change, moved, p))
    return found


@dataclass(frozen=True, slots=True)
class ExcessChange:
    """How much more often two systems differ than each differs from itself.

    Attributes:
        by_repeats: Share of pairs of answers of one system to one question that differ, the mean of
            the two systems; NaN where no question was asked of both more than once.
        excess: The share of pairs of answers of the two systems that differ, less that.
    """

    by_repeats: float
    excess: Score


def excess_changes(
    codes: NDArray[np.intp],
    pairs: Sequence[tuple[int, int]],
    units: NDArray[np.intp],
    grouping: Grouping,
    resampling: Resampling = DEFAULT_RESAMPLING,
) -> list[ExcessChange]:
    """How much more often the labels of two systems differ than the repeats of one do.

    Args:
        codes: (N, M): the label of each of M systems in N rows as a number from 0, -1 for none.
        pairs: Columns of the first and second of each pair.
        units: The question of each row, as a number from 0: repeats of one question share it.
        grouping: Which rows move together; those of one question do.
        resampling: How intervals are made.
    """
    n_units, n_labels = int(units.max(initial=-1)) + 1, max(1, int(codes.max(initial=-1)) + 1)
    group = np.zeros(n_units, dtype=np.intp)
    group[units] = grouping.index
    columns = sorted({column for pair in pairs for column in pair})
    counts = {column: _counts(codes[:, column], units, n_units, n_labels) for column in columns}
    tables = []
    for one, other in pairs:
        first, second = counts[one], counts[other]
        n, m = first.sum(axis=1), second.sum(axis=1)
        asked = (n > 1) & (m > 1)
        both, n, m = asked.astype(float), np.where(asked, n, 2), np.where(asked, m, 2)
        across = 1 - (first * second).sum(axis=1) / (n * m)
        within = (_differing(first, n) + _differing(second, m)) / 2
        rows = np.column_stack([both, across * both, within * both])
        table = np.zeros((len(grouping), 3))
        np.add.at(table, group, rows)
        tables.append(table)
    if not tables:
        return []
    found = []
    for draws in draw_side_by_side(tables, len(grouping), resampling):
        by_repeats = float(ratio(draws.whole[:, 2], draws.whole[:, 0])[0])
        excess = draws.score(lambda sums: ratio(sums[:, 1] - sums[:, 2], sums[:, 0]))
        found.append(ExcessChange(by_repeats, excess))
    return found


def _counts(
    codes: NDArray[np.intp], units: NDArray[np.intp], n_units: int, n_labels: int
) -> Floats:
    """How often each question was answered with each label, (U, K)."""
    read = codes >= 0
    cells = np.bincount(units[read] * n_labels + codes[read], minlength=n_units * n_labels)
    return cells.reshape(n_units, n_labels).astype(float)


def _differing(counts: Floats, n: Floats) -> Floats:
    """Share of the pairs of answers to a question that differ."""
    share: Floats = 1 - (counts * (counts - 1)).sum(axis=1) / (n * (n - 1))
    return share
