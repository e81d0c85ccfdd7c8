"""Flips and churn: counted as they are, and held against what independent errors would give."""

from __future__ import annotations

import numpy as np
import pytest

from mllmsent.metrics import Resampling, flips, get_metric, label_sample, label_set_sample
from mllmsent.metrics.bootstrap import draw, score_difference, score_sample
from mllmsent.metrics.flips import Flips
from mllmsent.metrics.shared_draws import draw_together, group_sums, joined_draws, unchanged_score

LABELS = ("a", "b", "c")


def test_every_kind_of_change_is_counted_as_what_it_is() -> None:
    truth = ["a", "a", "a", "b", "b", "c"]
    old = label_sample(truth, ["a", "a", "b", "c", "a", None], LABELS)
    new = label_sample(truth, ["a", "b", "a", "a", "a", None], LABELS)
    found = flips(old, new)
    assert found.negative.tolist() == [False, True, False, False, False, False]
    assert found.positive.tolist() == [False, False, True, False, False, False]
    assert found.changed.tolist() == [False, True, True, True, False, False]
    totals = found.sums.sum(axis=0, keepdims=True)
    assert Flips.negative_rate(totals)[0] == Flips.positive_rate(totals)[0] == 1 / 6
    assert Flips.churn(totals)[0] == 1 / 2


def test_independent_errors_churn_as_the_confusions_have_it() -> None:
    """Worked by hand: of a 2/3 and 1/3 against 1/3 and 2/3; b always alike."""
    truth = ["a", "a", "a", "b"]
    old = label_sample(truth, ["a", "a", "c", "b"], LABELS)
    new = label_sample(truth, ["a", "c", "c", "b"], LABELS)
    found = flips(old, new)
    same = 3 * (2 / 3 * 1 / 3 + 1 / 3 * 2 / 3) + 1
    assert found.independent_churn == pytest.approx(1 - same / 4)
    assert found.independent_negative_rate == pytest.approx(3 * (2 / 3) * (2 / 3) / 4)


def test_independent_versions_churn_as_much_as_is_foretold() -> None:
    rng = np.random.default_rng(0)
    gaps = []
    for _ in range(100):
        truth = rng.choice(LABELS, 200)
        old, new = (np.where(rng.random(200) < 0.6, truth, rng.choice(LABELS, 200)) for _ in "12")
        found = flips(label_sample(truth, old, LABELS), label_sample(truth, new, LABELS))
        gaps.append(found.changed.mean() - found.independent_churn)
    assert abs(np.mean(gaps)) < 4 * np.std(gaps) / 10


def test_sets_of_labels_flip_as_a_whole_and_have_no_confusions() -> None:
    truth = [{"a"}, {"a", "b"}, {"c"}]
    old = label_set_sample(truth, [{"a"}, {"a"}, None], LABELS)
    new = label_set_sample(truth, [{"a", "c"}, {"a", "b"}, {"c"}], LABELS)
    found = flips(old, new)
    assert found.negative.tolist() == [True, False, False]
    assert found.positive.tolist() == [False, True, True]
    assert found.changed.all()
    assert np.isnan([found.independent_churn, found.independent_negative_rate]).all()


def test_what_is_drawn_together_is_what_is_drawn_apart() -> None:
    """Additive metrics in one product, ranks one by one, and differences draw by draw."""
    rng = np.random.default_rng(1)
    truth = rng.choice(LABELS, 90)
    groups = [f"g{number}" for number in rng.integers(30, size=90)]
    samples = [
        label_sample(truth, np.where(rng.random(90) < share, truth, "a"), LABELS, groups)
        for share in (0.5, 0.8)
    ]
    metric, resampling = get_metric("macro_f1"), Resampling(n_resamples=300, seed=4)
    asked = {
        number: (group_sums(metric.statistics, sample), sample.grouping.names)
        for number, sample in enumerate(samples)
    }
    drawn = draw_together(asked, resampling)
    for number, sample in enumerate(samples):
        apart = score_sample([metric], sample, resampling)[metric.name]
        together = drawn[number].score(metric.value)
        assert together.value == pytest.approx(apart.value)
        assert together.interval.low == pytest.approx(apart.interval.low)
    both = joined_draws(drawn[0], drawn[1])
    difference = both.score(lambda sums: metric.value(sums[:, 0]) - metric.value(sums[:, 1]))
    expected = score_difference(metric, samples[0], samples[1], resampling)
    assert difference.value == pytest.approx(expected.value)
    assert difference.interval.high == pytest.approx(expected.interval.high)


def test_a_difference_that_nothing_bears_on_is_0_from_0_to_0_and_no_other_is() -> None:
    sums = np.column_stack([np.zeros(20), np.ones(20)])
    resampling = Resampling(n_resamples=100)
    draws = draw([lambda weights: weights @ sums], 20, resampling)[0]
    for column, expected in ((0, (0.0, 0.0)), (1, (20.0, float("nan")))):

        def value(totals: np.ndarray, column: int = column) -> np.ndarray:
            return totals[:, column]

        score = unchanged_score(draws, value, draws.score(value))
        assert (score.value, score.interval.low) == pytest.approx(expected, nan_ok=True)
