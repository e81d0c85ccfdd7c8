"""Chance that is the same everywhere."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllmsent.dioramas.dice import Dice


def test_the_first_numbers_of_a_named_stream_never_change() -> None:
    dice = Dice(7, "clouds")
    assert [round(dice.unit(), 6) for _ in range(3)] == [0.672001, 0.911937, 0.93443]


@given(st.text(), st.text())
def test_streams_of_other_names_are_other_streams(first: str, second: str) -> None:
    if first != second:
        assert [Dice(first).unit() for _ in range(2)] != [Dice(second).unit() for _ in range(2)]


def test_weighted_choices_come_as_often_as_their_weight() -> None:
    dice = Dice("weights")
    counts = Counter(dice.weighted({"a": 1.0, "b": 3.0, "c": 0.0}) for _ in range(8000))
    assert counts["c"] == 0
    assert counts["b"] / counts["a"] == pytest.approx(3, rel=0.1)


def test_normal_numbers_have_their_mean_and_spread() -> None:
    dice = Dice("bell")
    numbers = [dice.normal(2.0, 3.0) for _ in range(20_000)]
    mean = sum(numbers) / len(numbers)
    sd = (sum((number - mean) ** 2 for number in numbers) / len(numbers)) ** 0.5
    assert mean == pytest.approx(2.0, abs=0.07)
    assert sd == pytest.approx(3.0, rel=0.02)


@given(st.lists(st.integers(), unique=True))
def test_shuffling_keeps_everything(options: list[int]) -> None:
    assert sorted(Dice("shuffle").shuffled(options)) == sorted(options)
