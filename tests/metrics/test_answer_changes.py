"""How far two answers differ: flips, shifts, and what repeats explain."""

from __future__ import annotations

import numpy as np
import pytest

from mllmsent.metrics import Resampling, excess_changes, label_changes, number_changes
from mllmsent.metrics.grouping import Grouping

QUICK = Resampling(n_resamples=300)
PAIR = [(0, 1)]


def test_flips_and_the_shift_are_counted_where_both_answered() -> None:
    codes = np.array([[0, 0], [0, 1], [1, 1], [0, 1], [-1, 1], [0, -1]])
    found = label_changes(codes, PAIR, Grouping.of(None, 6), QUICK)[0]
    assert found.n == 4
    assert found.change.value == pytest.approx(0.5)
    # Three of four said 0, then one of four.
    assert found.shift.value == pytest.approx(0.5)
    # Only two groups swap anything, both or neither as far: two of four ways.
    assert found.shift_p == pytest.approx(0.5)
    assert label_changes(codes, [], Grouping.of(None, 6), QUICK) == []


def test_flips_that_cancel_out_are_no_shift() -> None:
    codes = np.array([[0, 1], [1, 0]] * 30)
    found = label_changes(codes, PAIR, Grouping.of(None, 60), QUICK)[0]
    assert found.change.value == 1
    assert found.shift.value == 0
    assert found.shift_p == 1


def test_questions_that_one_did_not_answer_make_no_flip_rarer() -> None:
    """Eight questions without a flip say as much beside two hundred without an answer as alone."""
    codes = np.zeros((200, 2), dtype=np.intp)
    codes[8:, 1] = -1
    among_many = label_changes(codes, PAIR, Grouping.of(None, 200), QUICK)[0].change.interval
    alone = label_changes(codes[:8], PAIR, Grouping.of(None, 8), QUICK)[0].change.interval
    assert among_many.method == "exact"
    assert among_many.high == alone.high == pytest.approx(1 - 0.025 ** (1 / 8))


def test_a_shift_that_chance_explains_has_an_interval_from_nothing_on() -> None:
    """The distance of two equal distributions is above 0 in every sample; its interval holds 0."""
    inside = 0
    for seed in range(100):
        codes = np.random.default_rng(seed).integers(3, size=(60, 2))
        own = Resampling(n_resamples=100, seed=seed)
        found = label_changes(codes, PAIR, Grouping.of(None, 60), own)[0]
        assert (found.shift.interval.low == 0) == (found.shift_p > 0.05)
        inside += found.shift.interval.low == 0
    # The lower 99.5 % binomial bound of 95 % in 100 worlds.
    assert inside >= 88


def test_a_planted_shift_of_numbers_is_inside_its_interval_as_often_as_it_says() -> None:
    inside = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        first = rng.normal(5, 1, 60)
        numbers = np.stack([first, first - 0.3 + rng.normal(0, 0.8, 60)], axis=1)
        own = Resampling(n_resamples=300, seed=seed)
        shift = number_changes(numbers, PAIR, Grouping.of(None, 60), own)[0].shift
        inside += shift.interval.low <= 0.3 <= shift.interval.high
    # 99 % binomial bounds of 95 % in 200 worlds.
    assert 0.905 <= inside / 200 <= 0.985


def test_equal_distributions_shift_no_oftener_than_by_chance() -> None:
    found = 0
    for seed in range(200):
        codes = np.random.default_rng(seed).integers(3, size=(50, 2))
        own = Resampling(n_resamples=100, seed=seed)
        found += label_changes(codes, PAIR, Grouping.of(None, 50), own)[0].shift_p <= 0.05
    # The upper 99.5 % binomial bound of 5 % in 200 worlds.
    assert found <= 19


def test_what_asking_again_changes_is_not_the_wordings_doing() -> None:
    """Two systems that answer by one die differ as often as each from itself; of two dice, more."""
    rng = np.random.default_rng(4)
    units = np.repeat(np.arange(150), 4)
    grouping = Grouping.of(units.tolist(), 600)
    one_die = rng.integers(2, size=(600, 2))
    fair = excess_changes(one_die, PAIR, units, grouping, QUICK)[0]
    assert fair.by_repeats == pytest.approx(0.5, abs=0.05)
    assert fair.excess.interval.low < 0 < fair.excess.interval.high
    loaded = (rng.random((600, 2)) < [0.2, 0.8]).astype(np.intp)
    apart = excess_changes(loaded, PAIR, units, grouping, QUICK)[0]
    # Across: 0.68 differ; within: 0.32.
    assert apart.by_repeats == pytest.approx(0.32, abs=0.05)
    assert apart.excess.interval.low < 0.36 < apart.excess.interval.high


def test_questions_asked_once_have_no_repeats() -> None:
    codes = np.array([[0, 1], [1, 1]])
    found = excess_changes(codes, PAIR, np.arange(2), Grouping.of(None, 2), QUICK)[0]
    assert np.isnan(found.by_repeats)
    assert np.isnan(found.excess.value)
