"""Differences of a metric for many pairs of systems, with intervals from one set of draws.

For each pair this is what `score_difference` gives: the same groups are drawn for both, so that what
makes an image hard for both cancels out. Groups are drawn once for all pairs, and each system's sums
are made once. A pair that lacks some of the groups is compared on those that both have; how many of
them a resample holds is then left to chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.metrics.bootstrap import DEFAULT_RESAMPLING, Draws, Resampling, Score, draw
from mllmsent.metrics.paired_sums import PairedSums
from mllmsent.metrics.samples import shared_groups

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from mllmsent.metrics.metric import Floats, Metric
    from mllmsent.metrics.samples import Sample

__all__ = ["PairedDifference", "SystemDraws", "draw_systems", "paired_differences"]


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """How much higher one system scores than another.

    Attributes:
        first: Name of the first system.
        second: Name of the second.
        n_groups: Groups that both have.
        score: Score of the first less score of the second, with its interval.
        spread: Standard error of that: its standard deviation over the resamples; NaN where it has
            no interval.
    """

    first: str
    second: str
    n_groups: int
    score: Score
    spread: float


@dataclass(frozen=True, eq=False)
class SystemDraws:
    """The scores of systems, resample by resample, over the groups that each pair shares.

    Attributes:
        views: Pair to the places of its two scores; one system has one place for all pairs in which
            it shares the same groups.
        scores: The V scores of the sample (1, V), of its resamples (B, V) and without each group.
    """

    views: Mapping[tuple[str, str], tuple[int, int]]
    scores: Draws

    def draws(self, columns: Sequence[int]) -> Draws:
        """The scores at some places, to make one number of."""
        own = list(columns)
        return self.scores.mapped(lambda scores: scores[:, own])


def draw_systems(
    metric: Metric[Any],
    systems: Mapping[str, Sample],
    pairs: Sequence[tuple[str, str]],
    resampling: Resampling = DEFAULT_RESAMPLING,
) -> SystemDraws:
    """Score systems on the same resamples.

    Args:
        metric: What to score by.
        systems: Name to truth and answers, the groups of all named alike.
        pairs: Which are to be compared; at least one.
        resampling: How often groups are drawn.

    Raises:
        InputError: If the systems of a pair share no group, or answer on different scales.
    """
    wanted: dict[Hashable, None] = {}
    for one, other in pairs:
        systems[one].stacked(systems[other])  # raises where they are not answers on one scale
        wanted.update(dict.fromkeys(shared_groups(systems[one], systems[other])))
    sides = PairedSums.of(metric, systems, pairs, list(wanted))

    def scores(weights: Floats) -> Floats:
        return np.stack([metric.value(sums) for sums in sides.sums(weights)], axis=1)

    return SystemDraws(sides.views, draw([scores], sides.n_groups, resampling)[0])


def paired_differences(
    metric: Metric[Any],
    systems: Mapping[str, Sample],
    pairs: Sequence[tuple[str, str]],
    resampling: Resampling = DEFAULT_RESAMPLING,
) -> list[PairedDifference]:
    """How much the systems of each pair differ.

    Args:
        metric: What to compare by.
        systems: Name to truth and answers, the groups of all named alike.
        pairs: The pairs.
        resampling: How intervals are made.

    Returns:
        One for each pair, in their order.

    Raises:
        InputError: If the systems of a pair share no group, or answer on different scales.
    """
    if not pairs:
        return []
    drawn = draw_systems(metric, systems, pairs, resampling)
    names = {name: frozenset(systems[name].grouping.names) for pair in pairs for name in pair}
    found = []
    for pair in pairs:
        draws = drawn.draws(drawn.views[pair])
        score = draws.score(_difference)
        resampled = _difference(draws.resampled)
        spread = float(np.nanstd(resampled, ddof=1)) if score.interval.defined else float("nan")
        n_groups = len(names[pair[0]] & names[pair[1]])
        found.append(PairedDifference(*pair, n_groups, score, spread))
    return found


def _difference(scores: Floats) -> Floats:
    difference: Floats = scores[:, 0] - scores[:, 1]
    return difference
