"""Scores of wordings on the same resamples: gains, spreads, and how models rank in each."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from mllmsent.analysis.comparison.find import in_favor
from mllmsent.analysis.merits import Merits
from mllmsent.metrics import draw_systems, get_metric, kendall_w, swapped_pairs
from mllmsent.metrics.samples import take_groups

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.analysis.answers import Answers
    from mllmsent.analysis.evidence import Evidence
    from mllmsent.analysis.leaderboard import Leaderboard
    from mllmsent.analysis.strategies.families import Family
    from mllmsent.metrics import Metric, Resampling, Sample, Score, SystemDraws
    from mllmsent.metrics.metric import Floats

__all__ = ["Scoring", "StrategyScores"]

ROUNDING = 1e-9
"""Smaller differences between two errors are rounding."""


@dataclass(frozen=True, eq=False)
class StrategyScores:
    """Systems scored on the groups of items that all of them answered.

    Attributes:
        metric: What they are scored by.
        drawn: Their scores, resample by resample.
        place: System to its column there.
    """

    metric: Metric[Any]
    drawn: SystemDraws
    place: Mapping[str, int]

    @classmethod
    def of(
        cls, metric: Metric[Any], samples: Mapping[str, Sample], resampling: Resampling
    ) -> Self | None:
        """Score systems together.

        Args:
            metric: What to score by.
            samples: System to truth and answers, at least two.
            resampling: How intervals are made.

        Returns:
            The scores; None where no group was answered by all.
        """
        names = [frozenset(sample.grouping.names) for sample in samples.values()]
        common = reduce(frozenset.intersection, names)
        if not common:
            return None
        first, *others = samples
        groups = [name for name in samples[first].grouping.names if name in common]
        shared = {name: take_groups(sample, groups) for name, sample in samples.items()}
        pairs = [(first, other) for other in others]
        drawn = draw_systems(metric, shared, pairs, resampling)
        place = {name: drawn.views[first, name][1] for name in others}
        return cls(metric, drawn, place | {first: drawn.views[first, others[0]][0]})

    def score(self, system: str) -> Score:
        """A system's score."""
        return self.drawn.draws([self.place[system]]).score(lambda scores: scores[:, 0])

    def gain(self, system: str, over: str) -> Score:
        """By how much a system is better than another, also where less of the metric is better."""
        draws = self.drawn.draws([self.place[system], self.place[over]])
        return in_favor(self.metric, draws.score(lambda scores: scores[:, 0] - scores[:, 1]))

    def best_first(self, systems: Sequence[str]) -> list[str]:
        """Some systems, the best first."""
        sign = -1 if self.metric.higher_is_better else 1
        return sorted(systems, key=lambda name: sign * self.drawn.scores.whole[0, self.place[name]])

    def spread(self, systems: Sequence[str]) -> tuple[Score, float, float]:
        """Best less worst of some systems: with its interval, its mean by chance, and its p value.

        By chance means that all are equally good: each system's resampled scores are centered on its
        own score, so that what is left is sampling, as correlated as the systems are.
        """
        draws = self.drawn.draws([self.place[system] for system in systems])
        score = draws.score(_spread)
        by_chance = _spread(draws.resampled - draws.whole)
        by_chance = by_chance[~np.isnan(by_chance)]
        if not by_chance.size or np.isnan(score.value):
            return score, float("nan"), float("nan")
        as_large = int(np.count_nonzero(by_chance >= score.value - 1e-9))
        return score, float(by_chance.mean()), (as_large + 1) / (by_chance.size + 1)

    def deviation(self, systems: Sequence[str]) -> Score:
        """Standard deviation of the scores of some systems."""
        return self.drawn.draws([self.place[system] for system in systems]).score(
            lambda scores: scores.std(axis=1, ddof=1)
        )

    def rankings(self, grid: Sequence[Sequence[str]]) -> dict[str, Score]:
        """How models rank in each wording.

        Args:
            grid: For each of n models its systems in m wordings.

        Returns:
            Kendall's "w", the share "swapped" of pairs of models, and the standard deviations
            "sd_wordings" (of a model's wordings, mean over models) and "sd_models" (of a wording's
            models, mean over wordings).
        """
        n, m = len(grid), len(grid[0])
        draws = self.drawn.draws([self.place[system] for row in grid for system in row])

        def table(scores: Floats) -> Floats:
            return scores.reshape(len(scores), n, m)

        return {
            "w": draws.score(lambda scores: kendall_w(table(scores))),
            "swapped": draws.score(lambda scores: swapped_pairs(table(scores))),
            "sd_wordings": draws.score(
                lambda scores: table(scores).std(axis=2, ddof=1).mean(axis=1)
            ),
            "sd_models": draws.score(lambda scores: table(scores).std(axis=1, ddof=1).mean(axis=1)),
        }

    def clearly_swapped(self, grid: Sequence[Sequence[str]]) -> int:
        """How many pairs of models change places beyond their intervals.

        One is better than the other in one wording and worse in another, each by an interval that
        excludes 0.
        """
        count = 0
        for number, one in enumerate(grid):
            for other in grid[number + 1 :]:
                ends = [self.gain(*pair).interval for pair in zip(one, other, strict=True)]
                count += any(end.low > 0 for end in ends) and any(end.high < 0 for end in ends)
        return count


