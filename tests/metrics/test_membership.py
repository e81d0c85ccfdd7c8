"""Who belongs to a subgroup: exact where it can be reckoned, silent where nothing is planted."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.special import ndtri

from mllmsent.foundation import InputError
from mllmsent.metrics.membership import Blocks, excess_test, membership_test


def blocks(values: np.ndarray, inside: np.ndarray) -> Blocks:
    """Blocks of one row each."""
    values = values.reshape(len(values), -1).astype(float)
    return Blocks(values, np.ones_like(values), inside)


def two_systems(
    rng: np.random.Generator, inside: np.ndarray, right: tuple[tuple[float, float], ...]
) -> np.ndarray:
    """Right or wrong of one system less that of another, which find the same items hard."""
    ease = rng.standard_normal(len(inside))
    one, other = (
        np.sqrt(0.5) * ease + np.sqrt(0.5) * rng.standard_normal(len(inside))
        < ndtri(np.where(inside, within, without))
        for within, without in right
    )
    gap: np.ndarray = one.astype(float) - other
    return gap


def test_the_share_of_deals_is_that_of_all_deals_there_are() -> None:
    """Six blocks, three inside: of the twenty deals two are as extreme, this one and its mirror."""
    values = np.array([1.0, 1.2, 1.1, 0.1, 0.2, 0.0])
    inside = np.array([True] * 3 + [False] * 3)
    (p,) = membership_test(blocks(values, inside), n_permutations=20_000, seed=1)
    means = [
        abs(values[list(chosen)].mean() - np.delete(values, list(chosen)).mean())
        for chosen in combinations(range(6), 3)
    ]
    assert sum(mean >= means[0] - 1e-9 for mean in means) == 2
    assert p == pytest.approx(2 / 20, abs=0.02)


def test_rows_of_a_block_count_for_themselves_and_stay_together() -> None:
    """Five repeats of each item are no more evidence than one that is five times as heavy."""
    rng = np.random.default_rng(2)
    values, inside = rng.random(60), np.arange(60) < 20
    single = blocks(values + 0.25 * inside, inside)
    fivefold = Blocks(single.sums * 5, single.counts * 5, inside)
    assert membership_test(single)[0] == membership_test(fivefold)[0]


def test_what_differs_is_found_and_its_neighbor_is_left_alone() -> None:
    rng = np.random.default_rng(3)
    inside = np.arange(300) < 48
    found = np.stack(
        [
            two_systems(rng, inside, ((0.88, 0.9), (0.31, 0.74))),
            two_systems(rng, inside, ((0.9, 0.9), (0.74, 0.74))),
        ],
        axis=1,
    )
    planted, nothing = membership_test(blocks(found, inside))
    assert planted < 0.001
    assert nothing > 0.05


def test_the_sides_may_change_places_and_a_shift_changes_nothing() -> None:
    rng = np.random.default_rng(4)
    values, inside = rng.random(80), np.arange(80) < 40
    (p,) = membership_test(blocks(values, inside))
    assert membership_test(blocks(values + 7, inside))[0] == pytest.approx(p)
    assert membership_test(blocks(values, ~inside))[0] == pytest.approx(p, abs=0.05)


def test_equal_values_differ_in_nothing() -> None:
    assert membership_test(blocks(np.ones(40), np.arange(40) < 20))[0] == 1.0


def test_a_side_without_rows_cannot_be_tested() -> None:
    counted = np.ones((40, 2))
    counted[:20, 1] = 0
    sums = np.arange(80, dtype=float).reshape(40, 2) * counted
    p_values = membership_test(Blocks(sums, counted, np.arange(40) < 20))
    assert np.isnan(p_values).tolist() == [False, True]


def test_blocks_without_the_quantity_say_nothing_of_how_it_scatters() -> None:
    """A system that answered few of many items is tested on those, as if there were no others."""
    rng = np.random.default_rng(5)
    inside = np.arange(600) < 100
    asked = ((np.arange(600) % 100) < 6).astype(float)[:, None]
    sums = rng.random((600, 1)) * asked
    own = asked[:, 0] > 0
    everything = Blocks(sums, asked, inside)
    assert excess_test(everything) == pytest.approx(
        excess_test(Blocks(sums[own], asked[own], inside[own]))
    )


@pytest.mark.filterwarnings("error")
def test_a_quantity_that_no_block_has_cannot_be_tested() -> None:
    nothing = np.zeros((12, 1))
    assert np.isnan(excess_test(Blocks(nothing, nothing, np.arange(12) < 6))).all()


def test_too_few_permutations_are_refused() -> None:
    with pytest.raises(InputError, match="too few"):
        membership_test(blocks(np.arange(40), np.arange(40) < 20), n_permutations=99)


@pytest.mark.parametrize(
    "right",
    [
        pytest.param(((0.9, 0.9), (0.75, 0.75)), id="the same inside"),
        pytest.param(((0.75, 0.95), (0.6, 0.8)), id="hard for both inside"),
        pytest.param(((0.98, 0.8), (0.9, 0.72)), id="easy for both inside"),
        pytest.param(((0.97, 0.97), (0.93, 0.93)), id="hardly an error"),
    ],
)
def test_no_more_false_alarms_than_the_level_says(
    right: tuple[tuple[float, float], ...],
) -> None:
    """One system is as far behind inside as outside, also where both find the inside harder."""
    rng = np.random.default_rng(5)
    inside = np.arange(300) < 30
    worlds = [two_systems(rng, inside, right) for _ in range(2000)]
    p_values = np.concatenate(
        [membership_test(blocks(np.stack(worlds[k : k + 100], axis=1), inside), n_permutations=1000)
         for k in range(0, 2000, 100)]
    )  # fmt: skip
    # 0.05 and twice its standard error in 2000 worlds.
    assert np.mean(p_values <= 0.05) <= 0.06
    assert np.mean(p_values <= 0.01) <= 0.0145


def test_an_excess_has_about_the_p_value_of_the_deals_of_one_side() -> None:
    rng = np.random.default_rng(8)
    inside = np.arange(200) < 60
    values = rng.normal(size=(200, 3)) + inside[:, None] * np.array([0.35, 0.0, -0.35])
    dealt = membership_test(blocks(values, inside), n_permutations=20_000, seed=2)
    sided = excess_test(blocks(values, inside))
    assert sided[0] == pytest.approx(dealt[0] / 2, abs=0.01)
    assert sided[2] == pytest.approx(1 - dealt[2] / 2, abs=0.01)


def test_rows_are_summed_by_group_and_side() -> None:
    rows = np.array([[1.0], [2.0], [np.nan], [4.0]])
    made = Blocks.of(rows, np.array([0, 0, 0, 1]), np.array([True, True, False, False]))
    assert made.inside.tolist() == [False, True, False]
    assert made.sums.ravel().tolist() == [0, 3, 4]
    assert made.counts.ravel().tolist() == [0, 2, 1]
