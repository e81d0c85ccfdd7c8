"""Scores of labels that have an order: how far off an answer is, not only whether it is right.

Quadratic kappa and the error in ranks need two positions on the scale, so they are computed on the
rows that could be read; `LabelSample.worst_case` gives the sample whose scores belong beside them.
Adjacent accuracy counts an unread answer as wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mllmsent.metrics.metric import Floats, Metric, SampleKind, per_group
from mllmsent.metrics.moments import concordance, group_moments, mean_absolute_error

if TYPE_CHECKING:
    from mllmsent.metrics.samples import LabelSample

__all__ = ["ADJACENT_ACCURACY", "KAPPA_QUADRATIC", "MAE_RANKS"]

ORDERED: frozenset[SampleKind] = frozenset({"ordered"})


def _rank_moments(sample: LabelSample) -> Floats:
    predicted = np.where(sample.read, sample.predicted, np.nan)
    return group_moments(sample.truth.astype(float), predicted, sample.grouping, center=0.0)


def _within_one(sample: LabelSample) -> Floats:
    """Per group: rows, and those answered with the true label or a neighbor of it; (G, 2)."""
    near = sample.read & (np.abs(sample.predicted - sample.truth) <= 1)
    return sample.grouping.sums(np.column_stack([np.ones(len(near)), near]))


def _share(sums: Floats) -> Floats:
    rows = sums[:, 0]
    return np.divide(sums[:, 1], rows, out=np.full_like(rows, np.nan), where=rows > 0)


RANK_MOMENTS = per_group(_rank_moments)

KAPPA_QUADRATIC = Metric(
    "kappa_quadratic",
    "Quadratic kappa",
    ORDERED,
    RANK_MOMENTS,
    # With squared distances as weights, Cohen's kappa of two markings is Lin's concordance of their
    # ranks: both are 1 - mean squared difference / what it would be were the two independent.
    concordance,
    unread_rows="left out",
)
MAE_RANKS = Metric(
    "mae_ranks",
    "Mean error in ranks",
    ORDERED,
    RANK_MOMENTS,
    mean_absolute_error,
    higher_is_better=False,
    unread_rows="left out",
)
ADJACENT_ACCURACY = Metric(
    "adjacent_accuracy",
    "Accuracy within one rank",
    ORDERED,
    per_group(_within_one),
    _share,
    proportion=True,
    min_labels=3,
)
