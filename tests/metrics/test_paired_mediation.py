"""Mediation within pairs: planted effects are found, and least squares are those of statsmodels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import statsmodels.api as sm

from mllmsent.foundation import InputError
from mllmsent.metrics import Resampling
from mllmsent.metrics.grouping import Grouping
from mllmsent.metrics.paired_mediation import paired_mediation, slope_under

if TYPE_CHECKING:
    from mllmsent.metrics.metric import Floats

QUICK = Resampling(n_resamples=300)


def pairs(
    n: int, seed: int, change: float = 0.8, slope: float = 0.1, direct: float = 0.05
) -> tuple[Floats, Floats]:
    """Right or wrong under two treatments: (N, 2), and a quality that one has more of: (N, 2).

    The chance of being right is 0.5 + `slope` by unit of the quality + `direct` under the second
    treatment; items differ in both, so that what makes an item good to describe makes it easy.
    """
    rng = np.random.default_rng(seed)
    item = rng.normal(0, 0.5, n)
    quality = item[:, None] + rng.normal(0, 0.8, (n, 2)) + [-change / 2, change / 2]
    chance = 0.5 + slope * quality + direct * np.array([-0.5, 0.5]) + 0.1 * np.tanh(item)[:, None]
    return (rng.random((n, 2)) < chance).astype(float), quality


def alone(n: int) -> Grouping:
    return Grouping.of(None, n)


def test_effects_are_those_of_least_squares() -> None:
    right, quality = pairs(200, 1)
    other = np.random.default_rng(2).normal(size=(200, 2)) + right * 0.3
    found = paired_mediation(right, {"q": quality, "o": other}, alone(200), QUICK)
    scaled = [values / values.std() for values in (quality, other)]
    gaps = [values[:, 1] - values[:, 0] for values in scaled]
    means = [values.mean(axis=1) - values.mean() for values in scaled]
    y = right[:, 1] - right[:, 0]
    fit = sm.OLS(y, sm.add_constant(np.column_stack(gaps + means))).fit()
    assert found.total.value == pytest.approx(y.mean(), abs=1e-9)
    assert found.direct.value == pytest.approx(fit.params[0], abs=1e-9)
    assert found.indirect is not None
    assert found.total.value == pytest.approx(found.direct.value + found.indirect.value)
    for place, path in enumerate(found.paths):
        assert path.change.value == pytest.approx(gaps[place].mean(), abs=1e-9)
        assert path.slope.value == pytest.approx(fit.params[1 + place], abs=1e-9)
        # The t value of a coefficient gives its partial correlation.
        t, rest = fit.tvalues[1 + place], fit.df_resid
        assert path.rho.value == pytest.approx(t / np.sqrt(t * t + rest), abs=1e-9)


def test_standard_errors_of_paths_are_those_that_allow_for_groups() -> None:
    """Joint significance, a and b each by its own: p is the greater of both, as a sandwich has it."""
    right, quality = pairs(1500, 4, change=0.1, slope=0.05)
    groups = np.arange(1500) // 3
    found = paired_mediation(
        right, {"q": quality}, Grouping.of(groups.tolist(), 1500), Resampling(n_resamples=4000)
    )
    scaled = quality / quality.std()
    gap, y = scaled[:, 1] - scaled[:, 0], right[:, 1] - right[:, 0]
    kind = {"cov_type": "cluster", "cov_kwds": {"groups": groups}}
    a = sm.OLS(gap, np.ones(1500)).fit(**kind)
    b = sm.OLS(y, sm.add_constant(np.column_stack([gap, scaled.mean(axis=1)]))).fit(**kind)
    assert found.paths[0].p == pytest.approx(max(a.pvalues[0], b.pvalues[1]), rel=0.25)


def test_planted_effects_lie_in_their_intervals() -> None:
    """200 worlds; 99 % binomial bounds of 95 %."""
    change, slope, direct = 0.8, 0.1, 0.05
    inside = {"total": 0, "indirect": 0, "direct": 0}
    for seed in range(200):
        right, quality = pairs(150, seed, change, slope, direct)
        found = paired_mediation(right, {"q": quality}, alone(150), QUICK)
        truth = {"total": change * slope + direct, "indirect": change * slope, "direct": direct}
        for name, value in truth.items():
            interval = getattr(found, name).interval
            inside[name] += interval.low <= value <= interval.high
    assert all(0.905 <= count / 200 <= 0.985 for count in inside.values()), inside


@pytest.mark.parametrize(("change", "slope"), [(0.8, 0.0), (0.0, 0.15)])
def test_what_carries_nothing_is_seldom_said_to_carry(change: float, slope: float) -> None:
    """Either the treatment does not change the quality, or the quality does not matter."""
    false, outside = 0, 0
    for seed in range(200):
        right, quality = pairs(150, seed, change, slope)
        path = paired_mediation(right, {"q": quality}, alone(150), QUICK).paths[0]
        false += path.p < 0.05
        outside += not path.indirect.interval.low <= 0 <= path.indirect.interval.high
    # 99 % binomial upper bound of 5 %
    assert false <= 19
    assert outside <= 19


def test_rows_of_one_group_are_drawn_together() -> None:
    right, quality = pairs(100, 3)
    thrice = np.repeat(right, 3, axis=0), np.repeat(quality, 3, axis=0)
    together = Grouping.of(np.repeat(np.arange(100), 3).tolist(), 300)
    once = paired_mediation(right, {"q": quality}, alone(100), QUICK)
    again = paired_mediation(thrice[0], {"q": thrice[1]}, together, QUICK)
    assert again.n == 300
    for name in ("total", "direct", "indirect"):
        assert getattr(again, name).interval.low == pytest.approx(getattr(once, name).interval.low)


def test_a_share_is_told_only_of_a_total_that_excludes_zero() -> None:
    clear = paired_mediation(*_named(pairs(400, 0, 1.0, 0.15, 0.1)), alone(400), QUICK)
    assert clear.share is not None
    assert clear.indirect is not None
    assert clear.share.value == pytest.approx(clear.indirect.value / clear.total.value)
    # Direct and indirect effects that cancel are two effects and no share.
    none = paired_mediation(*_named(pairs(400, 0, 0.8, 0.15, -0.12)), alone(400), QUICK)
    assert none.total.interval.low < 0 < none.total.interval.high
    assert none.share is None
    assert none.paths[0].indirect.interval.low > 0


def _named(world: tuple[Floats, Floats]) -> tuple[Floats, dict[str, Floats]]:
    return world[0], {"q": world[1]}


def test_the_slope_under_confounding_is_the_one_that_was_there() -> None:
    """A linear world whose errors have a known correlation, by its very covariances."""
    true_slope, rho, of_mediator, of_outcome = 0.4, 0.35, 1.3, 0.7
    between = rho * of_mediator * of_outcome
    seen = true_slope + between / of_mediator**2
    covariance = true_slope * of_mediator**2 + between
    variance = (true_slope * of_mediator) ** 2 + of_outcome**2 + 2 * true_slope * between
    vanishing = covariance / (of_mediator * np.sqrt(variance))
    assert slope_under(rho, seen, vanishing) == pytest.approx(true_slope, abs=1e-12)
    assert slope_under(0.0, seen, vanishing) == pytest.approx(seen)
    assert slope_under(vanishing, seen, vanishing) == pytest.approx(0, abs=1e-12)


def test_confounding_alone_makes_an_effect_that_vanishes_at_its_own_correlation() -> None:
    """No slope at all, errors that go together: rho is found to be theirs."""
    rng = np.random.default_rng(0)
    gap, error = rng.multivariate_normal([0.5, 0], [[1, 0.3], [0.3, 1]], 5000).T
    halves = np.column_stack([-gap, gap]) / 2
    outcome = np.column_stack([-error, error]) / 2
    path = paired_mediation(outcome, {"q": halves}, alone(5000), QUICK).paths[0]
    assert path.indirect.interval.low > 0
    assert path.rho.interval.low < 0.3 < path.rho.interval.high


def test_mediators_that_tell_nothing_of_their_own_are_left_out_and_told() -> None:
    right, quality = pairs(60, 0)
    found = paired_mediation(
        right,
        {
            "q": quality,
            "the same": quality * 2 + 1,
            "constant": np.ones((60, 2)),
            "a step": np.tile([0.0, 1.0], (60, 1)),
        },
        alone(60),
        QUICK,
    )
    assert [path.mediator for path in found.paths] == ["q"]
    assert found.left_out["the same"] == "others tell it"
    assert "every pair" in found.left_out["constant"]
    assert "every pair" in found.left_out["a step"]
    few = paired_mediation(right[:12], {"q": quality[:12]}, alone(12), QUICK)
    assert not few.paths
    assert few.indirect is None
    assert few.direct.value == few.total.value
    assert "too few" in few.left_out["q"]


def test_a_quality_that_one_treatment_never_has_is_still_a_mediator() -> None:
    """Its average is half its difference, and tells nothing more."""
    right, _ = pairs(200, 0)
    cut = np.column_stack([np.zeros(200), np.random.default_rng(1).random(200) < 0.4])
    right[:, 1] *= 1 - cut[:, 1]
    found = paired_mediation(right, {"cut off": cut}, alone(200), QUICK)
    assert found.paths[0].indirect.interval.high < 0


def test_one_odd_row_does_not_cost_the_others_their_intervals() -> None:
    """But for one row, all under a treatment are alike: many resamples do without that row."""
    right, _ = pairs(200, 0)
    cut = np.column_stack([np.zeros(200), np.random.default_rng(1).random(200) < 0.4])
    cut[0, 0] = 1
    right[:, 1] *= 1 - cut[:, 1]
    found = paired_mediation(right, {"cut off": cut}, alone(200), QUICK)
    assert found.paths[0].indirect.interval.high < 0
    assert found.direct.interval.defined


def test_outcomes_that_never_differ_have_no_interval_and_break_nothing() -> None:
    _, quality = pairs(50, 0)
    found = paired_mediation(np.ones((50, 2)), {"q": quality}, alone(50), QUICK)
    assert found.total.value == 0
    assert not found.total.interval.defined
    assert not found.paths[0].indirect.interval.defined
    assert np.isnan(found.paths[0].p)


def test_a_missing_number_is_an_error() -> None:
    right, quality = pairs(50, 0)
    quality[3, 0] = np.nan
    with pytest.raises(InputError, match="numbers in every row"):
        paired_mediation(right, {"q": quality}, alone(50), QUICK)
