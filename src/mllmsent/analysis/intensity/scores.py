"""How one system's counted answers are distributed beside people's: distances, shares, slope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.intensity.levels import ZONES, Ladder, ladders, strengths, zones
from mllmsent.metrics.bootstrap import draw
from mllmsent.metrics.distributions import (
    jensen_shannon,
    level_moments,
    ordered_distances,
    swap_tests,
)
from mllmsent.metrics.ratio import ratio

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.intensity.counted_answers import CountedAnswers
    from mllmsent.metrics import Resampling, Score
    from mllmsent.metrics.bootstrap import Draws
    from mllmsent.metrics.distributions import SwapTest
    from mllmsent.metrics.metric import Floats

    Numbers = dict[tuple[str, str], Score]

__all__ = ["DISTANCES", "SPREADS", "Lens"]

DISTANCES = ("ks", "wasserstein", "js")
"""Distances of two distributions; of labels without an order only the last."""

SPREADS = ("mean_difference", "sd_difference", "variance_ratio")


@dataclass(frozen=True, eq=False)
class Lens:
    """What is looked at on a board: its ladders, its zones, and the strength of each level.

    Attributes:
        ladders: The answers, and their intensity where it is known.
        strength: Strength of each level, (L,), or None.
        zones: Which of `ZONES` each level is in, (L, 3), or None.
    """

    ladders: tuple[Ladder, ...]
    strength: Floats | None
    zones: Floats | None

    @classmethod
    def of(cls, scheme: Scheme, dimension: str) -> Lens:
        """What is looked at on the board of a scheme (and dimension)."""
        strength = strengths(scheme, dimension)
        zone = None if strength is None else zones(dimension, strength)
        return cls(tuple(ladders(scheme, dimension)), strength, zone)

    def scores(
        self, counted: Sequence[CountedAnswers], resampling: Resampling
    ) -> list[dict[str, Numbers]]:
        """Every number of every system with its interval.

        Args:
            counted: The systems' answers.
            resampling: How intervals are made.

        Returns:
            For each system "targets", and "votes" where those are known, to the numbers: ladder
            ("zones" for shares of zones, and for the slope) and name to score.
        """
        from scipy.sparse import csr_array, hstack  # noqa: PLC0415 - scipy is slow to import

        if not counted:
            return []
        # What people said is the same for all systems but in the rows that one has not read. So it
        # is summed once, and of each system what it lacks, which is little.
        widest = max(counted, key=lambda each: len(each.predicted))
        tables = {"targets": widest.people, "votes": widest.votes}
        tables = {name: table for name, table in tables.items() if table is not None}
        for number, each in enumerate(counted):
            tables |= {f"{name} {number}": table for name, table in _own(each, widest).items()}
            tables[f"product {number}"] = self._product(each)
        ends = np.cumsum([table.shape[1] for table in tables.values()])
        place = {
            name: slice(end - table.shape[1], end)
            for end, (name, table) in zip(ends.tolist(), tables.items(), strict=True)
        }
        wide = csr_array(hstack(list(tables.values())))
        drawn = draw([lambda weights: weights @ wide], wide.shape[0], resampling)[0]
        return [
            {
                against: self._scored(drawn, place, number, against)
                for against in ("targets", "votes")
                if f"{against} {number}" in place
            }
            for number in range(len(counted))
        ]

    def tests(
        self, counted: Sequence[CountedAnswers], *, n_swaps: int, seed: int
    ) -> list[dict[tuple[str, str], SwapTest]]:
        """Every distance and difference of shares tested by swapping system and people.

        Args:
            counted: The systems' answers, held against the targets.
            n_swaps: How many ways of swapping are tried.
            seed: Of those.

        Returns:
            For each system, as `scores` has them, a test for each distance and each of `ZONES`.
        """
        names: list[tuple[str, str]] = []

        def distances(people: Floats, system: Floats) -> Floats:
            found: dict[tuple[str, str], Floats] = {}
            for ladder in self.ladders:
                found |= _distances(ladder, people, system)
            if self.zones is not None:
                found |= _zone_gaps(people, system, self.zones)
            names[:] = found
            return np.abs(np.stack(list(found.values()), axis=1))

        pairs = [(each.people, each.system) for each in counted]
        tests = swap_tests(pairs, distances, n_swaps=n_swaps, seed=seed)
        return [dict(zip(names, own, strict=True)) for own in tests]

    def _product(self, counted: CountedAnswers) -> Any:
        """Sum of people's strength times the system's by group, (G, 1), or (G, 0) without strength."""
        from scipy.sparse import csr_array  # noqa: PLC0415 - scipy is slow to import

        if self.strength is None:
            return csr_array((len(counted.grouping), 0))
        product = self.strength[counted.truth] * self.strength[counted.predicted]
        return csr_array(counted.grouping.sums(product[:, None]))

    def _scored(
        self, drawn: Draws, place: Mapping[str, slice], number: int, against: str
    ) -> Numbers:
        names: list[tuple[str, str]] = []

        def numbers(totals: Floats) -> Floats:
            # Rounding may leave a little less than nothing of what was taken away.
            lacking = totals[:, place[f"{against} {number}"]]
            people = np.maximum(totals[:, place[against]] - lacking, 0.0)
            system = totals[:, place[f"system {number}"]]
            found = self._numbers(people, system)
            if self.strength is not None and against == "targets":
                (product,) = totals[:, place[f"product {number}"]].T
                mean_product = ratio(product, people.sum(axis=1))
                found["zones", "slope"] = _slope(people, system, mean_product, self.strength)
            names[:] = found
            return np.stack(list(found.values()), axis=1)

        mapped = drawn.mapped(numbers)
        return {name: mapped.column(column) for column, name in enumerate(names)}

    def _numbers(self, people: Floats, system: Floats) -> dict[tuple[str, str], Floats]:
        found: dict[tuple[str, str], Floats] = {}
        for ladder in self.ladders:
            found |= _distances(ladder, people, system, with_spreads=True)
        if self.zones is not None:
            found |= _zone_gaps(people, system, self.zones)
        return found


def _own(counted: CountedAnswers, widest: CountedAnswers) -> dict[str, Any]:
    """A system's answers, and what people said that it lacks of what they said of the widest."""
    tables = {"system": counted.system, "targets": widest.people - counted.people}
    if counted.votes is not None and widest.votes is not None:
        tables["votes"] = widest.votes - counted.votes
    return tables


