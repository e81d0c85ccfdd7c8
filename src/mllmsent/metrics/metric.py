"""The one shape of a metric, so that intervals and tests work for every one of them.

A metric is a function of sums over groups. Its `Statistics` turn a sample into something that can
be asked: "what are the sums if group g counts w_g times?", for many weightings at once; its `value`
turns such sums into scores. Everything else is a choice of weights:

- all ones: the score itself;
- how often each group was drawn: a bootstrap resample;
- ones and a zero: a jackknife value;
- ones where two systems keep their answers and zeros where they swap: a permutation.

A new metric is one `Metric` in a file and one line in `METRICS` (or an entry point in the group
`mllmsent.metrics`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from mllmsent.foundation import Registry

if TYPE_CHECKING:
    from mllmsent.metrics.samples import Sample

__all__ = [
    "METRICS",
    "Floats",
    "Metric",
    "SampleKind",
    "Statistics",
    "Totals",
    "get_metric",
    "metric_names",
    "metrics_for",
    "per_group",
]

Floats = NDArray[np.float64]
Totals = Callable[[Floats], Floats]
"""Weights of G groups, (B, G), to sums over the groups so weighted, (B, ...)."""

SampleKind = Literal["categorical", "ordered", "multi_label", "dimensional"]
S = TypeVar("S", bound="Sample")


@dataclass(frozen=True, slots=True)
class Statistics(Generic[S]):
    """What a metric needs to know about a sample. Metrics may share one.

    Attributes:
        prepare: Looks at a sample once and returns its totals for any weights.
        sums: Where the totals are a plain weighted sum of per-group values, what gives those,
            (G, ...); tests use one system's against every other system.
    """

    prepare: Callable[[S], Totals]
    sums: Callable[[S], Floats] | None = None

    @property
    def additive(self) -> bool:
        """Whether the totals are a plain weighted sum of per-group values."""
        return self.sums is not None


@dataclass(frozen=True, slots=True)
class Metric(Generic[S]):
    """A score of a sample.

    Attributes:
        name: As it is written in studies and table columns: "macro_f1".
        title: As people read it: "Macro F1".
        kinds: The kinds of sample it can score.
        statistics: The sums it is computed from.
        value: Totals (B, ...) to scores (B,); NaN where the score is undefined.
        higher_is_better: Whether more of it is better.
        unread_rows: What an answer that could not be read does to it: it counts as "wrong", or it
            is "left out" and the worst case has to be shown beside the score.
        proportion: Whether it is the share of rows that are right, for which an exact interval is
            known even where all or none are.
        min_labels: With fewer labels the metric says nothing.
    """

    name: str
    title: str
    kinds: frozenset[SampleKind]
    statistics: Statistics[S]
    value: Callable[[Floats], Floats]
    higher_is_better: bool = True
    unread_rows: Literal["wrong", "left out"] = "wrong"
    proportion: bool = False
    min_labels: int = 2

    def __call__(self, sample: S) -> float:
        """The score of `sample`; NaN where it is undefined."""
        totals = self.statistics.prepare(sample)
        return float(self.value(totals(np.ones((1, len(sample.grouping)))))[0])


def per_group(sums: Callable[[S], Floats]) -> Statistics[S]:
    """Additive statistics from a function that gives each group's own sums, (G, ...)."""

    def prepare(sample: S) -> Totals:
        table = sums(sample)
        flat = table.reshape(len(table), math.prod(table.shape[1:]))
        return lambda weights: (weights @ flat).reshape(len(weights), *table.shape[1:])

    return Statistics(prepare, sums)


METRICS: Registry[Metric[Any]] = Registry(
    kind="metric",
    builtin={
        "accuracy": "mllmsent.metrics.classification:ACCURACY",
        "macro_f1": "mllmsent.metrics.classification:MACRO_F1",
        "weighted_f1": "mllmsent.metrics.classification:WEIGHTED_F1",
        "kappa_quadratic": "mllmsent.metrics.ordered:KAPPA_QUADRATIC",
        "mae_ranks": "mllmsent.metrics.ordered:MAE_RANKS",
        "adjacent_accuracy": "mllmsent.metrics.ordered:ADJACENT_ACCURACY",
        "micro_f1": "mllmsent.metrics.multilabel:MICRO_F1",
        "example_f1": "mllmsent.metrics.multilabel:EXAMPLE_F1",
        "jaccard": "mllmsent.metrics.multilabel:JACCARD",
        "exact_match": "mllmsent.metrics.multilabel:EXACT_MATCH",
        "rmse": "mllmsent.metrics.dimensions:RMSE",
        "mae": "mllmsent.metrics.dimensions:MAE",
        "pearson": "mllmsent.metrics.dimensions:PEARSON",
        "spearman": "mllmsent.metrics.dimensions:SPEARMAN",
        "ccc": "mllmsent.metrics.dimensions:CCC",
    },
    group="mllmsent.metrics",
)


def get_metric(name: str) -> Metric[Any]:
    """The metric called `name`.

    Raises:
        InputError: If there is none; the message offers the nearest.
    """
    return METRICS.get(name)


def metric_names() -> tuple[str, ...]:
    """The names of all metrics."""
    return METRICS.names()


def metrics_for(kind: SampleKind, *, n_labels: int | None = None) -> tuple[Metric[Any], ...]:
    """The metrics that can score samples of a kind, in the order reports show them.

    Args:
        kind: The kind of sample; see `sample_kind`.
        n_labels: How many labels the scheme has, to leave out what says nothing with so few.
    """
    metrics = (METRICS.get(name) for name in METRICS.names())
    return tuple(
        metric
        for metric in metrics
        if kind in metric.kinds and (n_labels is None or n_labels >= metric.min_labels)
    )
