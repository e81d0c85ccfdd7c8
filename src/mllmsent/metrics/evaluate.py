"""Every score of a system at once: columns of truth, answers and groups in, scores out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from mllmsent.foundation import InputError
from mllmsent.metrics.bootstrap import DEFAULT_RESAMPLING, Resampling, Score, draw, score_sample
from mllmsent.metrics.classification import (
    CLASS_COUNTS,
    class_counts,
    f1_of_classes,
    precision_of_classes,
    recall_of_classes,
)
from mllmsent.metrics.coding import label_sample, label_set_sample, rating_sample
from mllmsent.metrics.grouping import Grouping
from mllmsent.metrics.metric import Floats, Metric, SampleKind, metrics_for

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Mapping, Sequence

    from numpy.typing import NDArray

    from mllmsent.metrics.grouping import Column
    from mllmsent.metrics.metric import Totals
    from mllmsent.metrics.samples import LabelSample, LabelSetSample, Sample

__all__ = [
    "Evaluation",
    "FoldScores",
    "class_intervals",
    "evaluate",
    "evaluate_dimension",
    "evaluate_label_sets",
    "evaluate_labels",
    "fold_mean",
    "fold_mean_difference",
]

S = TypeVar("S", bound="Sample")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How a system fares.

    Attributes:
        n_rows: Rows that were scored.
        n_groups: Groups they fall into.
        coverage: Share of rows whose answer could be read; NaN without rows.
        scores: Metric name to score and interval.
        worst: Metric name to score, of the metrics that leave out unread rows, had each of them
            been answered as wrongly as possible; empty where every row was read.
    """

    n_rows: int
    n_groups: int
    coverage: float
    scores: Mapping[str, Score]
    worst: Mapping[str, float] = field(default_factory=dict)

    def __getitem__(self, metric: str) -> Score:
        return self.scores[metric]


def evaluate(
    metrics: Sequence[Metric[Any]], sample: Sample, resampling: Resampling = DEFAULT_RESAMPLING
) -> Evaluation:
    """Scores a sample by several metrics, with worst cases where rows were not read.

    Args:
        metrics: What to score by; all must know the kind of `sample`.
        sample: Truth and answers.
        resampling: How the intervals are made.
    """
    read = sample.read
    left_out = [metric for metric in metrics if metric.unread_rows == "left out"]
    case = None if read.all() else sample.worst_case()
    return Evaluation(
        n_rows=len(read),
        n_groups=len(sample.grouping),
        coverage=float(read.mean()) if len(read) else float("nan"),
        scores=score_sample(metrics, sample, resampling),
        worst={} if case is None else {metric.name: metric(case) for metric in left_out},
    )


def evaluate_labels(
    truth: Column[Hashable],
    predicted: Column[Hashable | None],
    labels: Column[Hashable],
    *,
    ordered: bool = False,
    groups: Column[Hashable] | None = None,
    resampling: Resampling = DEFAULT_RESAMPLING,
) -> Evaluation:
    """Every score of one answered label per row.

    Args:
        truth: The true labels.
        predicted: The answers; None, NaN or -1 where they could not be read.
        labels: The scheme's labels, lowest first where it is ordered.
        ordered: Whether they have an order.
        groups: The rows' groups; without them each row is a group of its own.
        resampling: How the intervals are made.

    Raises:
        InputError: As `label_sample` does.
    """
    kind: SampleKind = "ordered" if ordered else "categorical"
    sample = label_sample(truth, predicted, labels, groups)
    return evaluate(metrics_for(kind, n_labels=len(labels)), sample, resampling)


def evaluate_label_sets(
    truth: Column[Collection[Hashable]],
    predicted: Column[Collection[Hashable] | None],
    labels: Column[Hashable],
    *,
    groups: Column[Hashable] | None = None,
    resampling: Resampling = DEFAULT_RESAMPLING,
) -> Evaluation:
    """Every score of a set of answered labels per row; arguments as for `label_set_sample`."""
    sample = label_set_sample(truth, predicted, labels, groups)
    return evaluate(metrics_for("multi_label", n_labels=len(labels)), sample, resampling)


def evaluate_dimension(
    truth: Column[float],
    predicted: Column[float | None],
    *,
    low: float,
    high: float,
    groups: Column[Hashable] | None = None,
    resampling: Resampling = DEFAULT_RESAMPLING,
) -> Evaluation:
    """Every score of one answered number per row; arguments as for `rating_sample`."""
    sample = rating_sample(truth, predicted, low=low, high=high, groups=groups)
    return evaluate(metrics_for("dimensional"), sample, resampling)


