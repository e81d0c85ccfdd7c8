"""Sums of several systems side by side, for each pair of them over the groups that both have.

All pairs share the weights: how often groups are drawn, or where answers are swapped. So one product
of weights and sums per group gives every system's sums at once. Of a pair in which one system lacks
groups that the other has, the sums of those are taken out again, which is cheap, since few are
lacking.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from numpy.typing import NDArray

    from mllmsent.metrics.metric import Floats, Metric, Totals
    from mllmsent.metrics.samples import Sample

__all__ = ["PairedSums"]


@dataclass(frozen=True, eq=False)
class PairedSums:
    """What turns weights of groups into the sums of systems, one for all pairs.

    A view is one system over the groups that it shares with another; most systems have one view
    only, which serves all of their pairs.

    Attributes:
        views: Pair of systems to the places of their two views among the sums.
        n_groups: G, the number of groups.
        n_views: V, the number of views.
        sums: Weights (B, G) to the sums of each view, V arrays (B, ...).
    """

    views: Mapping[tuple[str, str], tuple[int, int]]
    n_groups: int
    n_views: int
    sums: Callable[[Floats], list[Floats]]

    @classmethod
    def of(
        cls,
        metric: Metric[Any],
        systems: Mapping[str, Sample],
        pairs: Sequence[tuple[str, str]],
        groups: Sequence[Hashable],
    ) -> Self:
        """Line up systems.

        Args:
            metric: What the sums are for.
            systems: Name to truth and answers.
            pairs: The pairs to compare.
            groups: Every group that both systems of some pair have.
        """
        names = list(dict.fromkeys(name for pair in pairs for name in pair))
        place = {group: number for number, group in enumerate(groups)}
        has = {name: _places(systems[name], place)[1] for name in names}
        known: dict[tuple[str, bytes], int] = {}
        lacking: list[tuple[str, NDArray[np.intp]]] = []

        def view(name: str, other: str) -> int:
            gone = np.flatnonzero(has[name] & ~has[other])
            number = known.setdefault((name, gone.tobytes()), len(known))
            if number == len(lacking):
                lacking.append((name, gone))
            return number

        views = {(one, other): (view(one, other), view(other, one)) for one, other in pairs}
        make = _additive if metric.statistics.additive else _prepared
        sums = make(metric, {name: systems[name] for name in names}, place, lacking)
        return cls(views, len(place), len(lacking), sums)


def _additive(
    metric: Metric[Any],
    systems: Mapping[str, Sample],
    place: Mapping[Hashable, int],
    lacking: Sequence[tuple[str, NDArray[np.intp]]],
) -> Callable[[Floats], list[Floats]]:
    """One product for all systems."""
    of_groups = metric.statistics.sums
    assert of_groups is not None, "the metric's statistics are additive"
    tables: dict[str, Floats] = {}
    shape: tuple[int, ...] = ()
    for name, sample in systems.items():
        own = of_groups(sample)
        shape = own.shape[1:]
        where, _ = _places(sample, place)
        table = np.zeros((len(place), math.prod(shape)))
        table[where[where >= 0]] = own.reshape(len(own), math.prod(shape))[where >= 0]
        tables[name] = table
    side_by_side = np.hstack(list(tables.values()))

    def sums(weights: Floats) -> list[Floats]:
        parts = np.split(weights @ side_by_side, len(tables), axis=1)
        every = dict(zip(tables, parts, strict=True))
        return [
            (
                every[name] - weights[:, gone] @ tables[name][gone] if len(gone) else every[name]
            ).reshape(len(weights), *shape)
            for name, gone in lacking
        ]

    return sums


def _prepared(
    metric: Metric[Any],
    systems: Mapping[str, Sample],
    place: Mapping[Hashable, int],
    lacking: Sequence[tuple[str, NDArray[np.intp]]],
) -> Callable[[Floats], list[Floats]]:
    """Each view by itself, for what is no plain sum: ranks change with the weights."""
    totals: dict[str, Totals] = {
        name: metric.statistics.prepare(sample) for name, sample in systems.items()
    }
    where = {name: _places(sample, place)[0] for name, sample in systems.items()}

    def sums(weights: Floats) -> list[Floats]:
        found = []
        for name, gone in lacking:
            shared = weights.copy()
            shared[:, gone] = 0.0
            own = np.where(where[name] >= 0, shared[:, where[name]], 0.0)
            found.append(totals[name](own))
        return found

    return sums


def _places(
    sample: Sample, place: Mapping[Hashable, int]
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Where each of a sample's groups stands, -1 for nowhere; and which places it has."""
    where = np.array([place.get(name, -1) for name in sample.grouping.names], dtype=np.intp)
    has = np.zeros(len(place), dtype=bool)
    has[where[where >= 0]] = True
    return where, has