def _spread(scores: Floats) -> Floats:
    spread: Floats = scores.max(axis=1) - scores.min(axis=1)
    return spread


@dataclass(frozen=True, eq=False)
class Scoring:
    """What is known of how good wordings are, in one scheme or dimension.

    Attributes:
        scores: Systems on the items that all of them answered; None where nothing is scored.
        title: Title of the metric; empty where nothing is scored.
        n_items: How many items those are.
        p: Two systems to the leaderboard's p value of their difference.
        wins: Two systems to the questions on which only the first is better.
        lacking: What could not be scored, and why.
    """

    scores: StrategyScores | None = None
    title: str = ""
    n_items: int = 0
    p: Mapping[tuple[str, str], float] = field(default_factory=dict)
    wins: Mapping[tuple[str, str], int] = field(default_factory=dict)
    lacking: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        evidence: Evidence,
        board: Leaderboard | None,
        answers: Answers,
        families: Sequence[Family],
        *,
        resampling: Resampling,
        condition: str = "none",
    ) -> Self:
        """Score the wordings of all families.

        Args:
            evidence: The run's tables.
            board: Its leaderboard; None where nothing can be ranked.
            answers: The answers in the scheme or dimension.
            families: The families that answered in it.
            resampling: How intervals are made.
            condition: The condition under which systems answered.
        """
        scheme, dimension = answers.scheme, answers.dimension
        wanted = [name for family in families for name in family.wordings]
        ranked = set() if board is None else _ranked(board, scheme.name, dimension)
        scored = {
            entry.system_id: entry
            for entry in evidence.scored(scheme.name, condition=condition)
            if entry.dimension == dimension and entry.system_id in wanted
        }
        kept = {name: scored[name] for name in wanted if name in scored and name in ranked}
        if board is None or not any(family.among(list(kept)) for family in families):
            return cls(
                lacking=("no two wordings of a model are ranked: only answers are compared.",)
            )
        metric = get_metric(board.metrics[scheme.name])
        samples = {name: entry.sample for name, entry in kept.items() if entry.sample is not None}
        scores = StrategyScores.of(metric, samples, resampling)
        if scores is None:
            return cls(lacking=("no item was answered in all wordings.",))
        tests = board.differences[f"{scheme.name}/{dimension}" if dimension else scheme.name]
        items = [frozenset(entry.rows["item_id"]) for entry in kept.values()]
        left_out = [evidence.names[name] for name in wanted if name not in kept]
        merits = Merits.of(scheme, list(kept.values()))
        own = dict(zip(kept, merits.merits[:, : len(kept)].T, strict=True))
        return cls(
            scores=scores,
            title=metric.title,
            n_items=len(frozenset.intersection(*items)),
            p={
                pair: float(p)
                for first, second, p in zip(
                    tests["first_id"], tests["second_id"], tests["p"], strict=True
                )
                for pair in ((first, second), (second, first))
            },
            wins={
                (one, other): int(np.count_nonzero(own[one] - own[other] > ROUNDING))
                for family in families
                for one in family.wordings
                for other in family.wordings
                if one in own and other in own
            },
            lacking=tuple(f"{name} is not ranked, so it is not scored." for name in left_out),
        )

    @property
    def metric_name(self) -> str:
        """Name of the metric; empty where nothing is scored."""
        return "" if self.scores is None else self.scores.metric.name

    @property
    def level(self) -> float:
        """Of intervals, and 1 less that of tests."""
        return 0.95 if self.scores is None else self.scores.drawn.scores.resampling.level

    def family(self, family: Family) -> Family | None:
        """Those of a family that are scored; None where they are fewer than two."""
        return None if self.scores is None else family.among(list(self.scores.place))


def _ranked(board: Leaderboard, scheme: str, dimension: str) -> set[str]:
    rows = board.rows
    if not len(rows):
        return set()
    rows = rows[(rows["scheme"] == scheme) & rows["ranked"]]
    return set(
        rows[rows["dimension"] == dimension]["system_id"] if dimension else rows["system_id"]
    )
