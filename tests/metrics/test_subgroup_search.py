"""Subgroup discovery: what is planted is found in its simplest words, and weighed as it should be."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from mllmsent.metrics.subgroup_search import (
    FoundSubgroup,
    members,
    overlap,
    search_subgroups,
)


def conditions(rng: np.random.Generator, n: int = 600, k: int = 12) -> np.ndarray:
    return np.asarray(rng.random((n, k)) < 0.35)


def quality(values: np.ndarray, inside: np.ndarray) -> float:
    """The difference of the means by its standard error, with the spread of all."""
    n, m = inside.sum(), (~inside).sum()
    apart = values[inside].mean() - values[~inside].mean()
    return float(apart / (values.std() * np.sqrt(1 / n + 1 / m)))


def test_the_best_condition_is_that_of_trying_all() -> None:
    rng = np.random.default_rng(0)
    held = conditions(rng)
    values = rng.normal(size=(600, 1)) + 0.5 * held[:, 4:5]
    (found,) = search_subgroups(held, values, least=20, depth=1, most=1)
    by_hand = [quality(values[:, 0], column) for column in held.T]
    assert found.terms == (int(np.argmax(by_hand)),) == (4,)
    assert found.quality == pytest.approx(max(by_hand), abs=1e-4)


def test_a_planted_pair_is_found_and_is_the_best_of_all_pairs() -> None:
    rng = np.random.default_rng(1)
    held = conditions(rng)
    values = rng.normal(size=600) + 1.2 * (held[:, 2] & held[:, 7])
    found = search_subgroups(held, values[:, None], least=20)
    assert found[0].terms == (2, 7)
    best = max(quality(values, held[:, a] & held[:, b]) for a, b in combinations(range(12), 2))
    assert found[0].quality == pytest.approx(best, abs=1e-4)


def test_a_planted_triple_needs_depth_three() -> None:
    rng = np.random.default_rng(2)
    held = np.asarray(rng.random((2000, 8)) < 0.5)
    values = rng.normal(size=2000) + 1.5 * held[:, :3].all(axis=1)
    assert search_subgroups(held, values[:, None], least=30, depth=3)[0].terms == (0, 1, 2)
    assert len(search_subgroups(held, values[:, None], least=30)[0].terms) == 2


def test_a_condition_beside_the_one_that_matters_adds_nothing() -> None:
    """Rain alone is worse; rain at night is no worse than rain by day, and is not told."""
    for seed in range(10):
        rng = np.random.default_rng(seed)
        held = conditions(rng, 1000)
        values = rng.normal(size=1000) + held[:, 3]
        assert search_subgroups(held, values[:, None], least=20, most=1)[0].terms == (3,)


def test_what_the_first_explains_is_not_found_again() -> None:
    rng = np.random.default_rng(4)
    held = conditions(rng, 1500)
    values = rng.normal(size=1500) + 1.0 * held[:, 3] + 0.7 * held[:, 8]
    found = search_subgroups(held, values[:, None], least=20)
    assert [each.terms for each in found[:2]] == [(3,), (8,)]
    assert all(each.quality < 5 for each in found[2:])


def test_conditions_of_nearly_the_same_rows_are_restatements() -> None:
    rng = np.random.default_rng(5)
    held = conditions(rng)
    held[:, 1] = held[:, 0] ^ (rng.random(600) < 0.03)
    values = rng.normal(size=600) + 1.0 * held[:, 0]
    first = search_subgroups(held, values[:, None], least=20)[0]
    assert first.terms == (0,)
    assert first.also == (1,)


def test_what_is_high_in_one_quantity_only_is_not_found() -> None:
    rng = np.random.default_rng(6)
    held = conditions(rng, 1000)
    one, other = rng.normal(size=(2, 1000))
    both = search_subgroups(held, np.column_stack([one + held[:, 5], other]), least=20)
    assert (5,) not in [each.terms for each in both]
    shared = np.column_stack([one + held[:, 5], other + 0.8 * held[:, 5]])
    assert search_subgroups(held, shared, least=20)[0].terms == (5,)


@pytest.mark.parametrize("least", [20, 100])
def test_no_subgroup_is_too_small_or_leaves_too_little_outside(least: int) -> None:
    rng = np.random.default_rng(7)
    held = np.asarray(rng.random((400, 30)) < rng.uniform(0, 1, 30))
    for each in search_subgroups(held, rng.normal(size=(400, 1)), least=least, most=5):
        inside = members(held, each.terms)
        assert least <= inside.sum() <= 400 - least


def test_without_conditions_rows_or_spread_nothing_is_found() -> None:
    none = np.zeros((50, 0), bool)
    assert search_subgroups(none, np.ones((50, 1)), least=5) == []
    assert search_subgroups(np.ones((50, 3), bool), np.ones((50, 1)), least=5) == []
    everywhere = np.ones((50, 1), bool)
    assert search_subgroups(everywhere, np.arange(50.0)[:, None], least=5) == []


def test_overlap_is_jaccards() -> None:
    one, other = np.array([1, 1, 0, 0], bool), np.array([1, 0, 1, 0], bool)
    assert overlap(one, other) == pytest.approx(1 / 3)
    assert overlap(one & False, other & False) == 0
    assert FoundSubgroup((1,), 2.0).also == ()
