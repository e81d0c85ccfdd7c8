"""Swaps of answers between two systems, and what additive statistics make of them for all pairs.

All pairs of systems share the ways of swapping, drawn over the groups that any two of them have.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.metrics.paired_sums import PairedSums

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    from mllmsent.metrics.metric import Floats, Metric
    from mllmsent.metrics.samples import Sample

__all__ = ["Swaps", "additive_differences", "permutation_p"]

CHUNK = 2_000_000
"""Swaps at a time: 16 MB of them."""


@dataclass(frozen=True, slots=True)
class Swaps:
    """In which groups two systems swap their answers: 1 where they do, 0 where they do not.

    Attributes:
        n_groups: Number of groups.
        n_permutations: How many ways are tried, where there are more than that.
        seed: Of the random ways.
    """

    n_groups: int
    n_permutations: int
    seed: int

    @property
    def exact(self) -> bool:
        """Whether there are so few ways that all are tried."""
        return self.n_groups <= math.log2(self.n_permutations)

    def chunks(self) -> Iterator[Floats]:
        """The ways of swapping, (m, n_groups) at a time; all of them if `exact`."""
        rng = np.random.default_rng([self.seed, self.n_groups])
        total = 2**self.n_groups if self.exact else self.n_permutations
        size = max(1, CHUNK // max(1, self.n_groups))
        for start in range(0, total, size):
            ways = np.arange(start, min(start + size, total))
            if self.exact:
                yield (ways[:, None] >> np.arange(self.n_groups) & 1).astype(float)
            else:
                yield rng.integers(2, size=(len(ways), self.n_groups), dtype=np.int8).astype(float)


def additive_differences(
    metric: Metric[Any],
    systems: Mapping[str, Sample],
    pairs: Sequence[tuple[str, str]],
    groups: Sequence[Hashable],
    *,
    n_permutations: int,
    seed: int,
) -> dict[tuple[str, str], tuple[float, Floats]]:
    """Each pair's observed difference of a metric, and the differences after random swaps.

    Args:
        metric: A metric whose statistics are sums over groups.
        systems: Name to truth and answers.
        pairs: The pairs to compare; each is compared on the groups that both have.
        groups: Every group that both systems of some pair have.
        n_permutations: How many random ways of swapping.
        seed: Of those.

    Returns:
        Pair to the score of the first less that of the second, and the same (n_permutations,) times
        with answers swapped.
    """
    assert metric.statistics.additive
    sides = PairedSums.of(metric, systems, pairs, groups)
    whole = sides.sums(np.ones((1, sides.n_groups)))
    found: dict[tuple[str, str], list[Floats]] = {pair: [] for pair in pairs}
    for chunk in Swaps(sides.n_groups, n_permutations, seed).chunks():
        swapped = sides.sums(chunk)
        for pair, (one, other) in sides.views.items():
            exchanged = swapped[other] - swapped[one]
            found[pair].append(
                metric.value(whole[one] + exchanged) - metric.value(whole[other] - exchanged)
            )
    return {
        pair: (
            float((metric.value(whole[one]) - metric.value(whole[other]))[0]),
            np.concatenate(found[pair]),
        )
        for pair, (one, other) in sides.views.items()
    }


def permutation_p(observed: float, permuted: Floats, *, exact: bool) -> float:
    """The share of permuted differences that are as large as the observed one, either way.

    Random ways of swapping count the observed one in, so that it is never 0 (Phipson and Smyth
    2010); NaN where the observed one is undefined.

    Args:
        observed: The difference.
        permuted: The differences after swapping.
        exact: Whether these are all ways there are.
    """
    if math.isnan(observed):
        return math.nan
    # Equal differences may differ by rounding; one that is undefined counts against a finding.
    as_large = ~(np.abs(permuted) < abs(observed) - 1e-9 * max(1.0, abs(observed)))
    count = int(np.count_nonzero(as_large))
    return count / len(permuted) if exact else (count + 1) / (len(permuted) + 1)
