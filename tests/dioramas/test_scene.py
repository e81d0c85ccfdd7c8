"""Scenes are values: checked, comparable, and the same again from their own JSON."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllmsent.dioramas import FACTORS, Scene, Subject, sample_scene
from mllmsent.foundation import InputError


@given(st.integers(0, 10_000))
def test_a_scene_comes_back_from_its_json(index: int) -> None:
    scene = sample_scene(3, index)
    assert Scene.from_dict(scene.as_dict()) == scene


def test_a_wrong_value_is_answered_with_the_nearest_right_one() -> None:
    with pytest.raises(InputError, match="Did you mean 'meadow'"):
        Scene(setting="medow")


def test_an_unknown_key_is_an_input_error() -> None:
    with pytest.raises(InputError, match="not a scene"):
        Scene.from_dict({"season": "spring"})


def test_objects_are_a_set_whatever_their_order() -> None:
    assert Scene(objects=("gift", "flowers", "gift")) == Scene(objects=("flowers", "gift"))


@pytest.mark.parametrize(
    ("subjects", "company"),
    [
        ((), "none"),
        ((Subject(),), "one"),
        ((Subject(), Subject(kind="dog")), "one"),
        ((Subject(), Subject()), "pair"),
        ((Subject(),) * 4, "crowd"),
        ((Subject(kind="cat"),) * 2, "animal"),
    ],
)
def test_company_follows_from_who_is_there(subjects: tuple[Subject, ...], company: str) -> None:
    assert Scene(subjects=subjects).company == company
    assert company in FACTORS["company"]
