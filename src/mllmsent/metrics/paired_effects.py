"""Effect sizes of pairs of systems, question by question: who is better where they differ?

For answers that are right or wrong, the questions on which only one of the two is right (the
discordant ones of McNemar's table) say all: the share of them that the first wins. Less one half that
is Cohen's g, and its odds are the matched odds ratio. For numbers it is the mean of the differences
between the two absolute errors, over their standard deviation (Cohen's d_z).

Sources: Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, ch. 5 (g) and 2.3.5
(d_z); McNemar (1947), Psychometrika 12, 153-157; Lakens (2013), Frontiers in Psychology 4, 863.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.metrics.bootstrap import DEFAULT_RESAMPLING, Resampling, Score, draw_side_by_side
from mllmsent.metrics.ratio import ratio

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from mllmsent.metrics.grouping import Grouping
    from mllmsent.metrics.metric import Floats

__all__ = ["PairEffect", "standardized_differences", "win_shares"]

ROUNDING = 1e-9
"""Smaller differences between two errors are rounding."""


@dataclass(frozen=True, slots=True)
class PairEffect:
    """By how much one system is better than another, question by question.

    Attributes:
        n: Questions on which both have a merit.
        wins: Those on which the first is better.
        ties: Those on which neither is.
        losses: Those on which the second is better.
        size: The effect with its interval; NaN where it is undefined, as where no two answers
            differ.
    """

    n: int
    wins: int
    ties: int
    losses: int
    size: Score


def win_shares(
    merits: Floats,
    pairs: Sequence[tuple[int, int]],
    grouping: Grouping,
    resampling: Resampling = DEFAULT_RESAMPLING,
) -> list[PairEffect]:
    """Of the questions on which two systems differ, the share that the first wins.

    Args:
        merits: How good each answer is, (N, M): N questions, M systems, NaN for no merit.
        pairs: Columns of the first and second of each pair.
        grouping: Which questions move together.
        resampling: How intervals are made.
    """

    def columns(gain: Floats) -> list[NDArray[Any]]:
        return [gain > ROUNDING, gain < -ROUNDING]

    def share(sums: Floats) -> Floats:
        return ratio(sums[:, 0], sums.sum(axis=1))

    return _effects(_Measure(columns, share, proportion=True), merits, pairs, grouping, resampling)


def standardized_differences(
    merits: Floats,
    pairs: Sequence[tuple[int, int]],
    grouping: Grouping,
    resampling: Resampling = DEFAULT_RESAMPLING,
) -> list[PairEffect]:
    """Mean difference between the merits of two systems over its standard deviation, d_z.

    Args:
        merits: How good each answer is, (N, M), such as its absolute error as a negative number;
            NaN for no merit.
        pairs: Columns of the first and second of each pair.
        grouping: Which questions move together.
        resampling: How intervals are made.
    """

    def columns(gain: Floats) -> list[NDArray[Any]]:
        known = ~np.isnan(gain)
        filled = np.where(known, gain, 0.0)
        return [known, filled, filled**2]

    def size(sums: Floats) -> Floats:
        n, mean = sums[:, 0], ratio(sums[:, 1], sums[:, 0])
        variance = ratio(sums[:, 2] - n * mean**2, n - 1)
        # What is left of equal differences is rounding.
        noise = 1e-12 * np.maximum(1.0, mean**2)
        return ratio(mean, np.sqrt(np.where(variance > noise, variance, 0.0)))

    return _effects(_Measure(columns, size), merits, pairs, grouping, resampling)


@dataclass(frozen=True, slots=True)
class _Measure:
    """What of each question's gain is summed, and what is made of the sums."""

    columns: Callable[[Floats], list[NDArray[Any]]]
    value: Callable[[Floats], Floats]
    proportion: bool = False


def _effects(
    measure: _Measure,
    merits: Floats,
    pairs: Sequence[tuple[int, int]],
    grouping: Grouping,
    resampling: Resampling,
) -> list[PairEffect]:
    if not pairs:
        return []
    gains = [merits[:, one] - merits[:, other] for one, other in pairs]
    tables = [grouping.sums(np.stack(measure.columns(gain), axis=1)) for gain in gains]
    drawn = draw_side_by_side(tables, len(grouping), resampling)
    found = []
    for gain, table, draws in zip(gains, tables, drawn, strict=True):
        n = int(np.count_nonzero(~np.isnan(gain)))
        wins = int(np.count_nonzero(gain > ROUNDING))
        losses = int(np.count_nonzero(gain < -ROUNDING))
        differing = int(np.count_nonzero(table.any(axis=1)))
        size = draws.score(measure.value, proportion=measure.proportion, n_units=differing)
        found.append(PairEffect(n, wins, n - wins - losses, losses, size))
    return found
