"""Descriptions and readings are true of their scene, and vary in their words."""

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from mllmsent.dioramas import Scene, Subject, describe, sample_scene, true_reading
from mllmsent.dioramas.terms import find_terms

indexes = st.integers(0, 5000)


@given(indexes, st.integers(0, 50))
def test_a_description_names_what_is_there_and_nothing_else(index: int, seed: int) -> None:
    scene = sample_scene(6, index)
    text = describe(scene, seed)
    for factor in ("setting", "time", "weather", "light", "palette"):
        assert find_terms(text, factor) == (getattr(scene, factor),), text
    assert set(find_terms(text, "object")) == set(scene.objects), text
    assert set(find_terms(text, "expression")) == {s.expression for s in scene.subjects}, text


@given(indexes)
def test_a_description_is_a_few_sentences_without_a_verdict(index: int) -> None:
    text = describe(sample_scene(6, index))
    assert 2 <= len(re.findall(r"[.](?:\s|$)", text)) <= 9
    assert "  " not in text
    assert "{" not in text
    assert not re.search(r"\b(?:positive|negative|valence|arousal)\b", text)


def test_other_seeds_give_other_words() -> None:
    scene = sample_scene(6, 4)
    assert len({describe(scene, seed) for seed in range(30)}) > 15
    assert describe(scene, 3) == describe(scene, 3)


@given(indexes)
def test_the_true_reading_has_the_fields_of_the_scene_pathway(index: int) -> None:
    scene = sample_scene(6, index)
    reading = true_reading(scene)
    assert list(reading) == ["atmosphere", "subjects", "cues", "narrative"]
    assert json.loads(json.dumps(reading)) == reading
    assert [part["expression"] for part in reading["subjects"]] == [
        subject.expression for subject in scene.subjects
    ]
    assert {cue["direction"] for cue in reading["cues"]} <= {"positive", "negative", "neutral"}


def test_a_cue_points_where_its_effect_points() -> None:
    scene = Scene(weather="storm", objects=("gift",), subjects=(Subject(expression="sad"),) * 5)
    cues = {cue["cue"]: cue["direction"] for cue in true_reading(scene)["cues"]}
    assert cues["gift"] == "positive"
    assert cues["storm weather"] == "negative"
    assert cues["sad face"] == "negative"


def test_terms_are_found_by_their_synonyms_longest_first_and_not_when_taken_back() -> None:
    assert find_terms("A shattered window beside a campfire.", "object") == (
        "broken window",
        "fire",
    )
    assert find_terms("There is no fire, but a present.", "object") == ("gift",)
    assert find_terms("a room without any balloons", "object") == ()
    assert find_terms("It is not raining. Snow falls.", "weather") == ("snow",)
    assert find_terms("a rainbow", "weather") == ()
    assert find_terms("The boy is in tears", "expression") == ("sad",)
