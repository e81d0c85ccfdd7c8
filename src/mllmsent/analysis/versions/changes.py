"""How much a version changed, in every quantity that can be named in a table or a gate.

There are two kinds. *Differences* are a score of the new version less that of the old one, on the
same questions, with the same groups drawn for both: the metrics of the scheme, `recall[LABEL]`, and
the shares of answers `coverage` (read), `unparsed` and `refused`. *Rates* are shares of the
questions that can be known of two versions only: `negative_flips`, `positive_flips`, `churn`. For
dimensions `mean_shift` is by how much the answers moved on average, in the units of the scale, and
`mean_change` by how much each moved, whatever the direction.

Where not one answer that bears on a difference changed, it is 0 from 0 to 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.metrics import Flips, LabelSample, LabelSetSample, RatingSample, flips, sample_kind
from mllmsent.metrics.classification import CLASS_COUNTS, recall_of_classes
from mllmsent.metrics.metric import metrics_for
from mllmsent.metrics.shared_draws import (
    draw_together,
    group_sums,
    joined_draws,
    unchanged_score,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.versions.pairs import VersionPair
    from mllmsent.metrics import Metric, Resampling, Score
    from mllmsent.metrics.bootstrap import Draws
    from mllmsent.metrics.metric import Floats, SampleKind, Statistics

__all__ = ["SHARES", "Change", "Quantity", "measure_changes", "quantities"]

STATUSES = ("ok", "unparsed", "refused")
SHARES = ("coverage", "unparsed", "refused")
"""Shares of the questions by what became of them."""

RATES = ("negative_flips", "positive_flips", "churn")
SHIFTS = ("mean_shift", "mean_change")


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something that can change between two versions.

    Attributes:
        name: As it is written in tables and gates: "macro_f1", "recall[negative]".
        better: 1 where more of it is better, -1 where less is, 0 where neither.
        is_rate: Whether it is a share of the questions and no difference.
    """

    name: str
    better: int
    is_rate: bool = False


def quantities(scheme: Scheme) -> dict[str, Quantity]:
    """Everything that can change in a scheme, by name, in the order in which it is told."""
    found = [
        Quantity(metric.name, 1 if metric.higher_is_better else -1) for metric in _metrics(scheme)
    ]
    found += [Quantity("coverage", 1), Quantity("unparsed", -1), Quantity("refused", -1)]
    if scheme.dimensions:
        found += [Quantity(name, 0) for name in SHIFTS]
    else:
        found += [
            Quantity("negative_flips", -1, is_rate=True),
            Quantity("positive_flips", 1, is_rate=True),
            Quantity("churn", 0, is_rate=True),
            *(Quantity(f"recall[{label}]", 1) for label in scheme.label_names),
        ]
    return {quantity.name: quantity for quantity in found}


@dataclass(frozen=True, eq=False)
class Change:
    """What changed between two versions, and how sure it is.

    Attributes:
        pair: The two versions.
        flips: Their answers against each other; None for dimensions.
        draws: What was drawn: side ("old" or "new") and statistics to totals, and "changes" and
            "flips".
    """

    pair: VersionPair
    flips: Flips | None
    draws: dict[Any, Draws]

    def score(self, name: str, *, level: float | None = None) -> Score:
        """A quantity with its interval; see the module.

        Args:
            name: One of `quantities`.
            level: Nominal coverage of the interval; by default as in the draws.
        """
        if name in RATES:
            assert self.flips is not None
            rate: Callable[[Floats], Floats] = {
                "negative_flips": Flips.negative_rate,
                "positive_flips": Flips.positive_rate,
                "churn": Flips.churn,
            }[name]
            return self._at(self.draws["flips"], level).score(rate, proportion=True)
        draws, difference = self._difference(name)
        draws = self._at(draws, level)
        return unchanged_score(draws, difference, draws.score(difference))

    def before(self, metric: Metric[Any]) -> Score:
        """The old version's score by a metric."""
        return self._alone("old", metric)

    def after(self, metric: Metric[Any]) -> Score:
        """The new version's score by a metric."""
        return self._alone("new", metric)

    def recall(self, side: str, code: int) -> float:
        """A version's recall of a label; NaN where it is never true."""
        return float(recall_of_classes(self.draws[side, CLASS_COUNTS].whole)[0, code])

    @property
    def true_rows(self) -> Floats:
        """For each of K labels the rows in which it is true, (K,)."""
        rows: Floats = self.draws["old", CLASS_COUNTS].whole[0, 1]
        return rows

    def _alone(self, side: str, metric: Metric[Any]) -> Score:
        draws = self.draws[side, metric.statistics]
        return draws.score(metric.value, proportion=metric.proportion)

    def _difference(self, name: str) -> tuple[Draws, Callable[[Floats], Floats]]:
        if name in (*SHARES, *SHIFTS):
            return self.draws["changes"], _column(name)
        if name.startswith("recall["):
            code = self.pair.scheme.label_names.index(name[len("recall[") : -1])
            return self._both(CLASS_COUNTS), lambda totals: (
                recall_of_classes(totals[:, 1]) - recall_of_classes(totals[:, 0])
            )[:, code]
        metric = self.metrics[name]
        return self._both(
            metric.statistics
        ), lambda totals: metric.value(totals[:, 1]) - metric.value(totals[:, 0])

    def _both(self, statistics: Statistics[Any]) -> Draws:
        return joined_draws(self.draws["old", statistics], self.draws["new", statistics])

    @cached_property
    def metrics(self) -> dict[str, Metric[Any]]:
        """The metrics that were drawn, by name."""
        return {
            metric.name: metric
            for metric in _metrics(self.pair.scheme)
            if ("old", metric.statistics) in self.draws
        }

    @staticmethod
    def _at(draws: Draws, level: float | None) -> Draws:
        if level is None:
            return draws
        return replace(draws, resampling=replace(draws.resampling, level=level))


