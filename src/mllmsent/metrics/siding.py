"""With which of two groups of people does a system side, where they differ?

For labels the *contested* rows are asked, those in which the two groups say different things: the
share of them in which the system says what the first group says, less the share in which it says
what the second does. That is the lean, from -1 to 1.

For numbers the lean is the difference of the correlations with the two groups' means. A mean over
few people is noisy, and noise alone lowers a correlation, so that the larger group would seem to be
sided with. Where standard errors of the means are known, each correlation is therefore divided by
the square root of the reliability of its means, 1 - (mean squared standard error) / variance
(Spearman's correction for attenuation).

If a system sided with neither, it would not matter which of the two said which, so the groups'
words are swapped item by item, in all ways or at random, all systems alike (`permutation`); for
numbers after each group's means have been standardized, since a shift of one group's scale is no
siding. The mean lean of all systems is tested by the same swaps.

Source: Spearman (1904), The proof and measurement of association between two things, Am. J.
Psychol. 15, 72-101; Muchinsky (1996), The correction for attenuation, Educ. Psychol. Meas. 56.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.metrics.bootstrap import DEFAULT_RESAMPLING, Resampling, draw
from mllmsent.metrics.ratio import ratio
from mllmsent.metrics.swapped_sums import Swaps, permutation_p

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from mllmsent.metrics.bootstrap import Draws, Score
    from mllmsent.metrics.metric import Floats

__all__ = ["LEAST_RELIABLE", "RatedRows", "Siding", "label_siding", "rating_siding"]

LEAST_RELIABLE = 0.1
"""Means that are less reliable than this are noise, by which nothing can be corrected."""

CONTESTED, FIRST, SECOND = range(3)
N, Y, YY, A, AA, AY, SA, B, BB, BY, SB = range(11)


@dataclass(frozen=True, eq=False)
class Siding:
    """The answers of S systems against two groups of people, summed in G groups of items.

    Attributes:
        sums: Per group and system, (G, S, k).
        swapped: The same, had the two groups of people changed places.
        with_first: Totals (B, S, k) to how well each system goes with the first group, (B, S).
        with_second: Likewise with the second.
        proportion: Whether those are shares of rows.
        resampling: How intervals are made.
    """

    sums: Floats
    swapped: Floats
    with_first: Callable[[Floats], Floats]
    with_second: Callable[[Floats], Floats]
    proportion: bool
    resampling: Resampling

    @cached_property
    def draws(self) -> Draws:
        """The totals of the sample and its resamples, (B, S, k)."""
        flat = self.sums.reshape(len(self.sums), -1)
        shape = self.sums.shape[1:]
        totals = draw(
            [lambda weights: (weights @ flat).reshape(len(weights), *shape)],
            len(self.sums),
            self.resampling,
        )
        return totals[0]

    def lean(self, totals: Floats) -> Floats:
        """With the first less with the second, (B, S)."""
        return self.with_first(totals) - self.with_second(totals)

    def mean_lean(self, totals: Floats) -> Floats:
        """The mean lean of the systems that have one, (B,)."""
        leans = self.lean(totals)[:, self._known]
        means: Floats = leans.mean(axis=1) if leans.shape[1] else np.full(len(totals), np.nan)
        return means

    def first(self, system: int) -> Score:
        """How well a system goes with the first group."""
        return self._side(self.with_first, system)

    def second(self, system: int) -> Score:
        """How well a system goes with the second group."""
        return self._side(self.with_second, system)

    def score(self, system: int | None = None) -> Score:
        """The lean of a system, or the mean lean of all."""
        if system is None:
            return self.draws.score(self.mean_lean)
        return self.draws.score(lambda totals: self.lean(totals)[:, system])

    def p_values(self, n_permutations: int) -> tuple[list[float], float]:
        """Two-sided p values of each system's lean, and of the mean lean of all.

        Args:
            n_permutations: With at most so many ways of swapping all are tried; else so many.
        """
        n_systems = self.sums.shape[1]
        moved = (self.swapped - self.sums).reshape(len(self.sums), -1)
        moved = moved[(moved != 0).any(axis=1)]
        whole = self.sums.sum(axis=0, keepdims=True)
        swaps = Swaps(len(moved), n_permutations, self.resampling.seed)
        leans = np.concatenate(
            [
                self.lean(whole + (chunk @ moved).reshape(len(chunk), *whole.shape[1:]))
                for chunk in swaps.chunks()
            ]
        )
        observed = self.lean(whole)[0]
        own = [
            permutation_p(float(observed[each]), leans[:, each], exact=swaps.exact)
            for each in range(n_systems)
        ]
        known = self._known
        if not known.any():
            return own, float("nan")
        together = permutation_p(
            float(observed[known].mean()), leans[:, known].mean(axis=1), exact=swaps.exact
        )
        return own, together

    @cached_property
    def _known(self) -> NDArray[np.bool_]:
        """Which systems have a lean."""
        known: NDArray[np.bool_] = ~np.isnan(self.lean(self.sums.sum(axis=0, keepdims=True))[0])
        return known

    def _side(self, of: Callable[[Floats], Floats], system: int) -> Score:
        n_units = None
        if self.proportion:
            n_units = int(np.count_nonzero(self.sums[:, system, CONTESTED]))
        return self.draws.score(
            lambda totals: of(totals)[:, system], proportion=self.proportion, n_units=n_units
        )


def label_siding(
    said: Sequence[NDArray[np.intp]],
    first: Sequence[NDArray[np.intp]],
    second: Sequence[NDArray[np.intp]],
    *,
    groups: Sequence[NDArray[np.intp]],
    n_groups: int,
    resampling: Resampling = DEFAULT_RESAMPLING,
) -> Siding:
    """The siding of systems that answer with labels.

    Args:
        said: For each system the codes of its answers; negative where it could not be read, which
            sides with nobody.
        first: For each system what the first group of people says in the same rows, as codes.
        second: What the second says.
        groups: For each system the group of items of each row, as a number below `n_groups`.
        n_groups: How many groups of items there are.
        resampling: How intervals are made.
    """
    sums = np.zeros((n_groups, len(said), 3))
    for system, (answer, one, other, group) in enumerate(
        zip(said, first, second, groups, strict=True)
    ):
        contested = one != other
        columns = [contested, contested & (answer == one), contested & (answer == other)]
        for column, rows in enumerate(columns):
            sums[:, system, column] = np.bincount(group, weights=rows, minlength=n_groups)
    return Siding(
        sums=sums,
        swapped=sums[:, :, [CONTESTED, SECOND, FIRST]],
        with_first=lambda totals: ratio(totals[..., FIRST], totals[..., CONTESTED]),
        with_second=lambda totals: ratio(totals[..., SECOND], totals[..., CONTESTED]),
        proportion=True,
        resampling=resampling,
    )


@dataclass(frozen=True, slots=True, eq=False)
class RatedRows:
    """One system's numbers beside the means of two groups of people, N rows.

    Attributes:
        said: The answers; NaN where none could be read.
        first: The first group's means.
        second: The second group's means.
        first_error: Squared standard errors of the first group's means; zeros where unknown.
        second_error: Those of the second group's.
        group: The group of items of each row, as a number.
    """

    said: NDArray[np.float64]
    first: NDArray[np.float64]
    second: NDArray[np.float64]
    first_error: NDArray[np.float64]
    second_error: NDArray[np.float64]
    group: NDArray[np.intp]


def rating_siding(
    systems: Sequence[RatedRows], n_groups: int, resampling: Resampling = DEFAULT_RESAMPLING
) -> Siding:
    """The siding of systems that answer with numbers.

    Args:
        systems: The answers of each system.
        n_groups: How many groups of items there are.
        resampling: How intervals are made.
    """
    sums = np.zeros((n_groups, len(systems), 11))
    for system, rows in enumerate(systems):
        read = ~np.isnan(rows.said)
        if not read.any():
            continue
        y, _ = _standardized(rows.said[read])
        a, a_spread = _standardized(rows.first[read])
        b, b_spread = _standardized(rows.second[read])
        s_a, s_b = rows.first_error[read] / a_spread, rows.second_error[read] / b_spread
        columns = [np.ones_like(y), y, y * y, a, a * a, a * y, s_a, b, b * b, b * y, s_b]
        for column, values in enumerate(columns):
            sums[:, system, column] = np.bincount(
                rows.group[read], weights=values, minlength=n_groups
            )
    return Siding(
        sums=sums,
        swapped=sums[:, :, [N, Y, YY, B, BB, BY, SB, A, AA, AY, SA]],
        with_first=lambda totals: _corrected(totals, (A, AA, AY, SA)),
        with_second=lambda totals: _corrected(totals, (B, BB, BY, SB)),
        proportion=False,
        resampling=resampling,
    )


def _corrected(totals: Floats, columns: tuple[int, int, int, int]) -> Floats:
    """Correlation with a group's means over the root of their reliability, (B, S)."""
    mean, square, product, error = columns
    n = np.where(totals[..., N] > 0, totals[..., N], np.nan)
    y, x = totals[..., Y] / n, totals[..., mean] / n
    y_spread = totals[..., YY] / n - y * y
    x_spread = totals[..., square] / n - x * x
    covariance = totals[..., product] / n - x * y
    # What does not vary has rounding for a variance, since all is standardized before.
    varies = (y_spread > 1e-9) & (x_spread > 1e-9)
    true_spread = x_spread - totals[..., error] / n
    known = varies & (true_spread > LEAST_RELIABLE * x_spread)
    size = np.sqrt(np.where(known, y_spread * true_spread, 1.0))
    return np.where(known, covariance / size, np.nan)


def _standardized(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Values with mean 0 and variance 1, and the variance they had (1 where they do not vary)."""
    spread = float(values.var())
    if not spread > 1e-12 * max(1.0, float(np.abs(values).max()) ** 2):
        return np.zeros_like(values), 1.0
    return (values - values.mean()) / np.sqrt(spread), spread
