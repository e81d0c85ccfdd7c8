"""Intervals: against scipy, with groups, and where there is none to give."""

import math
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pytest
from scipy import stats
from tests.metrics.worlds import LABELS, repeated, simulated_labels, simulated_ratings

from mllmsent.foundation import InputError
from mllmsent.metrics import (
    Interval,
    Metric,
    Resampling,
    Sample,
    get_metric,
    label_sample,
    metrics_for,
    rating_sample,
    score_difference,
    score_sample,
)
from mllmsent.metrics.bootstrap import Draws
from mllmsent.metrics.group_draws import JACKKNIFE_VALUES, drawn_groups, without_each_group
from mllmsent.metrics.metric import Floats


def interval(metric: Metric[Any], sample: Sample, **settings: Any) -> Interval:
    return score_sample([metric], sample, Resampling(**settings))[metric.name].interval


@pytest.mark.parametrize("method", ["bca", "percentile"])
@pytest.mark.parametrize("statistic", [np.mean, np.var, stats.skew])
def test_from_the_same_resamples_the_interval_is_scipys(
    method: Literal["bca", "percentile"], statistic: Callable[..., Any]
) -> None:
    rng = np.random.default_rng(2)
    values = rng.gamma(2, size=25)
    reference = stats.bootstrap(
        (values,), statistic, n_resamples=999, method=method, vectorized=True, rng=rng
    )
    left_out = np.array([statistic(np.delete(values, row)) for row in range(values.size)])
    draws = Draws(
        np.array([statistic(values)]),
        reference.bootstrap_distribution,
        left_out,
        values.size,
        Resampling(n_resamples=999, method=method),
    )
    ours = draws.score(lambda totals: totals).interval
    assert (ours.low, ours.high) == pytest.approx(reference.confidence_interval)


def test_the_interval_of_a_correlation_agrees_with_scipys_own_resamples() -> None:
    sample = simulated_ratings(np.random.default_rng(1), n_groups=80)
    reference = stats.bootstrap(
        (sample.truth, sample.predicted),
        lambda x, y: stats.pearsonr(x, y).statistic,
        paired=True,
        vectorized=False,
        n_resamples=4000,
        rng=np.random.default_rng(0),
    ).confidence_interval
    ours = interval(get_metric("pearson"), sample, n_resamples=4000)
    assert (ours.low, ours.high) == pytest.approx(reference, abs=0.01)


def test_an_interval_says_how_it_was_made() -> None:
    sample = simulated_labels(
        np.random.default_rng(0), n_groups=40, n_repeats=3, prior=[0.5, 0.5], recall=[0.7, 0.7]
    )
    made = interval(get_metric("accuracy"), sample, n_resamples=500, level=0.9)
    assert (made.level, made.method, made.n_groups, made.n_resamples) == (0.9, "bca", 40, 500)
    assert made.low < get_metric("accuracy")(sample) < made.high


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    sample = simulated_ratings(np.random.default_rng(0), n_groups=40)
    made = [interval(get_metric("rmse"), sample, seed=seed) for seed in (1, 1, 2)]
    assert made[0] == made[1] != made[2]


def test_repeats_of_one_item_do_not_narrow_the_interval() -> None:
    once = simulated_ratings(np.random.default_rng(0), n_groups=50)
    rows = np.repeat(np.arange(50), 4)
    copied = once.rows(rows, repeated(50, 4))
    for metric in metrics_for("dimensional"):
        made = [interval(metric, sample) for sample in (once, copied)]
        # Ranks of tied copies differ a little from those of single values.
        assert made[0].low == pytest.approx(made[1].low, abs=0.01), metric.name
        assert made[0].high == pytest.approx(made[1].high, abs=0.01), metric.name


def test_a_higher_level_gives_a_wider_interval() -> None:
    sample = simulated_ratings(np.random.default_rng(0), n_groups=50)
    narrow, wide = (interval(get_metric("ccc"), sample, level=level) for level in (0.8, 0.99))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_one_group_gives_no_interval() -> None:
    sample = label_sample(["a", "b"] * 5, ["a"] * 10, ["a", "b"], ["x"] * 10)
    score = score_sample([get_metric("macro_f1")], sample)["macro_f1"]
    assert score.value == pytest.approx(1 / 3)
    assert not score.interval.defined
    assert math.isnan(score.interval.low)
    assert math.isnan(score.interval.high)
    assert score.interval.n_resamples == 0


def test_no_rows_give_no_score_and_no_interval() -> None:
    scores = score_sample(metrics_for("ordered"), label_sample([], [], LABELS))
    assert all(math.isnan(score.value) for score in scores.values())
    assert not any(score.interval.defined for score in scores.values())


def test_an_undefined_score_gives_no_interval() -> None:
    sample = rating_sample([2, 3, 4], [5, 5, 5], low=1, high=9)
    score = score_sample([get_metric("pearson")], sample)["pearson"]
    assert math.isnan(score.value)
    assert not score.interval.defined


def test_a_score_undefined_in_many_resamples_gives_no_interval() -> None:
    """Only one answer of thirty differs, so a third of the resamples lack it."""
    sample = rating_sample(np.linspace(1, 9, 30), [5.0] * 29 + [6.0], low=1, high=9)
    score = score_sample([get_metric("pearson")], sample)["pearson"]
    assert math.isfinite(score.value)
    assert not score.interval.defined


