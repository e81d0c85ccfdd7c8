"""Two groups of people against each other: how far they differ, and how well one predicts the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.numbers import score_columns
from mllmsent.metrics import get_metric, label_sample, label_set_sample, rating_sample, score_sample
from mllmsent.metrics.bootstrap import draw

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.evidence import Evidence
    from mllmsent.metrics import Metric, Resampling, Sample, Score
    from mllmsent.metrics.metric import Floats

__all__ = ["PEOPLE_COLUMNS", "GroupPair", "people_row"]

PEOPLE_COLUMNS = (
    "scheme", "dimension", "first", "second", "n_items", "n_contested", "contested",
    "contested_low", "contested_high", "mean_difference", "mean_low", "mean_high", "correlation",
    "correlation_low", "correlation_high", "metric", "first_predicts_second", "first_low",
    "first_high", "second_predicts_first", "second_low", "second_high",
)  # fmt: skip


@dataclass(frozen=True)
class GroupPair:
    """Two groups of annotators in one scheme, or in one dimension of it.

    Attributes:
        evidence: The run's tables.
        scheme: The scheme.
        dimension: The dimension; empty for labels.
        first: The one group, such as "culture=us".
        second: The other.
    """

    evidence: Evidence
    scheme: Scheme
    dimension: str
    first: str
    second: str

    @property
    def names(self) -> tuple[str, str]:
        """The two groups."""
        return self.first, self.second

    @property
    def columns(self) -> dict[str, Any]:
        """What every row of a table says of the pair."""
        return {
            "scheme": self.scheme.name,
            "dimension": self.dimension or None,
            "first": self.first,
            "second": self.second,
        }

    def truth(self, group: str) -> dict[str, Any]:
        """Item to what a group says."""
        return self.evidence.truth(self.scheme.name, self.dimension, group)


def people_row(pair: GroupPair, metric: Metric[Any], resampling: Resampling) -> dict[str, Any]:
    """How two groups of annotators differ on the items that both judged.

    Args:
        pair: The groups.
        metric: What systems are ranked by.
        resampling: How intervals are made.
    """
    one, other = (pair.truth(group) for group in pair.names)
    items = [item for item in one if item in other]
    forth, back = _sample(pair, items, one, other), _sample(pair, items, other, one)
    row: dict[str, Any] = {
        **pair.columns,
        "n_items": len(items),
        "metric": metric.name,
        **score_columns(
            "first_predicts_second",
            score_sample([metric], forth, resampling)[metric.name],
            "first_",
        ),
        **score_columns(
            "second_predicts_first",
            score_sample([metric], back, resampling)[metric.name],
            "second_",
        ),
    }
    if pair.dimension:
        pearson = get_metric("pearson")
        apart = np.array([one[item] - other[item] for item in items])
        correlation = score_sample([pearson], forth, resampling)[pearson.name]
        shift = _mean(apart, forth, resampling)
        return (
            row
            | score_columns("mean_difference", shift, "mean_")
            | score_columns("correlation", correlation, "correlation_")
        )
    apart = np.array([one[item] != other[item] for item in items], dtype=float)
    share = _mean(apart, forth, resampling, proportion=True)
    return row | {"n_contested": int(apart.sum())} | score_columns("contested", share, "contested_")


def _sample(
    pair: GroupPair, items: Sequence[str], said: Mapping[str, Any], truth: Mapping[str, Any]
) -> Sample:
    """The one group's words as if they were a system's answers, held against the other's."""
    answers, known = [said[item] for item in items], [truth[item] for item in items]
    groups, scheme = [pair.evidence.groups[item] for item in items], pair.scheme
    if pair.dimension:
        scale = scheme.dimension(pair.dimension)
        return rating_sample(known, answers, low=scale.low, high=scale.high, groups=groups)
    if scheme.multi_label:
        return label_set_sample(known, answers, scheme.label_names, groups)
    return label_sample(known, answers, scheme.label_names, groups)


def _mean(
    values: Floats, sample: Sample, resampling: Resampling, *, proportion: bool = False
) -> Score:
    """The mean over items, with groups of items drawn again."""
    sums = sample.grouping.sums(np.stack([values, np.ones_like(values)], axis=1))
    draws = draw([lambda weights: weights @ sums], len(sums), resampling)[0]
    return draws.score(
        lambda totals: np.divide(
            totals[:, 0], totals[:, 1], out=np.full(len(totals), np.nan), where=totals[:, 1] > 0
        ),
        proportion=proportion,
    )
