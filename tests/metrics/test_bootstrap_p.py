"""The p value of a score that has no permutation test: that of the test where there is one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from mllmsent.metrics import Resampling
from mllmsent.metrics.bootstrap_p import bootstrap_p
from mllmsent.metrics.grouping import Grouping
from mllmsent.metrics.means import draw_tables
from mllmsent.metrics.ratio import ratio

MANY = Resampling(n_resamples=20_000, method="percentile")


def p_of_mean(values: np.ndarray, resampling: Resampling = MANY) -> float:
    """That a mean is 0, each value a group of its own."""
    table = np.column_stack([np.ones_like(values), values])
    (drawn,) = draw_tables([table], Grouping.of(None, len(values)), resampling)
    return bootstrap_p(drawn, lambda totals: ratio(totals[:, 1], totals[:, 0]))


@pytest.mark.parametrize("n_groups", [5, 12, 60])
def test_of_a_mean_it_is_students_t_test_however_few_groups_there_are(n_groups: int) -> None:
    for seed in range(3):
        values = np.random.default_rng(seed).normal(0.5, 1, n_groups)
        assert p_of_mean(values) == pytest.approx(ttest_1samp(values, 0).pvalue, rel=0.06, abs=1e-4)


def test_groups_that_do_not_bear_on_a_score_make_it_no_surer() -> None:
    values = np.random.default_rng(0).normal(0.7, 1, 12)
    table = np.zeros((60, 2))
    table[:12] = np.column_stack([np.ones(12), values])
    (drawn,) = draw_tables([table], Grouping.of(None, 60), MANY)
    p = bootstrap_p(drawn, lambda totals: ratio(totals[:, 1], totals[:, 0]), n_units=12)
    # How many of the twelve are drawn is left to chance, which makes it a little less sure.
    alone = ttest_1samp(values, 0).pvalue
    assert alone < p < 1.6 * alone


def test_what_does_not_vary_or_is_one_group_has_none() -> None:
    few = Resampling(n_resamples=100)
    assert math.isnan(p_of_mean(np.ones(20), few))
    assert math.isnan(p_of_mean(np.array([0.7]), few))
