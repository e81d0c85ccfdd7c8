"""Siding with one of two groups: planted leans are found, and noise alone is none."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.stats import binomtest, pearsonr

from mllmsent.metrics import Resampling
from mllmsent.metrics.siding import RatedRows, Siding, label_siding, rating_siding

QUICK = Resampling(n_resamples=1000)


def contested_world(seed: int, *, sides: tuple[float, float], n: int = 300) -> Siding:
    """Two groups that differ on some items, and a system that sides as often as it is told to."""
    rng = np.random.default_rng(seed)
    first = rng.integers(4, size=n)
    second = np.where(rng.random(n) < 0.6, first, rng.integers(4, size=n))
    drawn = rng.random(n)
    other = (np.maximum(first, second) + 1) % 4
    said = np.where(drawn < sides[0], first, np.where(drawn < sum(sides), second, other))
    return label_siding(
        [said], [first], [second], groups=[np.arange(n)], n_groups=n, resampling=QUICK
    )


def rated_world(
    seed: int, *, weight: float, raters: tuple[int, int], n: int = 250, known: bool = True
) -> Siding:
    """Two groups of so many raters, and a system that weighs their true means."""
    rng = np.random.default_rng(seed)
    truth = rng.multivariate_normal([5, 5.5], [[1, 0.4], [0.4, 1]], n)
    spread = 2.0
    means, errors = [], []
    for group, count in enumerate(raters):
        means.append(truth[:, group] + rng.normal(0, spread / count**0.5, n))
        errors.append(spread**2 * rng.chisquare(count - 1, n) / (count - 1) / count)
    said = weight * truth[:, 0] + (1 - weight) * truth[:, 1] + rng.normal(0, 0.5, n)
    first, second = errors if known else np.zeros((2, n))
    rows = RatedRows(said, means[0], means[1], first, second, np.arange(n))
    return rating_siding([rows], n, QUICK)


def true_lean(weight: float) -> float:
    """Of `rated_world`: the difference of the correlations with what the groups truly feel."""
    variance = weight**2 + (1 - weight) ** 2 + 2 * weight * (1 - weight) * 0.4 + 0.25
    return float((2 * weight - 1) * 0.6 / variance**0.5)


def test_planted_siding_lies_in_its_intervals_as_often_as_they_say() -> None:
    """99 % binomial bounds of 95 % in 200 worlds."""
    first, lean, rated = 0, 0, 0
    for seed in range(200):
        labels = contested_world(seed, sides=(0.55, 0.3))
        interval = labels.first(0).interval
        first += interval.low <= 0.55 <= interval.high
        interval = labels.score(0).interval
        lean += interval.low <= 0.25 <= interval.high
        interval = rated_world(seed, weight=0.8, raters=(40, 12)).score(0).interval
        rated += interval.low <= true_lean(0.8) <= interval.high
    for count in (first, lean, rated):
        assert 0.905 <= count / 200 <= 0.985


def test_who_sides_with_nobody_is_found_to_side_no_more_often_than_it_says() -> None:
    """At most 18 of 200 at 5 %: the 99 % binomial bound. Noise of a small group is no siding."""
    labels, numbers = 0, 0
    for seed in range(200):
        labels += contested_world(seed, sides=(0.4, 0.4), n=120).p_values(1000)[0][0] <= 0.05
        rated = rated_world(seed, weight=0.5, raters=(40, 8), n=150)
        numbers += rated.p_values(1000)[0][0] <= 0.05
    assert labels <= 18
    assert numbers <= 18


def test_without_errors_of_means_the_group_of_more_people_seems_to_be_sided_with() -> None:
    leans = {
        known: np.mean(
            [
                rated_world(seed, weight=0.5, raters=(40, 8), known=known)
                .lean(rated_world(seed, weight=0.5, raters=(40, 8), known=known).sums.sum(0)[None])
                .item()
                for seed in range(40)
            ]
        )
        for known in (True, False)
    }
    assert leans[False] > 0.08
    assert abs(leans[True]) < 0.02


def test_shares_and_correlations_are_the_plain_ones() -> None:
    world = contested_world(0, sides=(0.5, 0.3))
    contested, first, second = world.sums.sum(axis=(0, 1))
    assert world.first(0).value == first / contested
    assert world.second(0).value == second / contested
    assert world.score(0).value == pytest.approx((first - second) / contested)
    rng = np.random.default_rng(1)
    said, one, other = rng.normal(size=(3, 60))
    zeros = np.zeros(60)
    rated = rating_siding([RatedRows(said, one, other, zeros, zeros, np.arange(60))], 60, QUICK)
    assert rated.first(0).value == pytest.approx(pearsonr(said, one).statistic, abs=1e-9)
    assert rated.second(0).value == pytest.approx(pearsonr(said, other).statistic, abs=1e-9)


def test_the_p_value_of_labels_is_that_of_a_sign_test() -> None:
    """All swaps of ten contested items, of which eight side with the first."""
    said = np.array([0] * 8 + [1] * 2)
    siding = label_siding(
        [said],
        [np.zeros(10, int)],
        [np.ones(10, int)],
        groups=[np.arange(10)],
        n_groups=10,
        resampling=QUICK,
    )
    ((own,), together) = siding.p_values(10_000)
    assert own == together == pytest.approx(binomtest(8, 10).pvalue, abs=1e-9)


def test_the_p_value_of_numbers_is_that_of_all_swaps() -> None:
    rng = np.random.default_rng(3)
    said, one, other = rng.normal(size=(3, 7))
    zeros = np.zeros(7)
    siding = rating_siding([RatedRows(said, one, other, zeros, zeros, np.arange(7))], 7, QUICK)
    z_one, z_other = ((values - values.mean()) / values.std() for values in (one, other))

    def lean(swapped: tuple[int, ...]) -> float:
        mask = np.array(swapped, bool)
        return float(
            pearsonr(said, np.where(mask, z_other, z_one)).statistic
            - pearsonr(said, np.where(mask, z_one, z_other)).statistic
        )

    ways = [abs(lean(way)) for way in product((0, 1), repeat=7)]
    expected = np.mean([way >= ways[0] - 1e-9 for way in ways])
    assert siding.p_values(10_000)[0][0] == pytest.approx(expected)


def test_items_of_one_group_change_sides_together() -> None:
    """Ten looks at one thing are one thing: the interval is as wide as of the ten groups."""
    rng = np.random.default_rng(0)
    said = np.repeat(rng.integers(2, size=12), 10)
    zeros, ones = np.zeros(120, int), np.ones(120, int)
    apart, tied = (
        label_siding([said], [zeros], [ones], groups=[group], n_groups=group.max() + 1)
        .score(0)
        .interval
        for group in (np.arange(120), np.repeat(np.arange(12), 10))
    )
    assert tied.high - tied.low > 2 * (apart.high - apart.low)


def test_a_constant_answer_sides_with_nobody_and_the_others_are_told_all_the_same() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 50))
    zeros, group = np.zeros(50), np.arange(50)
    rows = [
        RatedRows(said, one, other, zeros, zeros, group)
        for said in (np.full(50, 3.3), one, np.full(50, np.nan))
    ]
    siding = rating_siding(rows, 50, QUICK)
    own, together = siding.p_values(500)
    assert np.isnan([siding.score(0).value, siding.score(2).value, own[0], own[2]]).all()
    assert siding.score().value == siding.score(1).value > 0.5
    assert own[1] == together < 0.05


def test_means_that_are_noise_alone_cannot_be_corrected_by() -> None:
    rng = np.random.default_rng(0)
    one, other, said = rng.normal(size=(3, 80))
    rows = RatedRows(said, one, other, np.ones(80), np.zeros(80), np.arange(80))
    assert np.isnan(rating_siding([rows], 80, QUICK).score(0).value)
