"""What is held out of training: whole groups, and no label with them."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.text.transformer.reading import POLARITY

from mllmsent.affect import Scheme, get_scheme
from mllmsent.text.transformer.inner_split import hold_out


@given(
    st.lists(st.integers(0, 2), min_size=1, max_size=60),
    st.integers(1, 30),
    st.floats(0.05, 0.5),
    st.integers(0, 99),
)
def test_both_sides_are_all_rows_in_whole_groups_and_every_label_is_learned(
    codes: list[int], n_groups: int, share: float, seed: int
) -> None:
    labels = np.array(POLARITY.label_names, dtype=object)[codes]
    groups = np.array([f"group {row % n_groups}" for row in range(len(codes))], dtype=object)
    train, held = hold_out(POLARITY, labels, groups, share, seed)
    assert sorted([*train, *held]) == list(range(len(codes)))
    assert not set(groups[train]) & set(groups[held])
    assert set(labels[train]) == set(labels)
    again = hold_out(POLARITY, labels, groups, share, seed)
    np.testing.assert_array_equal(again[1], held)


def held_of(scheme: Scheme, targets: Any, groups: Any = None) -> Any:
    return hold_out(scheme, targets, groups, 0.1, 0)[1]


def test_about_the_share_is_held_out_of_each_label() -> None:
    labels = np.array(["negative"] * 300 + ["neutral"] * 100 + ["positive"] * 600, dtype=object)
    held = labels[held_of(POLARITY, labels)]
    assert [(held == name).sum() for name in POLARITY.label_names] == [30, 10, 60]
    grouped = labels[held_of(POLARITY, labels, np.arange(1000) // 4)]
    assert 80 <= len(grouped) <= 120


def test_a_label_that_one_text_has_is_learned_and_not_held_out() -> None:
    for seed in range(20):
        labels = np.array(["negative"] * 15 + ["positive"] * 15 + ["neutral"], dtype=object)
        train, held = hold_out(POLARITY, labels, None, 0.5, seed)
        assert 30 in train
        assert len(held)


def test_values_and_several_labels_are_divided_too() -> None:
    values = np.random.default_rng(0).uniform(1, 9, (50, 2))
    assert len(held_of(get_scheme("valence-arousal"), values)) == 5
    several = np.random.default_rng(0).random((50, 8)) < 0.3
    assert len(held_of(get_scheme("mikels-multi"), several)) == 5


def test_of_few_rows_or_one_group_nothing_is_held_out() -> None:
    labels = np.array(["negative", "positive"] * 10, dtype=object)
    assert not len(held_of(POLARITY, labels[:9]))
    assert not len(held_of(POLARITY, labels, np.zeros(20)))
