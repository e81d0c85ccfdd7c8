"""The corrected resampled t test: by hand, against a plain t test, and where it cannot be made."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from mllmsent.foundation import InputError
from mllmsent.metrics import corrected_resampled_t, fold_scores, get_metric, label_sample


def test_the_statistic_is_as_reckoned_by_hand() -> None:
    """Five folds: mean 0.03, variance 0.00025, and (1/5 + 1/4) 0.00025 under the root."""
    found = corrected_resampled_t([0.01, 0.02, 0.03, 0.04, 0.05], 1 / 4)
    error = math.sqrt(0.45 * 0.00025)
    assert found.mean.value == pytest.approx(0.03)
    assert found.t == pytest.approx(0.03 / error, abs=1e-9)
    assert found.t == pytest.approx(2.8284271247, abs=1e-9)
    assert found.df == 4
    # Student's distribution with four degrees of freedom at 2 sqrt(2), in closed form:
    # P(|T| > t) = 1 - x (3 - x^2) / 2 with x = t / sqrt(4 + t^2).
    x = found.t / math.sqrt(4 + found.t**2)
    assert found.p_value == pytest.approx(1 - x * (3 - x * x) / 2, abs=1e-9)
    # The 97.5 % point of four degrees of freedom in tables is 2.776.
    assert found.mean.interval.low == pytest.approx(0.03 - 2.776445 * error, abs=1e-7)


def test_without_training_items_in_common_it_is_the_plain_t_test() -> None:
    values = np.random.default_rng(0).normal(0.02, 0.03, 10)
    plain = ttest_1samp(values, 0)
    found = corrected_resampled_t(values.tolist(), 0.0)
    assert found.t == pytest.approx(plain.statistic, abs=1e-9)
    assert found.p_value == pytest.approx(plain.pvalue, abs=1e-9)
    assert corrected_resampled_t(values.tolist(), 1 / 9).p_value > found.p_value


def test_folds_that_all_differ_alike_have_no_test() -> None:
    found = corrected_resampled_t([0.1, 0.1, 0.1], 0.5)
    assert found.mean.value == pytest.approx(0.1)
    assert np.isnan(found.t)
    assert np.isnan(found.p_value)
    with pytest.raises(InputError, match="two folds"):
        corrected_resampled_t([0.1], 0.5)


def test_each_fold_has_the_score_of_its_own_rows() -> None:
    sample = label_sample(list("aabb"), list("abbb"), ("a", "b"))
    assert fold_scores(get_metric("accuracy"), sample, [1, 1, 2, 2]) == {1: 0.5, 2: 1.0}
