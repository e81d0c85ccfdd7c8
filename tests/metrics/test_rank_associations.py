"""Rank correlations, their differences and their intervals, against references and known truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import spearmanr
from statsmodels.api import OLS

from mllmsent.metrics import Resampling, get_metric, rating_sample, score_sample
from mllmsent.metrics.estimates import mean_contrasts, mean_estimates
from mllmsent.metrics.grouping import Grouping
from mllmsent.metrics.rank_associations import mid_ranks, rank_correlations

if TYPE_CHECKING:
    from mllmsent.metrics.metric import Floats

WORLDS = 200
WITHIN = range(181, 198)
"""Worlds of 200 in which a 95 % interval holds the truth: 99 % binomial bounds."""


def alone(n: int) -> Grouping:
    return Grouping.of(None, n)


def in_groups(n: int, size: int) -> Grouping:
    return Grouping.of((np.arange(n) // size).tolist(), n)


def spearman_of_normals(r: float) -> float:
    """Rho of two normal variables with correlation r."""
    return float(6 / np.pi * np.arcsin(r / 2))


def world(seed: int, n: int = 180, size: int = 3) -> tuple[Floats, Floats, Floats]:
    """One column, two outcomes that go with it by .6 and .2, and a control; groups are alike."""
    rng = np.random.default_rng(seed)
    draws = np.sqrt(0.5) * np.repeat(rng.standard_normal((n // size, 4)), size, axis=0)
    draws += np.sqrt(0.5) * rng.standard_normal((n, 4))
    x = draws[:, 0]
    outcomes = [r * x + np.sqrt(1 - r * r) * draws[:, place] for r, place in ((0.6, 1), (0.2, 2))]
    return x[:, None], np.column_stack(outcomes), draws[:, [3]]


def test_rho_is_that_of_scipy_ties_included() -> None:
    rng = np.random.default_rng(0)
    x, y = np.round(rng.normal(size=(80, 3)), 1), rng.integers(0, 3, (80, 2)).astype(float)
    found = rank_correlations(mid_ranks(x), mid_ranks(y), alone(80)).own.points
    expected = [[spearmanr(x[:, k], y[:, s])[0] for s in range(2)] for k in range(3)]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_partial_rho_is_what_the_three_rhos_make_of_it() -> None:
    rng = np.random.default_rng(1)
    z = rng.normal(size=90)
    x, y = z + rng.normal(size=90), -z + rng.normal(size=90)
    (xy, xz), yz = (spearmanr(x, other)[0] for other in (y, z)), spearmanr(y, z)[0]
    expected = (xy - xz * yz) / np.sqrt((1 - xz**2) * (1 - yz**2))
    ranks = [mid_ranks(column[:, None]) for column in (x, y, z)]
    found = rank_correlations(ranks[0], ranks[1], alone(90), controls=ranks[2]).own
    assert found.points[0, 0] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("size", [1, 4])
def test_intervals_are_those_of_drawing_groups_and_ranking_anew(size: int) -> None:
    x, y, _ = world(3, n=240, size=size)
    groups = in_groups(240, size)
    low, high = rank_correlations(mid_ranks(x), mid_ranks(y), groups).own.intervals()
    for place in range(2):
        sample = rating_sample(
            x[:, 0].tolist(),
            y[:, place].tolist(),
            low=-9,
            high=9,
            groups=[groups.names[each] for each in groups.index],
        )
        drawn = score_sample([get_metric("spearman")], sample, Resampling(1000))["spearman"]
        assert low[0, place] == pytest.approx(drawn.interval.low, abs=0.035)
        assert high[0, place] == pytest.approx(drawn.interval.high, abs=0.035)


def test_what_is_planted_lies_in_the_intervals_as_often_as_they_say() -> None:
    truth = [spearman_of_normals(r) for r in (0.6, 0.2)]
    held = np.zeros(3, dtype=int)
    for seed in range(WORLDS):
        x, y, _ = world(seed)
        found = rank_correlations(mid_ranks(x), mid_ranks(y), in_groups(180, 3), against=[None, 0])
        (low, high), (least, most) = found.own.intervals(), found.apart.intervals()
        held[:2] += (low[0] <= truth) & (truth <= high[0])
        held[2] += least[0, 1] <= truth[1] - truth[0] <= most[0, 1]
        assert np.isnan(least[0, 0])
    assert all(count in WITHIN for count in held), held


def test_a_partial_rho_lies_in_its_interval_as_often_as_it_says() -> None:
    """What goes with another through a third alone has no partial rho to speak of."""
    correlations = {"xy": 0.36, "xz": 0.6, "yz": 0.6}
    rho = {pair: spearman_of_normals(r) for pair, r in correlations.items()}
    truth = (rho["xy"] - rho["xz"] * rho["yz"]) / (1 - rho["xz"] ** 2)
    held = 0
    for seed in range(WORLDS):
        rng = np.random.default_rng(seed)
        z = rng.standard_normal((120, 1))
        x, y = (0.6 * z + 0.8 * rng.standard_normal((120, 1)) for _ in range(2))
        ranks = [mid_ranks(column) for column in (x, y, z)]
        found = rank_correlations(ranks[0], ranks[1], alone(120), controls=ranks[2]).own
        low, high = found.intervals()
        held += low[0, 0] <= truth <= high[0, 0]
    assert held in WITHIN


def test_of_nothing_p_values_are_as_small_as_chance_has_it() -> None:
    small = 0
    for seed in range(WORLDS):
        rng = np.random.default_rng(seed)
        x, y = rng.standard_normal((60, 5)), rng.integers(0, 3, (60, 1)).astype(float)
        found = rank_correlations(mid_ranks(x), mid_ranks(y), alone(60)).own
        small += int((found.p_values < 0.05).sum())
    # 1,000 tests, of which 5 % are small; 99 % binomial bounds
    assert 33 <= small <= 69


def test_copies_of_a_row_in_its_group_tell_nothing_more() -> None:
    x, y, _ = world(5, n=60, size=1)
    once = rank_correlations(mid_ranks(x), mid_ranks(y), alone(60), against=[None, 0])
    thrice = rank_correlations(
        mid_ranks(np.repeat(x, 3, axis=0)),
        mid_ranks(np.repeat(y, 3, axis=0)),
        in_groups(180, 3),
        against=[None, 0],
    )
    np.testing.assert_allclose(thrice.own.errors, once.own.errors, rtol=1e-9)
    np.testing.assert_allclose(thrice.apart.errors, once.apart.errors, rtol=1e-9)


def test_what_does_not_vary_and_what_controls_explain_have_no_rho() -> None:
    x, y, _ = world(0, n=60)
    constant = rank_correlations(mid_ranks(np.ones((60, 1))), mid_ranks(y), alone(60)).own
    own = rank_correlations(mid_ranks(x), mid_ranks(y), alone(60), controls=mid_ranks(x)).own
    for found in (constant, own):
        assert np.isnan(found.points).all()
        assert np.isnan(found.intervals()[0]).all()
        assert np.isnan(found.p_values).all()
    same = rank_correlations(mid_ranks(x), mid_ranks(x), alone(60)).own
    assert same.points[0, 0] == pytest.approx(1)
    assert np.isnan(same.p_values[0, 0])


def test_one_group_has_no_interval() -> None:
    x, y, _ = world(0, n=60)
    found = rank_correlations(mid_ranks(x), mid_ranks(y), in_groups(60, 60)).own
    assert np.isfinite(found.points).all()
    assert np.isnan(found.errors).all()


@pytest.mark.parametrize("size", [1, 3])
def test_contrasts_of_means_have_the_errors_of_a_clustered_regression(size: int) -> None:
    _, y, z = world(2, n=90)
    inside, groups = z > 0.3, in_groups(90, size)
    found = mean_contrasts(inside, y, groups, [None, 0])
    design = np.column_stack([np.ones(90), inside])
    for place, said in ((0, y[:, 0]), (1, y[:, 1]), (2, y[:, 1] - y[:, 0])):
        fit = OLS(said, design).fit(
            cov_type="cluster", cov_kwds={"groups": groups.index, "use_correction": False}
        )
        estimates, column = (found.apart, 1) if place == 2 else (found.own, place)
        factor = np.sqrt(len(groups) / (len(groups) - 1))
        assert estimates.points[0, column] == pytest.approx(fit.params[1], abs=1e-12)
        assert estimates.errors[0, column] == pytest.approx(fit.bse[1] * factor, abs=1e-12)


def test_a_mean_has_the_t_interval_of_its_groups() -> None:
    x, _, _ = world(4, n=50, size=1)
    found = mean_estimates(x, alone(50))
    low, high = found.intervals()
    reach = 2.009575 * x.std(ddof=1) / np.sqrt(50)  # t of 49 degrees of freedom
    assert found.points[0, 0] == pytest.approx(x.mean())
    assert (low[0, 0], high[0, 0]) == pytest.approx((x.mean() - reach, x.mean() + reach), abs=1e-6)


def test_groups_without_rows_make_no_mean_surer() -> None:
    """Four rows of two groups are two groups, though four be named."""
    x = np.array([[1.0], [1.1], [3.0], [3.2]])
    named = Grouping(("a", "b", "c", "d"), np.array([0, 0, 1, 1], dtype=np.intp))
    found, alone_so = mean_estimates(x, named), mean_estimates(x, in_groups(4, 2))
    assert found.n_groups == 2
    assert found.errors == pytest.approx(alone_so.errors)
    assert found.p_values == pytest.approx(alone_so.p_values)
