"""Intensity as the distance from neutral."""

import pytest

from mllmsent.affect import Dimension, Label, Scheme, get_scheme, label_strength, value_strength
from mllmsent.foundation import InputError

VALENCE = Dimension("valence", 1, 9)


def test_the_ends_of_five_classes_are_twice_as_strong_as_the_mild_ones() -> None:
    scheme = get_scheme("polarity5")
    assert [label_strength(scheme, name) for name in scheme.label_names] == [1, 0.5, 0, 0.5, 1]


def test_the_farther_end_of_a_lopsided_scheme_is_one() -> None:
    names = ("neutral", "moved", "overwhelmed")
    scheme = Scheme("s", "ordered", tuple(Label(name, rank) for rank, name in enumerate(names)))
    assert [label_strength(scheme, name) for name in names] == [0, 0.5, 1]


@pytest.mark.parametrize("name", ["polarity2", "ekman7", "valence-arousal"])
def test_without_an_order_around_neutral_there_is_no_distance(name: str) -> None:
    with pytest.raises(InputError, match="no order around a neutral label"):
        label_strength(get_scheme(name), "negative")


@pytest.mark.parametrize(("value", "strength"), [(1, 1), (3, 0.5), (5, 0), (9, 1)])
def test_a_value_is_as_strong_as_it_is_far_from_the_middle(value: float, strength: float) -> None:
    assert value_strength(VALENCE, value) == strength


def test_a_neutral_point_of_ones_own_moves_the_zero() -> None:
    assert value_strength(VALENCE, 4, neutral=4) == 0
    assert value_strength(VALENCE, 9, neutral=4) == 1


@pytest.mark.parametrize(("value", "neutral"), [(0, 5), (5, 10)])
def test_what_is_off_the_scale_is_refused(value: float, neutral: float) -> None:
    with pytest.raises(InputError, match="outside the scale"):
        value_strength(VALENCE, value, neutral=neutral)
