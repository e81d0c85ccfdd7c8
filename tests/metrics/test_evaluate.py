"""All scores at once, worst cases, and the mean over folds as it is published."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score
from tests.metrics.worlds import LABELS

from mllmsent.foundation import InputError
from mllmsent.metrics import (
    Resampling,
    class_intervals,
    evaluate_dimension,
    evaluate_label_sets,
    evaluate_labels,
    fold_mean,
    fold_mean_difference,
    get_metric,
    label_sample,
    label_set_sample,
)

FEW = Resampling(n_resamples=200)


def test_every_score_of_ordered_labels_comes_with_its_interval() -> None:
    rng = np.random.default_rng(0)
    truth = [LABELS[code] for code in rng.integers(5, size=90)]
    predicted = [label if rng.random() < 0.6 else "neutral" for label in truth]
    result = evaluate_labels(truth, predicted, LABELS, ordered=True, groups=[*range(45)] * 2)
    assert (result.n_rows, result.n_groups, result.coverage) == (90, 45, 1.0)
    assert len(result.scores) == 6
    for score in result.scores.values():
        assert score.interval.low < score.value < score.interval.high
    assert result["accuracy"] is result.scores["accuracy"]
    assert not result.worst


def test_worst_cases_stand_beside_what_leaves_out_unread_rows() -> None:
    truth = ["negative", "neutral", "positive"] * 10
    predicted = [None, *truth[1:]]
    result = evaluate_labels(truth, predicted, LABELS, ordered=True, resampling=FEW)
    assert result.coverage == pytest.approx(29 / 30)
    assert set(result.worst) == {"kappa_quadratic", "mae_ranks"}
    assert (result["mae_ranks"].value, result.worst["mae_ranks"]) == (0, 4 / 30)
    assert result["accuracy"].value == pytest.approx(29 / 30)


def test_unordered_labels_get_no_scores_of_order() -> None:
    result = evaluate_labels(["a", "b"] * 5, ["a"] * 10, ["a", "b"], resampling=FEW)
    assert set(result.scores) == {"accuracy", "macro_f1", "weighted_f1"}


def test_a_dimension_gets_scores_on_read_rows_and_worst_cases_beside() -> None:
    rng = np.random.default_rng(0)
    truth = rng.uniform(1, 9, size=60)
    predicted = truth + rng.normal(size=60)
    predicted[:6] = np.nan
    result = evaluate_dimension(truth, predicted, low=1, high=9, resampling=FEW)
    assert result.coverage == pytest.approx(0.9)
    assert set(result.worst) == set(result.scores)
    for name, score in result.scores.items():
        better = score.value > result.worst[name]
        assert better == get_metric(name).higher_is_better, name


def test_label_sets_are_scored() -> None:
    truth = [{"awe"}, {"awe", "fear"}] * 20
    result = evaluate_label_sets(truth, [{"awe"}] * 39 + [None], ["awe", "fear"], resampling=FEW)
    assert result["exact_match"].value == pytest.approx(0.5)
    assert not result.worst


def test_nothing_to_score_is_no_crash() -> None:
    result = evaluate_labels([], [], LABELS, ordered=True, resampling=FEW)
    assert result.n_rows == 0
    assert math.isnan(result.coverage)
    assert math.isnan(result["accuracy"].value)


def test_each_label_gets_intervals_from_the_groups_that_bear_on_it() -> None:
    truth = ["a"] * 30 + ["b"] * 5
    predicted = ["a"] * 20 + ["b"] * 10 + ["b"] * 5
    scores = class_intervals(label_sample(truth, predicted, ["a", "b", "c"]))
    recall = scores["a"]["recall"]
    assert recall.value == pytest.approx(2 / 3)
    assert recall.interval.low < 2 / 3 < recall.interval.high
    # All five right: the exact interval for five of five, not for thirty-five.
    all_found = scores["b"]["recall"].interval
    assert all_found.method == "exact"
    assert all_found.low == pytest.approx(0.025 ** (1 / 5))
    assert math.isnan(scores["c"]["f1"].value)
    assert not scores["c"]["f1"].interval.defined


def test_labels_of_sets_get_intervals_too() -> None:
    sample = label_set_sample([{"awe"}, {"fear"}] * 20, [{"awe"}] * 40, ["awe", "fear"])
    scores = class_intervals(sample, FEW)
    assert scores["awe"]["precision"].value == 0.5
    assert scores["fear"]["recall"].interval.method == "exact"


def test_the_mean_over_folds_is_not_the_score_of_all_rows() -> None:
    truth = ["a", "a", "a", "b", "b", "a"]
    predicted = ["a", "a", "b", "b", "a", "a"]
    sample = label_sample(truth, predicted, ["a", "b"])
    result = fold_mean(get_metric("weighted_f1"), sample, [1, 1, 1, 2, 2, 2], FEW)
    by_hand = [
        f1_score(truth[part], predicted[part], average="weighted")
        for part in (slice(3), slice(3, 6))
    ]
    assert list(result.by_fold.values()) == pytest.approx(by_hand)
    assert result.mean.value == pytest.approx(np.mean(by_hand))
    assert result.mean.value != pytest.approx(get_metric("weighted_f1")(sample))


def test_items_split_over_folds_still_move_together() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(2, size=40).repeat(3)
    predicted = np.where(rng.random(40).repeat(3) < 0.8, truth, 1 - truth)
    items = np.arange(40).repeat(3)
    folds = np.tile([0, 1, 2], 40)
    together = fold_mean(
        get_metric("accuracy"), label_sample(truth, predicted, [0, 1], items), folds
    ).mean.interval
    apart = fold_mean(
        get_metric("accuracy"), label_sample(truth, predicted, [0, 1]), folds
    ).mean.interval
    assert together.high - together.low > 1.4 * (apart.high - apart.low)


def test_folds_must_be_given_for_every_row() -> None:
    sample = label_sample(["a", "b"], ["a", "b"], ["a", "b"])
    with pytest.raises(InputError, match="1 groups are given for 2 rows"):
        fold_mean(get_metric("accuracy"), sample, [1])
    with pytest.raises(InputError, match="no fold"):
        fold_mean(get_metric("accuracy"), label_sample([], [], ["a"]), [])


@pytest.mark.parametrize(
    ("problem", "sigma", "weighted", "macro"),
    [("p3", 3, 0.7754, 0.730), ("p3", 5, 0.9581, 0.893), ("p5", 3, 0.5723, 0.563)],
)
def test_published_scores_are_reproduced(
    shared_data: Path, problem: str, sigma: int, weighted: float, macro: float
) -> None:
    """Fine-tuned ModernBERT on descriptions by GPT-4o mini, arXiv 2508.16873."""
    table = pd.read_parquet(shared_data / "published-descriptions" / "predictions.parquet")
    rows = table[
        (table.captioner == "gpt-4o-mini")
        & (table.classifier == "modernbert")
        & (table.training == "finetuned")
        & (table.problem == problem)
        & (table.sigma == sigma)
    ]
    labels = sorted(rows.target.unique())
    sample = label_sample(rows.target, rows.prediction, labels, rows.id)
    result = fold_mean(get_metric("weighted_f1"), sample, rows.fold, FEW)
    assert len(result.by_fold) == 5
    assert result.mean.value == pytest.approx(weighted, abs=5e-5)
    assert result.mean.interval.low < weighted < result.mean.interval.high
    macro_f1 = fold_mean(get_metric("macro_f1"), sample, rows.fold, FEW)
    assert macro_f1.mean.value == pytest.approx(macro, abs=5e-4)


def test_a_difference_of_fold_means_is_that_of_the_means_and_narrower_than_they_are() -> None:
    rng = np.random.default_rng(5)
    truth = rng.integers(3, size=300)
    first = np.where(rng.random(300) < 0.7, truth, rng.integers(3, size=300))
    second = np.where(rng.random(300) < 0.9, first, truth)
    folds = np.arange(300) % 5
    ours, theirs = (label_sample(truth, said, [0, 1, 2]) for said in (first, second))
    metric = get_metric("macro_f1")
    one, other = (fold_mean(metric, sample, folds).mean for sample in (ours, theirs))
    found = fold_mean_difference(metric, ours, theirs, folds)
    assert found.value == pytest.approx(one.value - other.value, abs=1e-12)
    assert found.interval.low < found.value < found.interval.high < 0
    paired = found.interval.high - found.interval.low
    assert paired < 0.8 * (one.interval.high - one.interval.low)
    reverse = fold_mean_difference(metric, theirs, ours, folds)
    assert reverse.value == pytest.approx(-found.value)


def test_systems_are_compared_fold_by_fold_on_the_same_rows_only() -> None:
    metric = get_metric("accuracy")
    first = label_sample(["a", "b"], ["a", "b"], ["a", "b"], ["x", "y"])
    second = label_sample(["b", "a"], ["a", "b"], ["a", "b"], ["y", "x"])
    with pytest.raises(InputError, match="same rows"):
        fold_mean_difference(metric, first, second, [1, 2])
