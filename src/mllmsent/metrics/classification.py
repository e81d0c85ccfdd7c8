"""Scores of labels: accuracy, F1, per-class precision and recall, confusion.

An answer that could not be read counts as wrong: it lowers accuracy and the recall of the true
label, and is a false positive of no label. This is what scikit-learn gives if such answers are
handed to it as one more label that `labels=` leaves out.

Macro F1 is the mean over the labels that occur in the truth or among the answers, which is
scikit-learn's default: a label that neither people nor the system ever used says nothing, and one
that the system alone used scores 0. Weighted F1 weighs by how often a label is true, so it equals
scikit-learn's `f1_score(average="weighted")`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.metrics.metric import Floats, Metric, per_group
from mllmsent.metrics.ratio import ratio
from mllmsent.metrics.samples import LabelSample, LabelSetSample

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

__all__ = [
    "ACCURACY",
    "CLASS_COUNTS",
    "MACRO_F1",
    "WEIGHTED_F1",
    "ClassScores",
    "class_counts",
    "class_scores",
    "confusion_matrix",
    "f1_of_classes",
    "precision_of_classes",
    "recall_of_classes",
]


def confusion_matrix(sample: LabelSample) -> NDArray[np.int64]:
    """How often each true label (row) was answered as each label (column).

    Returns:
        Counts (K, K + 1); the last column holds the answers that could not be read.
    """
    n_labels = len(sample.labels)
    columns = np.where(sample.read, sample.predicted, n_labels)
    cells = np.bincount(
        sample.truth * (n_labels + 1) + columns, minlength=n_labels * (n_labels + 1)
    )
    return cells.reshape(n_labels, n_labels + 1)


def class_counts(sample: LabelSample | LabelSetSample) -> Floats:
    """Per group and label: right answers, true rows, answered rows; (G, 3, K)."""
    grouping = sample.grouping
    if isinstance(sample, LabelSetSample):
        right = sample.truth & sample.predicted
        return grouping.sums(
            np.stack([right, sample.truth, sample.predicted], axis=1).astype(float)
        )
    n_labels, n_groups = len(sample.labels), len(grouping)

    def count(rows: NDArray[np.bool_], codes: NDArray[np.intp]) -> NDArray[np.intp]:
        cells = grouping.index[rows] * n_labels + codes[rows]
        return np.bincount(cells, minlength=n_groups * n_labels).reshape(n_groups, n_labels)

    every = np.ones_like(sample.read)
    right = sample.truth == sample.predicted
    counts = (
        count(right, sample.truth),
        count(every, sample.truth),
        count(sample.read, sample.predicted),
    )
    return np.stack(counts, axis=1).astype(float)


CLASS_COUNTS = per_group(class_counts)
"""Right answers, true rows and answered rows of each label, (B, 3, K)."""


def recall_of_classes(counts: Floats) -> Floats:
    """Recall of each label, (B, K), from `CLASS_COUNTS` (B, 3, K); NaN where none is true."""
    return ratio(counts[:, 0], counts[:, 1])


def precision_of_classes(counts: Floats) -> Floats:
    """Precision of each label, (B, K), from `CLASS_COUNTS` (B, 3, K); NaN where none is answered."""
    return ratio(counts[:, 0], counts[:, 2])


def f1_of_classes(counts: Floats) -> Floats:
    """F1 of each label, (B, K), from `CLASS_COUNTS` (B, 3, K); NaN where the label never occurs."""
    return ratio(2 * counts[:, 0], counts[:, 1] + counts[:, 2])


def _accuracy(counts: Floats) -> Floats:
    return ratio(counts[:, 0].sum(axis=-1), counts[:, 1].sum(axis=-1))


def _macro_f1(counts: Floats) -> Floats:
    scores = f1_of_classes(counts)
    occurs = ~np.isnan(scores)
    return ratio(np.where(occurs, scores, 0.0).sum(axis=-1), occurs.sum(axis=-1).astype(float))


def _weighted_f1(counts: Floats) -> Floats:
    scores, support = np.nan_to_num(f1_of_classes(counts)), counts[:, 1]
    return ratio((scores * support).sum(axis=-1), support.sum(axis=-1))


ACCURACY = Metric(
    "accuracy",
    "Accuracy",
    frozenset({"categorical", "ordered"}),
    CLASS_COUNTS,
    _accuracy,
    proportion=True,
)
MACRO_F1 = Metric(
    "macro_f1",
    "Macro F1",
    frozenset({"categorical", "ordered", "multi_label"}),
    CLASS_COUNTS,
    _macro_f1,
)
WEIGHTED_F1 = Metric(
    "weighted_f1",
    "Weighted F1",
    frozenset({"categorical", "ordered", "multi_label"}),
    CLASS_COUNTS,
    _weighted_f1,
)


@dataclass(frozen=True, slots=True)
class ClassScores:
    """How one label fares.

    Attributes:
        label: The label.
        precision: Share of right ones among the answers that gave the label; NaN where none did.
        recall: Share of found ones among the rows where it is true; NaN where it never is.
        f1: Their harmonic mean; NaN where the label never occurs, in truth or answers.
        support: Rows where the label is true.
        answered: Rows where the label was answered.
    """

    label: Hashable
    precision: float
    recall: float
    f1: float
    support: int
    answered: int


def class_scores(sample: LabelSample | LabelSetSample) -> tuple[ClassScores, ...]:
    """Precision, recall, F1 and counts of every label of the scheme, in its order."""
    counts = class_counts(sample).sum(axis=0, keepdims=True)
    precision, recall, f1 = (
        function(counts)[0] for function in (precision_of_classes, recall_of_classes, f1_of_classes)
    )
    return tuple(
        ClassScores(
            label,
            float(precision[code]),
            float(recall[code]),
            float(f1[code]),
            int(counts[0, 1, code]),
            int(counts[0, 2, code]),
        )
        for code, label in enumerate(sample.labels)
    )