def test_a_class_missing_from_some_resamples_does_no_harm() -> None:
    truth = ["a"] * 20 + ["b"] * 19 + ["c"]
    sample = label_sample(truth, truth[:10] + ["b"] * 30, ["a", "b", "c"])
    made = interval(get_metric("macro_f1"), sample)
    assert made.defined
    assert made.n_resamples == 2000


@pytest.mark.parametrize(("answer", "n_right"), [("a", 2), ("b", 0)])
def test_all_right_or_all_wrong_gets_the_exact_interval_of_its_groups(
    answer: str, n_right: int
) -> None:
    """Six rows in two groups are two trials, not six."""
    sample = label_sample(["a"] * 6, [answer] * 6, ["a", "b"], list("xxxyyy"))
    made = interval(get_metric("accuracy"), sample)
    exact = stats.binomtest(n_right, 2).proportion_ci(method="exact")
    assert (made.low, made.high) == pytest.approx((exact.low, exact.high))
    assert (made.method, made.n_groups, made.n_resamples) == ("exact", 2, 0)


def test_a_constant_score_that_is_no_proportion_gives_no_interval() -> None:
    sample = label_sample(["a", "b"] * 3, ["a", "b"] * 3, ["a", "b"], [0, 0, 1, 1, 2, 2])
    scores = score_sample(metrics_for("categorical"), sample)
    assert scores["macro_f1"].value == 1.0
    assert not scores["macro_f1"].interval.defined
    assert scores["accuracy"].interval.method == "exact"


def test_many_groups_are_left_out_in_bundles() -> None:
    n_groups = 3 * JACKKNIFE_VALUES + 1
    weights = np.concatenate(list(without_each_group(n_groups)))
    assert weights.shape == (JACKKNIFE_VALUES, n_groups)
    np.testing.assert_array_equal((1 - weights).sum(axis=0), 1)


def test_bundles_hardly_change_the_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = simulated_ratings(np.random.default_rng(5), n_groups=300)
    single = interval(get_metric("rmse"), sample)
    monkeypatch.setattr("mllmsent.metrics.group_draws.JACKKNIFE_VALUES", 60)
    bundled = interval(get_metric("rmse"), sample)
    width = single.high - single.low
    assert (bundled.low, bundled.high) == pytest.approx((single.low, single.high), abs=width / 20)


def test_neither_chunks_nor_keeping_change_the_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    def chunks() -> list[Floats]:
        return list(drawn_groups(7, 100, 0))

    (whole,) = chunks()
    np.testing.assert_array_equal(whole.sum(axis=1), 7)
    # What is kept would be given again in the chunks that it was made in.
    monkeypatch.setattr("mllmsent.metrics.group_draws.MOST_KEPT", 0)
    monkeypatch.setattr("mllmsent.metrics.group_draws.LEAST_ROWS", 9)
    monkeypatch.setattr("mllmsent.metrics.group_draws.CHUNK", 7 * 9)
    parts = chunks()
    assert len(parts) == 12
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_other_questions_have_draws_of_their_own() -> None:
    """The last draws are kept; those of another seed, number of groups or of draws are others."""
    asked = [(30, 100, 0), (30, 100, 1), (31, 100, 0), (30, 101, 0)]
    first = [np.concatenate(list(drawn_groups(*each))) for each in asked]
    again = [np.concatenate(list(drawn_groups(*each))) for each in reversed(asked)][::-1]
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)
    assert [len(each) for each in first] == [100, 100, 100, 101]
    assert (first[0] != first[1]).any()
    np.testing.assert_array_equal(first[0], first[3][:100])


def test_a_difference_is_surer_than_its_parts() -> None:
    """Both systems find the same images hard, so their difference varies less than they do."""
    rng = np.random.default_rng(0)
    one = simulated_ratings(rng, n_groups=60, noise=2.0)
    better = one.truth + 0.9 * (one.predicted - one.truth)
    other = rating_sample(one.truth, better, low=1, high=9)
    metric = get_metric("rmse")
    score = score_difference(metric, one, other)
    assert score.value == pytest.approx(metric(one) - metric(other))
    assert 0 < score.interval.low < score.value < score.interval.high
    alone = interval(metric, one)
    assert score.interval.high - score.interval.low < (alone.high - alone.low) / 5


def test_a_difference_is_taken_on_the_groups_that_both_have() -> None:
    one = label_sample(["a"] * 4, ["a", "a", "b", "b"], ["a", "b"], list("wxyz"))
    other = label_sample(["a"] * 3, ["b", "a", "a"], ["a", "b"], list("zyx"))
    score = score_difference(get_metric("accuracy"), one, other)
    assert score.value == pytest.approx(1 / 3 - 2 / 3)
    assert score.interval.n_groups == 3


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"level": 1.0}, "cannot cover"),
        ({"level": 95}, "cannot cover"),
        ({"n_resamples": 10}, "too few"),
        ({"method": "basic"}, "No interval is called 'basic'"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, Any], fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        Resampling(**settings)
