"""Scores of ratings against scipy and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as sklearn_metrics
from tests.metrics.worlds import RatingRows, answered_ratings, examples

from mllmsent.metrics import RatingSample, get_metric, rating_sample
from mllmsent.metrics.dimensions import SPEARMAN
from mllmsent.metrics.grouping import Column


def rated(truth: Column[float], predicted: Column[float | None]) -> RatingSample:
    return rating_sample(truth, predicted, low=1, high=9)


def varies(*columns: Column[float]) -> bool:
    return all(len(set(column)) > 1 for column in columns)


@examples
@given(answered_ratings())
def test_errors_are_those_of_scikit_learn(rows: RatingRows) -> None:
    sample = rated(*rows)
    rmse = sklearn_metrics.root_mean_squared_error(*rows)
    assert get_metric("rmse")(sample) == pytest.approx(rmse)
    assert get_metric("mae")(sample) == pytest.approx(sklearn_metrics.mean_absolute_error(*rows))


@examples
@given(answered_ratings())
def test_correlations_are_those_of_scipy(rows: RatingRows) -> None:
    sample = rated(*rows)
    for name, reference in (("pearson", stats.pearsonr), ("spearman", stats.spearmanr)):
        expected = reference(*rows).statistic if varies(*rows) else np.nan
        assert get_metric(name)(sample) == pytest.approx(expected, abs=1e-9, nan_ok=True), name


@examples
@given(answered_ratings())
def test_concordance_follows_its_definition(rows: RatingRows) -> None:
    """Lin (1989), equation 2, with variances over n."""
    truth, predicted = map(np.asarray, rows)
    covariance = np.mean((truth - truth.mean()) * (predicted - predicted.mean()))
    whole = truth.var() + predicted.var() + (truth.mean() - predicted.mean()) ** 2
    expected = 2 * covariance / whole if whole > 0 else np.nan
    assert get_metric("ccc")(rated(*rows)) == pytest.approx(expected, abs=1e-9, nan_ok=True)


def test_concordance_punishes_a_shift_and_a_stretch_that_correlation_forgives() -> None:
    truth = np.linspace(2, 6, 9)
    for predicted in (truth + 1, 1 + 0.5 * (truth - 1)):
        sample = rated(truth, predicted)
        assert get_metric("pearson")(sample) == pytest.approx(1)
        assert get_metric("ccc")(sample) < 0.95


def test_concordance_of_a_known_pair() -> None:
    """By hand: covariance 2/3, variances 2/3 each, means one apart: (4/3) / (4/3 + 1) = 4/7."""
    assert get_metric("ccc")(rated([1, 2, 3], [2, 3, 4])) == pytest.approx(4 / 7)


@examples
@given(answered_ratings(min_size=4), st.data())
def test_unread_rows_are_left_out_of_the_score(rows: RatingRows, data: st.DataObject) -> None:
    unread = data.draw(st.sets(st.sampled_from(range(len(rows[0]))), max_size=3))
    predicted = [None if row in unread else value for row, value in enumerate(rows[1])]
    kept = [row for row in range(len(predicted)) if row not in unread]
    only = rated([rows[0][row] for row in kept], [rows[1][row] for row in kept])
    for name in ("rmse", "mae", "pearson", "spearman", "ccc"):
        metric = get_metric(name)
        value = metric(rated(rows[0], predicted))
        assert value == pytest.approx(metric(only), abs=1e-9, nan_ok=True), name


@examples
@given(answered_ratings(), st.floats(1, 9))
def test_no_answer_on_the_scale_errs_more_than_the_worst_case(
    rows: RatingRows, guess: float
) -> None:
    unread = [None, *rows[1][1:]]
    sample = rated(rows[0], unread)
    guessed = rated(rows[0], [guess, *rows[1][1:]])
    for name in ("rmse", "mae"):
        metric = get_metric(name)
        assert metric(guessed) <= metric(sample.worst_case()) + 1e-9


def test_the_worst_case_runs_against_the_truth() -> None:
    sample = rated([2, 8, 5], [None, None, None]).worst_case()
    assert sample.predicted.tolist() == [9, 1, 1]


def test_a_constant_answer_has_errors_but_no_correlation() -> None:
    sample = rated([2.0, 4.0, 7.3], [0.1 + 0.2] * 3)
    assert get_metric("rmse")(sample) > 0
    assert get_metric("ccc")(sample) == 0
    assert np.isnan(get_metric("pearson")(sample))
    assert np.isnan(get_metric("spearman")(sample))


@pytest.mark.parametrize("name", ["rmse", "mae", "pearson", "spearman", "ccc"])
def test_a_system_that_is_never_read_has_no_score_but_a_worst_case(name: str) -> None:
    sample = rated([2, 8, 6], [None, None, None])
    assert np.isnan(get_metric(name)(sample))
    assert np.isfinite(get_metric(name)(sample.worst_case()))


@examples
@given(answered_ratings(), st.integers(0, 2**32 - 1))
def test_weighted_ranks_are_the_ranks_of_the_resample_written_out(
    rows: RatingRows, seed: int
) -> None:
    truth, predicted = map(np.asarray, rows)
    counts = np.random.default_rng(seed).integers(0, 4, size=len(truth))
    written = np.repeat(truth, counts), np.repeat(predicted, counts)
    totals = SPEARMAN.statistics.prepare(rated(*rows))
    value = SPEARMAN.value(totals(counts[None].astype(float)))[0]
    if written[0].size < 2 or not varies(*written):
        assert np.isnan(value)
    else:
        assert value == pytest.approx(stats.spearmanr(*written).statistic, abs=1e-9)