def _zone_gaps(people: Floats, system: Floats, zone: Floats) -> dict[tuple[str, str], Floats]:
    gaps = _shares(system, zone) - _shares(people, zone)
    return {("zones", name): gap for name, gap in zip(ZONES, gaps.T, strict=True)}


def _distances(
    ladder: Ladder, people: Floats, system: Floats, *, with_spreads: bool = False
) -> dict[tuple[str, str], Floats]:
    found: dict[tuple[str, str], Floats] = {}
    if ladder.positions is not None:
        of_people, of_system = ladder.on_rungs(people), ladder.on_rungs(system)
        both = ordered_distances(of_people, of_system, ladder.positions)
        found |= {(ladder.of, name): each for name, each in zip(DISTANCES, both, strict=False)}
        if with_spreads:
            spreads = _spreads(of_people, of_system, ladder.positions)
            found |= {(ladder.of, name): each for name, each in spreads.items()}
    found[ladder.of, "js"] = jensen_shannon(people @ ladder.bins, system @ ladder.bins)
    return found


def _spreads(people: Floats, system: Floats, positions: Floats) -> dict[str, Floats]:
    (mean, variance), (own_mean, own_variance) = (
        level_moments(counts, positions) for counts in (people, system)
    )
    values: tuple[Floats, ...] = (
        own_mean - mean,
        np.sqrt(own_variance) - np.sqrt(variance),
        ratio(own_variance, variance),
    )
    return dict(zip(SPREADS, values, strict=True))


def _slope(people: Floats, system: Floats, product: Floats, strength: Floats) -> Floats:
    """Slope of the least-squares line of answered strength on people's, (B,)."""
    (mean, variance), (own_mean, _) = (
        level_moments(counts, strength) for counts in (people, system)
    )
    return ratio(product - mean * own_mean, np.where(variance > 1e-12, variance, 0.0))


def _shares(counts: Floats, zone: Floats) -> Floats:
    return ratio(counts @ zone, counts.sum(axis=1, keepdims=True))
