"""Calibration: equal to scikit-learn's, near its floor where nothing is off, found where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import roc_auc_score
from tests.metrics.worlds import examples

from mllmsent.metrics.calibration import (
    accuracy_at_coverage,
    calibration_error,
    calibration_tests,
    equal_mass_bins,
    gap_variances,
    risk_coverage_area,
    squared_error,
)
from mllmsent.metrics.discrimination import area_of_counts
from mllmsent.metrics.distributions import count_table
from mllmsent.metrics.grouping import Grouping

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

shares = st.lists(st.integers(0, 20).map(lambda part: part / 20), min_size=1, max_size=60)


@examples
@given(shares, st.integers(1, 8))
def test_equal_confidences_are_never_parted_and_bins_are_in_order(
    confidence: list[float], n_bins: int
) -> None:
    values = np.array(confidence)
    bins, there = equal_mass_bins(values, n_bins)
    assert there <= n_bins
    assert set(bins) == set(range(there))
    assert (np.diff(bins[np.argsort(values, kind="stable")]) >= 0).all()
    assert all(len(set(bins[values == value])) == 1 for value in values)


def test_bins_hold_equally_many_rows() -> None:
    confidence = np.random.default_rng(0).beta(8, 1, 997)
    bins, there = equal_mass_bins(confidence, 10)
    assert there == 10
    sizes = np.bincount(bins)
    assert sizes.max() - sizes.min() <= 1


def test_bins_are_those_of_scikit_learn() -> None:
    """`calibration_curve` with quantiles: accuracy and confidence of each bin."""
    rng = np.random.default_rng(1)
    confidence = rng.random(600)
    right = (rng.random(600) < confidence**2).astype(float)
    accuracy, mean = calibration_curve(right, confidence, n_bins=10, strategy="quantile")
    bins, _ = equal_mass_bins(confidence, 10)
    n = np.bincount(bins)
    assert np.bincount(bins, right) / n == pytest.approx(accuracy, abs=1e-6)
    assert np.bincount(bins, confidence) / n == pytest.approx(mean, abs=1e-6)
    error = calibration_error(
        np.bincount(bins, right - confidence)[None].astype(float), n[None].astype(float)
    )
    assert error[0] == pytest.approx(np.abs(accuracy - mean).mean(), abs=1e-6)


def at_levels(confidence: list[float], right: list[bool]) -> tuple[Floats, Floats]:
    bins, there = equal_mass_bins(np.array(confidence), 1000)
    sure = np.array(right, dtype=float)
    of_right, of_wrong = (
        np.bincount(bins, part, minlength=there).astype(float)[None] for part in (sure, 1 - sure)
    )
    return of_right, of_wrong


@examples
@given(shares.filter(lambda confidence: len(confidence) > 1))
def test_discrimination_is_the_area_of_scikit_learn(confidence: list[float]) -> None:
    rng = np.random.default_rng(len(confidence) + int(100 * confidence[0]))
    right = rng.random(len(confidence)) < 0.5
    right[0], right[1] = True, False
    area = area_of_counts(*at_levels(confidence, right.tolist()))[0]
    assert area == pytest.approx(roc_auc_score(right, confidence), abs=1e-6)


def test_accuracy_of_the_surest_and_the_area_below_their_errors_by_hand() -> None:
    confidence, right = [0.9, 0.8, 0.7, 0.6], [True, False, True, False]
    levels = at_levels(confidence, right)
    found = accuracy_at_coverage(*levels, (0.25, 0.5, 0.75, 1.0))[0]
    assert found == pytest.approx([1, 1 / 2, 2 / 3, 1 / 2])
    assert risk_coverage_area(*levels)[0] == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)
    # Of equal confidences none comes first.
    assert accuracy_at_coverage(*at_levels([0.5] * 4, right), (0.25,)) == pytest.approx(0.5)


def test_a_calibrated_system_is_at_its_floor_and_is_called_miscalibrated_as_often_as_chance() -> (
    None
):
    """Rows come in groups of three whose luck is one, so that rows are no evidence of their own."""
    rejected, errors, floors = 0, [], []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        confidence = np.repeat(rng.uniform(0.3, 0.95, 100), 3)
        right = (np.repeat(rng.random(100), 3) < confidence).astype(float)
        grouping = Grouping.of(np.repeat(np.arange(100), 3).tolist(), 300)
        bins, _ = equal_mass_bins(confidence, 5)
        excess = right - confidence
        table = count_table(bins, 5, grouping, excess)
        (test,) = calibration_tests([table], [300], n_flips=400, seed=seed)
        rejected += test.p_value <= 0.05
        errors.append(test.error)
        floors.append(test.by_chance)
    assert 0.015 <= rejected / 200 <= 0.095
    assert np.mean(errors) == pytest.approx(np.mean(floors), rel=0.1)


def test_the_error_without_chance_is_nothing_on_average_where_nothing_is_off() -> None:
    """And the plain square is not: it is what chance gives, the variances of the bins."""
    found, plain = [], []
    for seed in range(300):
        rng = np.random.default_rng([seed, 2])
        confidence = np.repeat(rng.uniform(0.3, 0.95, 60), 3)
        right = (np.repeat(rng.random(60), 3) < confidence).astype(float)
        grouping = Grouping.of(np.repeat(np.arange(60), 3).tolist(), 180)
        bins, _ = equal_mass_bins(confidence, 4)
        excess, n = (
            count_table(bins, 4, grouping, weights).toarray()
            for weights in (right - confidence, None)
        )
        total = excess.sum(axis=0)[None], n.sum(axis=0)[None]
        found.append(squared_error(*total, gap_variances(excess, n))[0])
        plain.append(squared_error(*total, np.zeros(4))[0])
    assert np.mean(plain) > 0.008
    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(300)


def test_a_system_that_is_too_sure_is_found() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, 400)
    right = (rng.random(400) < confidence - 0.15).astype(float)
    bins, _ = equal_mass_bins(confidence, 10)
    table = count_table(bins, 10, Grouping.of(None, 400), right - confidence)
    (test,) = calibration_tests([table], [400])
    assert test.p_value < 0.01
    assert test.by_chance < 0.08
