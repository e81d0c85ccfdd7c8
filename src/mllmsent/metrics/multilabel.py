"""Scores of label sets, for schemes where one answer may hold several labels.

An answer that could not be read counts as wrong: it scores 0 in its row and misses every true label
of it, and is a false positive of none. An empty answer that was read ("none of these") is right
where no label is true. Macro and weighted F1 are those of `classification`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.metrics.classification import CLASS_COUNTS
from mllmsent.metrics.metric import Floats, Metric, SampleKind, per_group

if TYPE_CHECKING:
    from mllmsent.metrics.samples import LabelSetSample

__all__ = ["EXACT_MATCH", "EXAMPLE_F1", "JACCARD", "MICRO_F1"]

MULTI_LABEL: frozenset[SampleKind] = frozenset({"multi_label"})


def _row_scores(sample: LabelSetSample) -> Floats:
    """Per group: rows, and sums of their F1, Jaccard index and exact matches; (G, 4)."""
    shared = (sample.truth & sample.predicted).sum(axis=1)
    either = (sample.truth | sample.predicted).sum(axis=1)
    f1 = np.divide(2 * shared, shared + either, out=np.ones(len(either)), where=either > 0)
    jaccard = np.divide(shared, either, out=np.ones(len(either)), where=either > 0)
    scores = np.stack([f1, jaccard, shared == either], axis=1) * sample.read[:, None]
    return sample.grouping.sums(np.column_stack([np.ones(len(either)), scores]))


ROW_SCORES = per_group(_row_scores)


def _mean_of(column: int, sums: Floats) -> Floats:
    rows = sums[:, 0]
    return np.divide(sums[:, column], rows, out=np.full_like(rows, np.nan), where=rows > 0)


def _micro_f1(counts: Floats) -> Floats:
    right, true, answered = counts.sum(axis=-1).T
    whole = true + answered
    scores: Floats = np.divide(2 * right, whole, out=np.full_like(whole, np.nan), where=whole > 0)
    return scores


MICRO_F1 = Metric("micro_f1", "Micro F1", MULTI_LABEL, CLASS_COUNTS, _micro_f1)
EXAMPLE_F1 = Metric("example_f1", "F1 per example", MULTI_LABEL, ROW_SCORES, partial(_mean_of, 1))
JACCARD = Metric("jaccard", "Jaccard index", MULTI_LABEL, ROW_SCORES, partial(_mean_of, 2))
EXACT_MATCH = Metric(
    "exact_match",
    "Exact match",
    MULTI_LABEL,
    ROW_SCORES,
    partial(_mean_of, 3),
    proportion=True,
    min_labels=1,
)
