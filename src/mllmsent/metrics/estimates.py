"""Many estimates at once, each with its standard error over groups, and paired differences of them.

An influence is what a row's weighing a little more would do to an estimate. Summed within groups, the
spread of influences is the standard error that drawing groups again would have (the infinitesimal
jackknife), without drawing; and the influences of two estimates on the same rows subtract, so that
their difference has its standard error, paired.

Intervals are symmetric, those of correlations in Fisher's z, with Student's t of as many degrees of
freedom as there are groups less one.

Source: Efron (1982), The Jackknife, the Bootstrap and Other Resampling Plans, ch. 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from mllmsent.metrics.grouping import Grouping
    from mllmsent.metrics.metric import Floats

__all__ = ["Compared", "Estimates", "estimate", "mean_contrasts", "mean_estimates"]

RESTS = 1e-12
"""A standard error below this is rounding: no group moves the estimate, and nothing is known of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """Numbers and how sure they are.

    Attributes:
        points: (K, S) estimates; NaN where one is undefined.
        errors: (K, S) standard errors; NaN where there is none: with fewer than two groups, or where
            no group moves the estimate.
        n_groups: Groups that they come from, those without any row not counted.
        is_correlation: Whether they are correlations, whose intervals lie between -1 and 1.
    """

    points: Floats
    errors: Floats
    n_groups: int
    is_correlation: bool = False

    def intervals(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """(K, S) lower and upper ends; NaN where there is none.

        Args:
            level: Nominal coverage.
        """
        from scipy.stats import t  # noqa: PLC0415 - scipy is slow to import

        center, spread = self._symmetric()
        reach = t.ppf((1 + level) / 2, max(self.n_groups - 1, 1)) * spread
        ends = center - reach, center + reach
        return (np.tanh(ends[0]), np.tanh(ends[1])) if self.is_correlation else ends

    @property
    def p_values(self) -> Floats:
        """(K, S) two-sided p values of there being nothing; NaN where there is no standard error."""
        from scipy.stats import t  # noqa: PLC0415 - scipy is slow to import

        center, spread = self._symmetric()
        found: Floats = 2 * t.sf(np.abs(center / spread), max(self.n_groups - 1, 1))
        return found

    def _symmetric(self) -> tuple[Floats, Floats]:
        """Estimates and standard errors where intervals are symmetric."""
        if not self.is_correlation:
            return self.points, self.errors
        inner = np.where(np.abs(self.points) < 1, self.points, np.nan)
        return np.arctanh(inner), self.errors / (1 - inner**2)


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Estimates, and how far each is above another.

    Attributes:
        own: (K, S) estimates.
        apart: (K, S) differences from what they are held against; NaN for what is held against
            nothing.
    """

    own: Estimates
    apart: Estimates


def estimate(
    points: Floats,
    influences: Callable[[int], Floats],
    grouping: Grouping,
    against: Sequence[int | None] | None = None,
    *,
    is_correlation: bool = False,
) -> Compared:
    """Standard errors of estimates, and of their differences, from influences.

    Args:
        points: (K, S) estimates.
        influences: The place of one of the S outcomes to (N, K) influences of the rows on its
            estimates, with mean 0.
        grouping: Which of the N rows move together.
        against: For each of the S outcomes the place of the one that it is held against, before it
            in order; None for none.
        is_correlation: Whether they are correlations.
    """
    against = against or [None] * points.shape[1]
    spread = _Spread(grouping)
    errors, apart = np.full(points.shape, np.nan), np.full(points.shape, np.nan)
    apart_errors = np.full(points.shape, np.nan)
    kept: dict[int, Floats] = {}
    for place, other in enumerate(against):
        own = influences(place)
        errors[:, place] = spread.of(own)
        if place in against:
            kept[place] = own
        if other is not None:
            apart[:, place] = points[:, place] - points[:, other]
            apart_errors[:, place] = spread.of(own - kept[other])
    groups = spread.n_groups
    return Compared(
        Estimates(points, errors, groups, is_correlation), Estimates(apart, apart_errors, groups)
    )


def mean_estimates(columns: Floats, grouping: Grouping) -> Estimates:
    """The means of columns (N, S), none missing, as (1, S) estimates."""
    means = columns.mean(axis=0)
    return estimate(means[None], lambda place: (columns - means)[:, [place]], grouping).own


def mean_contrasts(
    inside: NDArray[np.bool_],
    outcomes: Floats,
    grouping: Grouping,
    against: Sequence[int | None] | None = None,
) -> Compared:
    """How much higher outcomes are, on average, inside of subgroups than outside.

    Args:
        inside: (N, K) which rows lie inside of each of K subgroups.
        outcomes: (N, S), none missing.
        grouping: Which of the N rows move together.
        against: See `estimate`.

    Returns:
        (K, S) estimates; NaN where nothing is inside, or nothing outside.
    """
    n, within = len(outcomes), inside.astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = within / within.mean(axis=0), (1 - within) / (1 - within).mean(axis=0)
    means = [each.T @ outcomes / n for each in weights]

    def influences(place: int) -> Floats:
        said = outcomes[:, [place]]
        own: Floats = weights[0] * (said - means[0][:, place])
        own -= weights[1] * (said - means[1][:, place])
        return own

    return estimate(means[0] - means[1], influences, grouping, against)


class _Spread:
    """Standard errors of means of influences whose rows are grouped; groups without rows are none."""

    def __init__(self, grouping: Grouping) -> None:
        from scipy.sparse import csr_array  # noqa: PLC0415 - scipy is slow to import

        rows, held = len(grouping.index), np.bincount(grouping.index, minlength=len(grouping))
        groups = int(np.count_nonzero(held))
        self.n_groups = groups
        # With a row in each group there is nothing to sum.
        self._sums = (
            None
            if rows == groups
            else csr_array(
                (np.ones(rows), (grouping.index, np.arange(rows))), shape=(len(grouping), rows)
            )
        )
        self._factor = np.sqrt(groups / (groups - 1)) / rows if groups > 1 else np.nan

    def of(self, influences: Floats) -> Floats:
        """(K,) standard errors from influences (N, K); NaN where nothing moves."""
        sums: Any = influences if self._sums is None else self._sums @ influences
        found: Floats = np.sqrt(np.einsum("nk,nk->k", sums, sums)) * self._factor
        return np.where(found > RESTS, found, np.nan)
