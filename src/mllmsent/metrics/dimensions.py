"""Scores of ratings on a scale: RMSE, MAE, Pearson, Spearman, concordance.

All are computed on the rows that could be read; `RatingSample.worst_case` gives the sample whose
scores belong beside them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mllmsent.metrics.metric import Floats, Metric, SampleKind, Statistics, Totals, per_group
from mllmsent.metrics.moments import (
    concordance,
    correlation,
    group_moments,
    mean_absolute_error,
    root_mean_square,
)
from mllmsent.metrics.ranker import Ranker

if TYPE_CHECKING:
    from mllmsent.metrics.samples import RatingSample

__all__ = ["CCC", "MAE", "PEARSON", "RMSE", "SPEARMAN"]

DIMENSIONAL: frozenset[SampleKind] = frozenset({"dimensional"})

AT_ONCE = 100_000
"""Ranks at a time: few enough to stay in the processor's cache, which makes them three times as fast."""


def _moments(sample: RatingSample) -> Floats:
    # The middle of the scale is the same for every system, as mixing their sums requires.
    middle = (sample.low + sample.high) / 2
    return group_moments(sample.truth, sample.predicted, sample.grouping, center=middle)


def _rank_moments(sample: RatingSample) -> Totals:
    """Moments of the ranks that the values have in the weighted sample, not in the whole one.

    A row of weight w stands for w rows of equal value, which share the mean of their ranks. So a
    resample is ranked without being written out, all resamples at once.
    """
    read = sample.read
    rows = sample.grouping.index[read]
    truth_ranks, predicted_ranks = Ranker(sample.truth[read]), Ranker(sample.predicted[read])

    def totals(weights: Floats) -> Floats:
        few = max(1, AT_ONCE // max(1, len(rows)))
        parts = [some(weights[start : start + few]) for start in range(0, len(weights), few)]
        return np.concatenate(parts) if parts else np.zeros((0, 9))

    def some(weights: Floats) -> Floats:
        by_row = weights[:, rows]
        t, p = truth_ranks(by_row), predicted_ranks(by_row)
        sums = np.zeros((len(weights), 9))
        sums[:, 0] = by_row.sum(axis=1)
        for column, product in ((3, t * t), (4, p * p), (5, t * p)):
            sums[:, column] = np.einsum("bn,bn->b", by_row, product)
        return sums

    return totals


MOMENTS = per_group(_moments)

RMSE = Metric(
    "rmse",
    "RMSE",
    DIMENSIONAL,
    MOMENTS,
    root_mean_square,
    higher_is_better=False,
    unread_rows="left out",
)
MAE = Metric(
    "mae",
    "MAE",
    DIMENSIONAL,
    MOMENTS,
    mean_absolute_error,
    higher_is_better=False,
    unread_rows="left out",
)
PEARSON = Metric("pearson", "Pearson r", DIMENSIONAL, MOMENTS, correlation, unread_rows="left out")
SPEARMAN = Metric(
    "spearman",
    "Spearman rho",
    DIMENSIONAL,
    Statistics(_rank_moments),
    correlation,
    unread_rows="left out",
)
CCC = Metric("ccc", "Concordance (CCC)", DIMENSIONAL, MOMENTS, concordance, unread_rows="left out")
