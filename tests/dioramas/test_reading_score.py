"""Readings are scored field by field: what is right, what is missing, what is made up."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllmsent.dioramas import Scene, Subject, sample_scene, score_reading, true_reading

SCENE = Scene(
    setting="park",
    time="dusk",
    weather="rain",
    light="cold",
    palette="muted",
    subjects=(Subject(age="child", expression="sad"), Subject(kind="dog", expression="happy")),
    objects=("balloons", "umbrella"),
)


@given(st.integers(0, 5000), st.integers(0, 20))
def test_the_truth_scores_full_marks(index: int, seed: int) -> None:
    scene = sample_scene(8, index)
    for name, score in score_reading(scene, true_reading(scene, seed)).items():
        assert score.inventions == (), name
        assert score.precision in {1.0, None}, name
        if name != "narrative":
            assert score.recall in {1.0, None}, name


def test_an_empty_reading_claims_nothing_and_misses_all() -> None:
    scores = score_reading(SCENE, {})
    assert all(score.claimed == 0 and score.right == 0 for score in scores.values())
    assert scores["subjects"].recall == 0
    assert scores["atmosphere"].precision is None


@pytest.mark.parametrize(
    "reading",
    [
        {"atmosphere": None, "subjects": "a child", "cues": [1, None], "narrative": 5},
        {"subjects": [{"who": ["child"], "expression": {}}], "cues": [{"cue": 3, "direction": []}]},
        {"subjects": {}, "cues": {"cue": "rain"}, "extra": object()},
    ],
)
def test_a_malformed_reading_is_scored_and_never_breaks(reading: dict[str, object]) -> None:
    assert score_reading(SCENE, reading)["cues"].right == 0


def test_words_other_than_the_truths_count_where_they_mean_the_same() -> None:
    reading = {
        "atmosphere": "A rainy evening in a public garden, in bluish light and faded colors.",
        "subjects": [
            {"who": "a crying boy", "expression": "in tears"},
            {"who": "puppy", "expression": "joyful"},
        ],
        "cues": [
            {"cue": "the balloon", "direction": "positive"},
            {"cue": "parasol", "direction": "neutral"},
            {"cue": "tearful face", "direction": "negative"},
            {"cue": "drizzle", "direction": "negative"},
        ],
        "narrative": "A birthday in the park was rained out.",
    }
    scores = score_reading(SCENE, reading)
    assert scores["atmosphere"].recall == scores["atmosphere"].precision == 1
    assert scores["subjects"].recall == scores["expressions"].recall == 1
    assert scores["cues"].precision == scores["directions"].precision == 1
    assert 0 < (scores["cues"].recall or 0) < 1


def test_what_is_not_there_is_an_invention() -> None:
    reading = copy.deepcopy(true_reading(SCENE))
    reading["atmosphere"] = "A sunny day in a park."
    reading["subjects"].append({"who": "an old woman", "expression": "angry"})
    reading["cues"].append({"cue": "a snake", "direction": "negative"})
    reading["narrative"] = "A spider has frightened somebody."
    scores = score_reading(SCENE, reading)
    assert scores["atmosphere"].inventions == ("time: day", "weather: clear")
    assert scores["subjects"].inventions == ("who: elder",)
    assert scores["expressions"].inventions == ("expression: angry",)
    assert scores["cues"].inventions == ("object: snake",)
    assert scores["narrative"].inventions == ("object: spider",)
    assert scores["subjects"].precision == pytest.approx(2 / 3)


def test_a_cue_said_to_pull_the_wrong_way_is_a_wrong_direction_and_a_right_cue() -> None:
    scores = score_reading(SCENE, {"cues": [{"cue": "balloons", "direction": "negative"}]})
    assert scores["cues"].precision == 1
    assert scores["directions"].precision == 0


def test_an_expression_counts_for_whoever_has_it() -> None:
    swapped = {
        "subjects": [{"who": "child", "expression": "happy"}, {"who": "dog", "expression": "sad"}]
    }
    scores = score_reading(SCENE, swapped)
    assert scores["subjects"].recall == 1
    assert scores["expressions"].right == 0


def test_one_entry_for_a_group_stands_for_all_in_it() -> None:
    crowd = Scene(subjects=(Subject(expression="happy"),) * 4)
    scores = score_reading(
        crowd, {"subjects": [{"who": "a group of people", "expression": "smiling"}]}
    )
    assert scores["subjects"].recall == scores["expressions"].recall == 1
