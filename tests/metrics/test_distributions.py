"""Distances of distributions: equal to scipy's, and found by swapping only where there are any."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import ks_2samp, wasserstein_distance
from tests.metrics.worlds import examples

from mllmsent.metrics.distributions import (
    count_table,
    jensen_shannon,
    level_moments,
    ordered_distances,
    swap_tests,
)
from mllmsent.metrics.grouping import Grouping

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LEVELS = np.array([0.0, 1.0, 1.5, 4.0, 9.0])
answers = st.lists(st.integers(0, 4), min_size=1, max_size=40)


def counts(codes: list[int]) -> Floats:
    return np.bincount(codes, minlength=len(LEVELS)).astype(float)[None]


@examples
@given(answers, answers)
def test_distances_are_those_of_scipy(one: list[int], other: list[int]) -> None:
    ks, moved = ordered_distances(counts(one), counts(other), LEVELS)
    assert ks[0] == pytest.approx(ks_2samp(LEVELS[one], LEVELS[other]).statistic, abs=1e-6)
    assert moved[0] == pytest.approx(wasserstein_distance(LEVELS[one], LEVELS[other]), abs=1e-6)
    expected = jensenshannon(counts(one)[0], counts(other)[0], base=2)
    assert jensen_shannon(counts(one), counts(other))[0] == pytest.approx(expected, abs=1e-6)


@examples
@given(answers)
def test_moments_are_those_of_numpy(codes: list[int]) -> None:
    mean, variance = level_moments(counts(codes), LEVELS)
    assert mean[0] == pytest.approx(LEVELS[codes].mean())
    assert variance[0] == pytest.approx(LEVELS[codes].var(), abs=1e-9)


def test_a_distribution_of_nothing_has_no_distance() -> None:
    nothing = np.zeros((1, 5))
    assert np.isnan(ordered_distances(nothing, counts([1]), LEVELS)[1]).all()
    assert np.isnan(jensen_shannon(nothing, counts([1]))).all()


def wasserstein_of(
    first: Floats,
    second: Floats,
) -> Floats:
    return ordered_distances(first, second, np.arange(first.shape[1], dtype=float))[1][:, None]


def p_of_swaps(one: list[int], other: list[int], groups: list[int], n_levels: int = 5) -> float:
    grouping = Grouping.of(groups, len(groups))
    tables = [count_table(np.array(codes), n_levels, grouping) for codes in (one, other)]
    return swap_tests([(tables[0], tables[1])], wasserstein_of, n_swaps=999)[0][0].p_value


def test_few_groups_are_swapped_in_every_way() -> None:
    """Three items, one of them answered otherwise: all ways of swapping are as far apart."""
    assert p_of_swaps([0, 1, 2], [0, 1, 4], [0, 1, 2]) == 1
    # Five items, each one up: only swapping none or all is as far apart, 2 of 32 ways.
    assert p_of_swaps([0] * 5, [1] * 5, list(range(5))) == pytest.approx(2 / 32)


def test_rows_of_a_group_are_swapped_together() -> None:
    """A hundred repeats of five images are five chances to differ."""
    groups = np.repeat(np.arange(5), 100).tolist()
    assert p_of_swaps([0] * 500, [1] * 500, groups) == pytest.approx(2 / 32)


def test_the_test_keeps_its_level_where_marginals_are_equal_and_pairs_are_not_symmetric() -> None:
    """0 is answered 1, 1 is answered 2 and 2 is answered 0: as often each, and never exchangeable."""
    rng = np.random.default_rng(5)
    rejected = 0
    for _ in range(200):
        truth = rng.integers(3, size=60)
        said = np.where(rng.random(60) < 0.5, truth, (truth + 1) % 3)
        rejected += p_of_swaps(truth.tolist(), said.tolist(), list(range(60)), 3) <= 0.05
    # 99 % binomial bounds of 5 % in 200 worlds
    assert 0.015 <= rejected / 200 <= 0.095


def test_plain_p_values_of_kolmogorov_and_smirnov_are_wrong_for_answers_to_the_same_images() -> (
    None
):
    """Why they are not used: where nothing differs, they hardly ever fall below 5 %."""
    rng = np.random.default_rng(6)
    below = []
    for _ in range(200):
        truth = rng.normal(size=100)
        said = truth + rng.normal(0, 0.1, 100)
        below.append(ks_2samp(truth, said).pvalue <= 0.05)
    assert not any(below)
