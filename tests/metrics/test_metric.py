"""The registry, and what every metric in it must do."""

import numpy as np
import pytest

from mllmsent.foundation import InputError
from mllmsent.metrics import (
    Sample,
    get_metric,
    label_sample,
    label_set_sample,
    metric_names,
    metrics_for,
    rating_sample,
)
from mllmsent.metrics.metric import SampleKind

LABELS = ("low", "middle", "high")


def a_sample(kind: SampleKind, rng: np.random.Generator, *, right: bool = False) -> Sample:
    """Twelve items with two rows each; some rows unread, unless all are to be right."""
    n_rows = 24
    groups = [f"item {row % 12}" for row in range(n_rows)]
    codes = rng.integers(3, size=(2, n_rows))
    ratings = rng.uniform(1, 9, size=(2, n_rows))
    unread = rng.random(n_rows) < 0.1
    if right:
        codes[1], ratings[1], unread[:] = codes[0], ratings[0], False
    if kind == "dimensional":
        ratings[1, unread] = np.nan
        return rating_sample(ratings[0], ratings[1], low=1, high=9, groups=groups)
    truth = [LABELS[code] for code in codes[0]]
    predicted = [
        None if hidden else LABELS[code] for code, hidden in zip(codes[1], unread, strict=True)
    ]
    if kind == "multi_label":
        return label_set_sample(
            [{label, "low"} for label in truth],
            [None if label is None else {label, "low"} for label in predicted],
            LABELS,
            groups,
        )
    return label_sample(truth, predicted, LABELS, groups)


EVERY = [(kind, name) for name in metric_names() for kind in sorted(get_metric(name).kinds)]


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_a_weight_counts_a_group_as_often_as_writing_it_out_does(
    kind: SampleKind, name: str
) -> None:
    """This is what intervals and tests rest on."""
    rng = np.random.default_rng(3)
    sample, metric = a_sample(kind, rng), get_metric(name)
    totals = metric.statistics.prepare(sample)
    weights = rng.integers(0, 4, size=(5, len(sample.grouping)))
    values = metric.value(totals(weights.astype(float)))
    for counts, value in zip(weights, values, strict=True):
        rows = np.repeat(np.arange(sample.read.size), counts[sample.grouping.index])
        written = sample.rows(rows, type(sample.grouping).of(None, rows.size))
        assert value == pytest.approx(metric(written), abs=1e-9)


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_additive_statistics_add_up(kind: SampleKind, name: str) -> None:
    rng = np.random.default_rng(4)
    sample, metric = a_sample(kind, rng), get_metric(name)
    totals = metric.statistics.prepare(sample)
    weights = rng.integers(0, 4, size=(2, len(sample.grouping))).astype(float)
    separate = totals(weights[:1]) + totals(weights[1:])
    adds_up = np.allclose(totals(weights.sum(axis=0, keepdims=True)), separate)
    assert adds_up == metric.statistics.additive


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_right_answers_get_the_best_score(kind: SampleKind, name: str) -> None:
    metric = get_metric(name)
    best = metric(a_sample(kind, np.random.default_rng(5), right=True))
    assert best == pytest.approx(1.0 if metric.higher_is_better else 0.0)


def test_metrics_are_found_by_the_kind_of_sample() -> None:
    names = [metric.name for metric in metrics_for("ordered", n_labels=3)]
    assert names == [
        "accuracy",
        "macro_f1",
        "weighted_f1",
        "kappa_quadratic",
        "mae_ranks",
        "adjacent_accuracy",
    ]
    assert {metric.name for metric in metrics_for("dimensional")} == {
        "rmse",
        "mae",
        "pearson",
        "spearman",
        "ccc",
    }


def test_within_one_rank_says_nothing_of_two_labels() -> None:
    names = [metric.name for metric in metrics_for("ordered", n_labels=2)]
    assert "adjacent_accuracy" not in names
    assert "kappa_quadratic" in names


def test_an_unknown_metric_gets_the_nearest_name() -> None:
    with pytest.raises(InputError, match=r"'macro_f'.*\n.*'macro_f1'"):
        get_metric("macro_f")


def test_each_metric_is_registered_under_its_own_name() -> None:
    assert all(get_metric(name).name == name for name in metric_names())