def measure_changes(
    pairs: Sequence[VersionPair], resampling: Resampling, *, also: frozenset[str] = frozenset()
) -> list[Change]:
    """What changed in each of several pairs; groups are drawn once for all of the same groups.

    Args:
        pairs: The pairs.
        resampling: How intervals are made.
        also: Metrics to draw even if ranks make them slow (Spearman's correlation).
    """
    asked: dict[Any, Any] = {}
    of_pair = []
    for number, pair in enumerate(pairs):
        groups = pair.old.grouping.names
        wanted = [m for m in _metrics(pair.scheme) if m.statistics.additive or m.name in also]
        for statistics in dict.fromkeys(metric.statistics for metric in wanted):
            for side, sample in (("old", pair.old), ("new", pair.new)):
                asked[number, side, statistics] = group_sums(statistics, sample), groups
        asked[number, "changes"] = _change_sums(pair), groups
        own = None
        if isinstance(pair.old, LabelSample | LabelSetSample):
            assert isinstance(pair.new, LabelSample | LabelSetSample)
            own = flips(pair.old, pair.new)
            asked[number, "flips"] = own.sums, groups
        of_pair.append(own)
    drawn = draw_together(asked, resampling)
    draws: list[dict[Any, Draws]] = [{} for _ in pairs]
    for (number, *key), each in drawn.items():
        draws[number][key[0] if len(key) == 1 else tuple(key)] = each
    return [
        Change(pair, own, found) for pair, own, found in zip(pairs, of_pair, draws, strict=True)
    ]


def _metrics(scheme: Scheme) -> tuple[Metric[Any], ...]:
    return _metrics_of(sample_kind(scheme), len(scheme.labels) or None)


@cache
def _metrics_of(kind: SampleKind, n_labels: int | None) -> tuple[Metric[Any], ...]:
    """As `metrics_for`, which asks all installed packages each time."""
    return metrics_for(kind, n_labels=n_labels)


CHANGES = (*SHARES, *SHIFTS)


def _change_sums(pair: VersionPair) -> Floats:
    """Per group: rows, rows that both sides read, then the sums of `CHANGES`, (G, 7)."""
    old, new = (pair.rows[f"status_{side}"].to_numpy(str) for side in ("old", "new"))
    columns = [np.ones(pair.n), np.zeros(pair.n)]
    columns += [(new == status).astype(float) - (old == status) for status in STATUSES]
    moved = np.zeros(pair.n)
    if isinstance(pair.old, RatingSample) and isinstance(pair.new, RatingSample):
        both = pair.old.read & pair.new.read
        columns[1] = both.astype(float)
        moved = np.where(both, pair.new.predicted - pair.old.predicted, 0.0)
    columns += [moved, np.abs(moved)]
    return pair.old.grouping.sums(np.stack(columns, axis=1))


def _column(name: str) -> Callable[[Floats], Floats]:
    """From the sums of `_change_sums` to a mean over rows, or over rows that both sides read."""
    place, of = 2 + CHANGES.index(name), 1 if name in SHIFTS else 0

    def mean(totals: Floats) -> Floats:
        rows = totals[:, of]
        return np.divide(totals[:, place], rows, out=np.full_like(rows, np.nan), where=rows > 0)

    return mean
