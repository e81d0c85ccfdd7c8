"""How far two distributions over the same levels lie apart, and whether by more than chance.

A distribution is a count for each of L levels: the labels of a scheme, or steps of a scale. Every
distance takes counts (B, L), many weightings at once, so that resamples cost one matrix product and
nothing is sorted twice.

Sources: Kolmogorov-Smirnov as the largest distance of two distribution functions; Wasserstein's
first distance, which for numbers is the area between the functions (Vallender 1974, Theory of
Probability and Its Applications 18, 784-786); Jensen-Shannon distance to base 2, a metric from 0
to 1 (Endres and Schindelin 2003, IEEE Transactions on Information Theory 49, 1858-1860).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.metrics.swapped_sums import Swaps, permutation_p

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mllmsent.metrics.bootstrap import Score
    from mllmsent.metrics.grouping import Grouping
    from mllmsent.metrics.metric import Floats

__all__ = [
    "SwapTest",
    "count_table",
    "down_to_chance",
    "jensen_shannon",
    "level_moments",
    "ordered_distances",
    "swap_tests",
]

DEFAULT_SWAPS = 2000


@dataclass(frozen=True, slots=True)
class SwapTest:
    """What swapping the two answers within groups says about a distance between them.

    Attributes:
        observed: The distance; NaN where it is undefined.
        by_chance: Its mean over the swaps: how large it is where nothing but chance tells the two
            apart. A distance is never below 0, so this is above it.
        p_value: Share of the swaps with at least that distance; NaN where it is undefined.
        n_swaps: Ways of swapping that were tried.
        exact: Whether those were all there are.
    """

    observed: float
    by_chance: float
    p_value: float
    n_swaps: int
    exact: bool


def count_table(
    codes: NDArray[np.intp],
    n_levels: int,
    grouping: Grouping,
    weights: NDArray[np.float64] | None = None,
) -> csr_array:
    """How often each level occurs in each group, (G, L).

    Args:
        codes: Level of each of N rows, 0 to `n_levels` - 1; a negative one is not counted.
        n_levels: L.
        grouping: The rows' groups.
        weights: What each row counts; by default 1.
    """
    from scipy.sparse import csr_array  # noqa: PLC0415 - scipy is slow to import

    counted = np.ones(len(codes)) if weights is None else weights
    there = (codes >= 0) & (counted != 0)
    return csr_array(
        (counted[there], (grouping.index[there], codes[there])), shape=(len(grouping), n_levels)
    )


def ordered_distances(first: Floats, second: Floats, positions: Floats) -> tuple[Floats, Floats]:
    """Kolmogorov-Smirnov's and Wasserstein's distance of distributions over ordered levels.

    Args:
        first: Counts of levels, lowest first, (B, L).
        second: The same of the other.
        positions: Where each level lies, ascending, (L,).

    Returns:
        The largest distance of the two distribution functions, 0 to 1, (B,); and how far one's
        answers must be moved, on average, to be distributed as the other's, in units of
        `positions`, (B,).
    """
    gaps = np.cumsum(_shares(first) - _shares(second), axis=1)
    np.abs(gaps, out=gaps)
    return gaps.max(axis=1), gaps[:, :-1] @ np.diff(positions)


def jensen_shannon(first: Floats, second: Floats) -> Floats:
    """Jensen-Shannon distance to base 2, 0 for equal to 1 for disjoint distributions, (B,).

    Args:
        first: Counts of levels, (B, L), in any order.
        second: The same of the other.
    """
    from scipy.special import rel_entr  # noqa: PLC0415 - scipy is slow to import

    one, other = _shares(first), _shares(second)
    middle = (one + other) / 2
    divergence = (rel_entr(one, middle) + rel_entr(other, middle)).sum(axis=1) / 2
    # Of equal distributions rounding may leave less than nothing.
    distance: Floats = np.sqrt(np.maximum(divergence, 0.0) / np.log(2))
    return distance


def level_moments(counts: Floats, positions: Floats) -> tuple[Floats, Floats]:
    """Mean and variance (over n) of counted levels, each (B,); NaN without rows.

    Args:
        counts: Counts of levels, (B, L).
        positions: Where each level lies, (L,).
    """
    shares = _shares(counts)
    mean = shares @ positions
    # Squares are taken around the middle of the levels, which keeps a small variance exact.
    centered = positions - (positions.min() + positions.max()) / 2
    variance = shares @ centered**2 - (shares @ centered) ** 2
    return mean, np.maximum(variance, 0.0)


def swap_tests(
    pairs: Sequence[tuple[csr_array, csr_array]],
    distances: Callable[[Floats, Floats], Floats],
    *,
    n_swaps: int = DEFAULT_SWAPS,
    seed: int = 0,
) -> list[list[SwapTest]]:
    """Tests whether two who answered the same rows distribute their answers alike.

    If they did, it would not matter which of the two gave which answer to a group of rows. So
    within each group the two are swapped or not, at random (or in all ways, where those are few),
    and the distances computed again. The plain p values of the Kolmogorov-Smirnov test presume two
    independent samples of independent numbers without ties. Here the two answered the same images,
    so that what one image adds to one it mostly adds to the other; rows of a group are alike; and
    labels are nothing but ties. Those p values can be wrong in either direction.

    Swapping presumes that the two are exchangeable, which is more than being distributed alike. As
    the swapped differences have the variance that the observed one has where the distributions are
    equal, the test keeps its level for equal distributions too, from some dozens of groups on
    (as sign flips do: Romano 1990, JASA 85, 686-692).

    Args:
        pairs: Counts of levels in each group by one and by the other, (G, L) each, of as many rows;
            all pairs over the same groups, which share the ways of swapping.
        distances: From counts of both, (B, L) each, to Q distances (B, Q).
        n_swaps: With at most this many ways of swapping all are tried, otherwise so many at random.
        seed: Of the random ones.

    Returns:
        For each pair a test for each of the Q distances.
    """
    from scipy.sparse import csr_array, hstack  # noqa: PLC0415 - scipy is slow to import

    if not pairs:
        return []
    n_groups, n_levels = pairs[0][0].shape
    swaps = Swaps(n_groups, n_swaps, seed)
    gained = csr_array(hstack([second - first for first, second in pairs]))
    swapped = np.concatenate([(1 - 2 * chunk) @ gained for chunk in swaps.chunks()])
    observed = np.asarray(gained.sum(axis=0))[None]
    found = []
    for number, (first, second) in enumerate(pairs):
        both = np.asarray((first + second).sum(axis=0))
        own = slice(number * n_levels, (number + 1) * n_levels)
        (values,), by_swaps = (
            # Both keep as many rows as they had: what one loses the other gains.
            distances((both - gains[:, own]) / 2, (both + gains[:, own]) / 2)
            for gains in (observed, swapped)
        )
        found.append(
            [
                SwapTest(
                    observed=float(value),
                    by_chance=float(np.mean(column)),
                    p_value=permutation_p(float(value), column, exact=swaps.exact),
                    n_swaps=len(column),
                    exact=swaps.exact,
                )
                for value, column in zip(values, by_swaps.T, strict=True)
            ]
        )
    return found


def down_to_chance(distance: Score, p_value: float) -> Score:
    """A distance whose interval begins at 0 where a test cannot tell it from 0.

    A distance is never below 0 and above it by chance, in resamples even more so: drawing groups
    again never gives an interval that holds a 0 which is true. What a test does not reject belongs
    to the interval, though.

    Args:
        distance: The distance with its interval.
        p_value: Of there being none, uncorrected.
    """
    own = distance.interval
    if not own.defined or not p_value > 1 - own.level:
        return distance
    return replace(distance, interval=replace(own, low=0.0))


def _shares(counts: Floats) -> Floats:
    n = counts.sum(axis=1, keepdims=True)
    shares: Floats = np.divide(counts, n, out=np.full(counts.shape, np.nan), where=n > 0)
    return shares
