"""How one system's counted answers are distributed beside people's: distances, shares, slope."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.answer_levels import ZONES, Ladder, ladders, strengths, zones
from mllmsent.metrics.bootstrap import draw
from mllmsent.metrics.distributions import (
    jensen_shannon,
    kolmogorov_smirnov,
    level_moments,
    swap_tests,
    wasserstein,
)

if TYPE_CHECKING:
    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.counted_answers import CountedAnswers
    from mllmsent.metrics import Resampling, Score
    from mllmsent.metrics.distributions import SwapTest
    from mllmsent.metrics.metric import Floats

__all__ = ["DISTANCES", "Lens"]

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
        self, counted: CountedAnswers, resampling: Resampling, *, votes: bool = False
    ) -> dict[tuple[str, str], Score]:
        """Every number with its interval.

        Args:
            counted: The system's answers.
            resampling: How intervals are made.
            votes: Whether they are held against single votes, instead of targets.

        Returns:
            Ladder ("zones" for shares of zones, and the slope) and name of the number, to score.
        """
        from scipy.sparse import csr_array, hstack  # noqa: PLC0415 - scipy is slow to import

        people = counted.votes if votes else counted.people
        tables = [people, counted.system]
        if self.strength is not None and not votes:
            product = self.strength[counted.truth] * self.strength[counted.predicted]
            tables.append(csr_array(counted.grouping.sums(product[:, None])))
        table = csr_array(hstack(tables))
        drawn = draw([lambda weights: weights @ table], len(counted.grouping), resampling)[0]
        names, whole = self._numbers(drawn.whole, has_slope=len(tables) > 2)
        numbers = replace(
            drawn,
            whole=whole,
            resampled=self._numbers(drawn.resampled, has_slope=len(tables) > 2)[1],
            left_out=self._numbers(drawn.left_out, has_slope=len(tables) > 2)[1],
        )
        return {
            name: numbers.score(lambda each, column=column: each[:, column])
            for column, name in enumerate(names)
        }

    def tests(
        self, counted: CountedAnswers, *, n_swaps: int, seed: int
    ) -> dict[tuple[str, str], SwapTest]:
        """Every distance and difference of shares tested by swapping system and people.

        Args:
            counted: The system's answers, held against the targets.
            n_swaps: How many ways of swapping are tried.
            seed: Of those.

        Returns:
            As `scores` has them: a test for each distance, and for each of `ZONES`.
        """
        names: list[tuple[str, str]] = []

        def distances(people: Floats, system: Floats) -> Floats:
            found: dict[tuple[str, str], Floats] = {}
            for ladder in self.ladders:
                found |= _distances(ladder, people, system)
            if self.zones is not None:
                gaps = np.abs(_shares(system, self.zones) - _shares(people, self.zones))
                found |= {("zones", zone): gap for zone, gap in zip(ZONES, gaps.T, strict=True)}
            names[:] = found
            return np.stack(list(found.values()), axis=1)

        tests = swap_tests(counted.people, counted.system, distances, n_swaps=n_swaps, seed=seed)
        return dict(zip(names, tests, strict=True))

    def _numbers(self, totals: Floats, *, has_slope: bool) -> tuple[list[tuple[str, str]], Floats]:
        n_levels = self.ladders[0].rungs.shape[0]
        people, system = totals[:, :n_levels], totals[:, n_levels : 2 * n_levels]
        found: dict[tuple[str, str], Floats] = {}
        for ladder in self.ladders:
            found |= _distances(ladder, people, system)
            if ladder.positions is not None:
                spreads = _spreads(people @ ladder.rungs, system @ ladder.rungs, ladder.positions)
                found |= {(ladder.of, name): each for name, each in spreads.items()}
        if self.zones is not None:
            gaps = _shares(system, self.zones) - _shares(people, self.zones)
            found |= {("zones", zone): gap for zone, gap in zip(ZONES, gaps.T, strict=True)}
        if has_slope and self.strength is not None:
            mean_product = totals[:, -1] / people.sum(axis=1)
            found["zones", "slope"] = _slope(people, system, mean_product, self.strength)
        return list(found), np.stack(list(found.values()), axis=1)


def _distances(ladder: Ladder, people: Floats, system: Floats) -> dict[tuple[str, str], Floats]:
    found: dict[tuple[str, str], Floats] = {}
    if ladder.positions is not None:
        of_people, of_system = people @ ladder.rungs, system @ ladder.rungs
        found[ladder.of, "ks"] = kolmogorov_smirnov(of_people, of_system)
        found[ladder.of, "wasserstein"] = wasserstein(of_people, of_system, ladder.positions)
    found[ladder.of, "js"] = jensen_shannon(people @ ladder.bins, system @ ladder.bins)
    return found


def _spreads(people: Floats, system: Floats, positions: Floats) -> dict[str, Floats]:
    (mean, variance), (own_mean, own_variance) = (
        level_moments(counts, positions) for counts in (people, system)
    )
    ratio = np.divide(
        own_variance, variance, out=np.full(len(variance), np.nan), where=variance > 0
    )
    values: tuple[Any, ...] = (own_mean - mean, np.sqrt(own_variance) - np.sqrt(variance), ratio)
    return dict(zip(SPREADS, values, strict=True))


def _slope(people: Floats, system: Floats, product: Floats, strength: Floats) -> Floats:
    """Slope of the least-squares line of answered strength on people's, (B,)."""
    (mean, variance), (own_mean, _) = (
        level_moments(counts, strength) for counts in (people, system)
    )
    return np.divide(
        product - mean * own_mean,
        variance,
        out=np.full(len(variance), np.nan),
        where=variance > 1e-12,
    )


def _shares(counts: Floats, zone: Floats) -> Floats:
    n = counts.sum(axis=1, keepdims=True)
    shares: Floats = np.divide(
        counts @ zone, n, out=np.full((len(counts), zone.shape[1]), np.nan), where=n > 0
    )
    return shares
