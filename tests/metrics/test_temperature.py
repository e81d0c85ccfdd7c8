"""Temperature: what was planted comes back, and nobody sees the rows it is judged on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.special import softmax

from mllmsent.metrics import Resampling, Score
from mllmsent.metrics.bootstrap import draw
from mllmsent.metrics.grouping import Grouping
from mllmsent.metrics.temperature import (
    RANGE,
    cross_fitted,
    fit_temperature,
    stepped_temperature,
    temperature_terms,
    tempered,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUICK = Resampling(n_resamples=300)


def interval_of_temperature(
    probabilities: NDArray[np.float64], truth: NDArray[np.intp], grouping: Grouping
) -> Score:
    fitted = fit_temperature(probabilities, truth)
    sums = grouping.sums(temperature_terms(probabilities, truth, fitted))
    (drawn,) = draw([lambda weights: weights @ sums], len(grouping), QUICK)
    return drawn.score(lambda totals: stepped_temperature(totals, fitted))


def forecasts(
    rng: np.random.Generator, n: int, temperature: float, per_group: int = 1
) -> tuple[NDArray[np.float64], NDArray[np.intp], Grouping]:
    """Truth drawn from true probabilities, and those at a temperature that must be undone.

    Rows of a group have one image's probabilities and one truth.
    """
    logits = np.repeat(rng.normal(0, 1.5, (n // per_group, 4)), per_group, axis=0)
    true = softmax(logits, axis=1)
    points = np.repeat(rng.random(n // per_group), per_group)
    truth = (points[:, None] > np.cumsum(true, axis=1)).sum(axis=1)
    groups = Grouping.of(np.repeat(np.arange(n // per_group), per_group).tolist(), n)
    return softmax(logits * temperature, axis=1), truth.astype(np.intp), groups


@pytest.mark.parametrize("per_group", [1, 3])
def test_a_planted_temperature_lies_in_its_interval_as_often_as_it_says(per_group: int) -> None:
    inside = 0
    for seed in range(200):
        rng = np.random.default_rng([seed, per_group])
        probabilities, truth, grouping = forecasts(rng, 160 * per_group, 2.0, per_group)
        score = interval_of_temperature(probabilities, truth, grouping)
        inside += score.interval.low <= 2.0 <= score.interval.high
    assert 0.905 <= inside / 200 <= 0.985


def test_a_temperature_is_where_the_likelihood_is_greatest() -> None:
    probabilities, truth, _ = forecasts(np.random.default_rng(1), 2000, 3.0)
    found = fit_temperature(probabilities, truth)
    assert found == pytest.approx(3.0, abs=0.25)

    def loss(temperature: float) -> float:
        changed = tempered(probabilities, temperature)
        return float(-np.log(changed[np.arange(len(truth)), truth]).mean())

    assert loss(found) <= min(loss(found * 1.01), loss(found * 0.99))


def test_the_likeliest_label_stays_as_it_is() -> None:
    probabilities, _, _ = forecasts(np.random.default_rng(2), 100, 1.0)
    changed = tempered(probabilities, 7.0)
    assert (changed.argmax(axis=1) == probabilities.argmax(axis=1)).all()
    assert changed.sum(axis=1) == pytest.approx(1)


def test_a_temperature_is_fitted_on_other_groups_only() -> None:
    probabilities, truth, grouping = forecasts(np.random.default_rng(3), 200, 2.0, per_group=4)
    fitted = cross_fitted(probabilities, truth, grouping)
    for number, temperature in enumerate(fitted.temperatures):
        inside = fitted.fold == number
        assert not set(grouping.index[inside]) & set(grouping.index[~inside])
        assert temperature == pytest.approx(fit_temperature(probabilities[~inside], truth[~inside]))
        expected = tempered(probabilities[inside], temperature)
        assert fitted.probabilities[inside] == pytest.approx(expected)


def test_who_is_always_right_has_no_best_temperature_and_so_no_interval() -> None:
    probabilities = np.tile([0.9, 0.1], (50, 1))
    truth = np.zeros(50, dtype=np.intp)
    assert fit_temperature(probabilities, truth) == RANGE[0]
    score = interval_of_temperature(probabilities, truth, Grouping.of(None, 50))
    assert not score.interval.defined
