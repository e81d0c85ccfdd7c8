"""Whether rankings agree: against scipy, and where the answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import friedmanchisquare

from mllmsent.metrics import kendall_w, swapped_pairs


@pytest.mark.parametrize("digits", [6, 1])
def test_w_is_that_of_friedmans_test_with_and_without_ties(digits: int) -> None:
    """Chi-squared of Friedman's test is W m (n - 1), ties corrected."""
    scores = np.round(np.random.default_rng(2).random((5, 6, 4)), digits)
    for table, w in zip(scores, kendall_w(scores), strict=True):
        chi = friedmanchisquare(*table).statistic
        assert w == pytest.approx(chi / (4 * 5), abs=1e-9)


def test_one_order_for_all_is_one_and_opposite_orders_are_none() -> None:
    same = np.array([[[0.1, 0.3], [0.2, 0.5], [0.4, 0.9]]])
    assert kendall_w(same)[0] == 1
    assert swapped_pairs(same)[0] == 0
    opposite = np.array([[[0.1, 0.9], [0.2, 0.5], [0.4, 0.3]]])
    assert kendall_w(opposite)[0] == 0
    assert swapped_pairs(opposite)[0] == 1


def test_ties_swap_nothing_and_what_is_undefined_stays_so() -> None:
    tied = np.array([[[0.1, 0.3], [0.1, 0.2]]])
    assert swapped_pairs(tied)[0] == 0
    assert np.isnan(kendall_w(np.full((1, 3, 2), 0.5))[0])
    missing = np.array([[[0.1, np.nan], [0.2, 0.2]]])
    assert np.isnan(kendall_w(missing)[0])
    assert np.isnan(swapped_pairs(missing)[0])
