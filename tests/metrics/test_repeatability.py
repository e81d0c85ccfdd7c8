"""Agreement of a rater with itself: what was drawn is what is found."""

from __future__ import annotations

import numpy as np
import pytest

from mllmsent.metrics import Resampling, krippendorff_alpha, pairwise_agreement
from mllmsent.metrics.discrimination import area_under_roc
from mllmsent.metrics.grouping import Grouping
from mllmsent.metrics.means import mean_scores
from mllmsent.metrics.repeatability import label_repeatability, modal_share, rating_repeatability

QUICK = Resampling(n_resamples=200)


def drawn(shares: list[float], n: int, repeats: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).multinomial(repeats, shares, n).astype(float)


def test_a_rater_that_draws_its_answers_agrees_with_itself_as_chance_has_it() -> None:
    """Shares .8 and .2: two answers are the same with .68, and beyond chance not at all."""
    found = label_repeatability({"r": drawn([0.8, 0.2], 3000, 5)}, Grouping.of(None, 3000))["r"]
    assert found.n == 3000
    assert found.same.value == pytest.approx(0.68, abs=0.01)
    assert found.changes.value == pytest.approx(1 - 0.8**5 - 0.2**5, abs=0.02)
    assert found.alpha.value == pytest.approx(0.0, abs=0.02)
    assert found.alpha.interval.low < 0 < found.alpha.interval.high


def test_what_is_said_of_itself_is_what_is_said_of_people() -> None:
    counts = drawn([0.5, 0.3, 0.2], 60, 4, seed=2)
    items = np.repeat(np.arange(60), 4).tolist()
    labels = np.concatenate([np.repeat(np.arange(3), row.astype(int)) for row in counts]).tolist()
    for level in ("nominal", "ordinal"):
        own = label_repeatability({"r": counts}, Grouping.of(None, 60), level, QUICK)["r"]
        alpha = krippendorff_alpha(items, labels, level, labels=[0, 1, 2], resampling=QUICK)
        assert own.alpha.value == pytest.approx(alpha.value, abs=1e-9)
        assert own.alpha.interval.low == pytest.approx(alpha.interval.low, abs=1e-9)
    same = pairwise_agreement(items, labels, QUICK)
    assert own.same.value == pytest.approx(same.value, abs=1e-9)


def test_one_answer_says_nothing_of_repeating() -> None:
    counts = np.array([[3.0, 0.0], [1.0, 0.0], [0.0, 0.0], [1.0, 1.0]])
    found = label_repeatability({"r": counts}, Grouping.of(None, 4), resampling=QUICK)["r"]
    assert found.n == 2
    assert found.same.value == pytest.approx(0.5)
    assert found.modal.value == pytest.approx(0.75)
    assert found.changes.value == pytest.approx(0.5)
    assert modal_share(counts)[:2] == pytest.approx([1.0, 1.0])
    assert np.isnan(modal_share(counts)[2])


def test_who_never_changes_has_an_exact_interval_and_no_alpha() -> None:
    counts = np.tile([5.0, 0.0], (40, 1))
    found = label_repeatability({"r": counts}, Grouping.of(None, 40), resampling=QUICK)["r"]
    assert found.changes.value == 0
    assert 0 < found.changes.interval.high < 0.1
    assert np.isnan(found.alpha.value)


def test_scatter_of_numbers_is_that_which_was_drawn() -> None:
    rng = np.random.default_rng(0)
    numbers = rng.normal(0, 2, (2000, 1)) + rng.normal(0, 0.5, (2000, 3))
    moments = np.column_stack([np.full(2000, 3.0), numbers.sum(axis=1), (numbers**2).sum(axis=1)])
    found = rating_repeatability({"r": moments}, Grouping.of(None, 2000), QUICK)["r"]
    assert found.within_sd.value == pytest.approx(0.5, abs=0.02)
    assert found.alpha.value == pytest.approx(4 / 4.25, abs=0.01)
    alpha = krippendorff_alpha(
        np.repeat(np.arange(2000), 3).tolist(), numbers.ravel().tolist(), "interval"
    )
    assert found.alpha.value == pytest.approx(alpha.value, abs=1e-9)


def test_the_area_under_the_curve_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415 - slow to import

    rng = np.random.default_rng(1)
    sureness = rng.integers(1, 6, 300) / 5
    right = (rng.random(300) < sureness).astype(float)
    score = area_under_roc(sureness, right, Grouping.of(None, 300), QUICK)
    assert score.value == pytest.approx(roc_auc_score(right, sureness), abs=1e-9)
    assert score.interval.low > 0.5


def test_a_number_that_tells_nothing_has_half_the_area() -> None:
    rng = np.random.default_rng(1)
    right = (rng.random(400) < 0.7).astype(float)
    score = area_under_roc(rng.integers(1, 6, 400) / 5, right, Grouping.of(None, 400), QUICK)
    assert score.interval.low < 0.5 < score.interval.high
    constant = area_under_roc(np.ones(400), right, Grouping.of(None, 400), QUICK)
    assert constant.value == 0.5
    assert np.isnan(area_under_roc(right, np.ones(400), Grouping.of(None, 400), QUICK).value)


def test_means_leave_out_what_is_not_there_and_move_groups_together() -> None:
    values = np.array([[1.0, np.nan], [0.0, np.nan], [1.0, np.nan], [np.nan, np.nan]])
    grouping = Grouping.of(["a", "a", "b", "c"], 4)
    known, none = mean_scores(values, grouping, QUICK)
    assert known.value == pytest.approx(2 / 3)
    assert known.interval.n_groups == 3
    assert np.isnan(none.value)