def class_intervals(
    sample: LabelSample | LabelSetSample, resampling: Resampling = DEFAULT_RESAMPLING
) -> dict[Hashable, dict[str, Score]]:
    """Precision, recall and F1 of every label, each with its interval.

    A label that is rare may be missing from many resamples; then its scores have no interval.

    Returns:
        Label to "precision", "recall" and "f1".
    """
    draws = draw([CLASS_COUNTS.prepare(sample)], len(sample.grouping), resampling)[0]
    # What bears on recall are the groups where the label is true; on precision, where answered.
    _, true_in, answered_in = (class_counts(sample) > 0).sum(axis=0)

    def score(of: Callable[[Floats], Floats], code: int, groups: Floats | None = None) -> Score:
        return draws.score(
            lambda counts: of(counts)[:, code],
            proportion=groups is not None,
            n_units=None if groups is None else int(groups[code]),
        )

    return {
        label: {
            "precision": score(precision_of_classes, code, answered_in),
            "recall": score(recall_of_classes, code, true_in),
            "f1": score(f1_of_classes, code),
        }
        for code, label in enumerate(sample.labels)
    }


@dataclass(frozen=True, slots=True)
class FoldScores:
    """A score as the mean over folds, as cross-validated results are published.

    Attributes:
        mean: Mean of the folds' scores, with an interval from drawing groups again.
        by_fold: Fold to its score.
    """

    mean: Score
    by_fold: Mapping[Hashable, float]


def fold_mean(
    metric: Metric[Any],
    sample: Sample,
    folds: Column[Hashable],
    resampling: Resampling = DEFAULT_RESAMPLING,
) -> FoldScores:
    """The mean over folds of a metric within each fold, each fold counting alike.

    For F1 this is not the score of all rows together. The published results on PerceptSent are such
    means of weighted F1 over five folds.

    Args:
        metric: What to score by.
        sample: Truth and answers of all folds.
        folds: The fold of each row.
        resampling: How the interval is made.

    Raises:
        InputError: If there is not one fold per row.
    """
    fold_of = _folds(folds, sample)
    totals = _fold_totals(metric, sample, fold_of)
    draws = draw([totals], len(sample.grouping), resampling)[0]
    return FoldScores(
        mean=draws.score(lambda sums: _fold_values(metric, sums).mean(axis=1)),
        by_fold=dict(
            zip(fold_of.names, _fold_values(metric, draws.whole)[0].tolist(), strict=True)
        ),
    )


def fold_mean_difference(
    metric: Metric[Any],
    first: S,
    second: S,
    folds: Column[Hashable],
    resampling: Resampling = DEFAULT_RESAMPLING,
) -> Score:
    """How much higher `first` scores than `second` by the mean over folds that both were tested in.

    The same groups are drawn for both, as in `score_difference`.

    Args:
        metric: What to score by.
        first: Truth and answers of one system.
        second: Those of the other, of the same rows in the same order.
        folds: The fold of each row.
        resampling: How the interval is made.

    Raises:
        InputError: If the rows are not the same, or there is not one fold per row.
    """
    fold_of = _folds(folds, first)
    first.stacked(second)  # checks that the two can be compared
    same = first.grouping.names == second.grouping.names
    if not same or not np.array_equal(first.grouping.index, second.grouping.index):
        raise InputError("Two systems can be compared fold by fold on the same rows only.")
    of_first = _fold_totals(metric, first, fold_of)
    of_second = _fold_totals(metric, second, fold_of)

    def both(weights: Floats) -> Floats:
        return np.stack([of_first(weights), of_second(weights)], axis=1)

    def difference(sums: Floats) -> Floats:
        means: list[Floats] = [_fold_values(metric, sums[:, n]).mean(axis=1) for n in (0, 1)]
        return means[0] - means[1]

    return draw([both], len(first.grouping), resampling)[0].score(difference)


def _folds(folds: Column[Hashable], sample: Sample) -> Grouping:
    fold_of = Grouping.of(folds, len(sample.read))
    if not len(fold_of):
        raise InputError("There is no fold to score.")
    return fold_of


def _fold_totals(metric: Metric[Any], sample: Sample, fold_of: Grouping) -> Totals:
    """From weights (B, groups) to each fold's sums (B, folds, ...)."""
    # Each fold's sample keeps all groups, most of them empty, so that one draw serves every fold.
    parts = [
        metric.statistics.prepare(_only(sample, fold_of.index == fold))
        for fold in range(len(fold_of))
    ]

    def totals(weights: Floats) -> Floats:
        return np.stack([part(weights) for part in parts], axis=1)

    return totals


def _fold_values(metric: Metric[Any], sums: Floats) -> Floats:
    """(B, folds) the score of each fold."""
    folds = range(sums.shape[1])
    values: Floats = np.stack([metric.value(sums[:, fold]) for fold in folds], axis=1)
    return values


def _only(sample: Sample, rows: NDArray[np.bool_]) -> Sample:
    grouping = sample.grouping
    return sample.rows(rows, Grouping(grouping.names, grouping.index[rows]))
