"""Swaps of answers between two systems, and what additive statistics make of them for all pairs.

All pairs of systems share the ways of swapping, drawn over the groups that any two of them have. So
one product of swaps and sums per group gives every system's swapped sums at once. Of a pair in
which one system lacks groups that the other has, the sums of those are taken out again, which is
cheap, since few are lacking.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from mllmsent.metrics.metric import Floats, Metric
    from mllmsent.metrics.samples import Sample

__all__ = ["Swaps", "additive_differences"]

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


@dataclass(frozen=True, eq=False)
class _Table:
    """One system's sums in each of the groups, (G, k); zeros where it has no rows."""

    sums: Floats
    has: NDArray[np.bool_]
    shape: tuple[int, ...]  # of one group's sums, before they were laid out in a row

    @classmethod
    def of(
        cls, sample: Sample, sums: Callable[[Any], Floats], place: Mapping[Hashable, int]
    ) -> _Table:
        own = sums(sample)
        flat = own.reshape(len(own), math.prod(own.shape[1:]))
        where = np.array([place.get(name, -1) for name in sample.grouping.names], dtype=np.intp)
        table, has = np.zeros((len(place), flat.shape[1])), np.zeros(len(place), dtype=bool)
        table[where[where >= 0]] = flat[where >= 0]
        has[where[where >= 0]] = True
        return cls(table, has, own.shape[1:])


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
    sums = metric.statistics.sums
    assert sums is not None, "the metric's statistics are additive"
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    place = {group: number for number, group in enumerate(groups)}
    tables = {name: _Table.of(systems[name], sums, place) for name in names}
    shape = tables[names[0]].shape
    side_by_side = np.hstack([tables[name].sums for name in names])
    lacking = {
        (name, other): np.flatnonzero(tables[name].has & ~tables[other].has)
        for pair in pairs
        for name, other in (pair, pair[::-1])
    }

    def of_pairs(weights: Floats) -> Iterator[tuple[tuple[str, str], Floats, Floats]]:
        """Each pair's weighted sums over the groups that both have."""
        every = weights @ side_by_side
        own = dict(zip(names, np.split(every, len(names), axis=1), strict=True))
        for first, second in pairs:
            one, other = (
                own[name] - weights[:, gone] @ tables[name].sums[gone] if len(gone) else own[name]
                for name, gone in (
                    (first, lacking[first, second]),
                    (second, lacking[second, first]),
                )
            )
            yield (first, second), one, other

    def score(totals: Floats) -> Floats:
        return metric.value(totals.reshape(len(totals), *shape))

    whole = {pair: (one, other) for pair, one, other in of_pairs(np.ones((1, len(place))))}
    found: dict[tuple[str, str], list[Floats]] = {pair: [] for pair in pairs}
    for chunk in Swaps(len(place), n_permutations, seed).chunks():
        for pair, one, other in of_pairs(chunk):
            exchanged = other - one
            found[pair].append(
                score(whole[pair][0] + exchanged) - score(whole[pair][1] - exchanged)
            )
    return {
        pair: (float((score(one) - score(other))[0]), np.concatenate(found[pair]))
        for pair, (one, other) in whole.items()
    }
