"""A scene answer is read field by field, and its verdict like any other answer."""

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllmsent.affect import get_scheme, read_answer, scheme_names
from mllmsent.pathways.scene import read_scene, scene_schema

ANSWER = {
    "atmosphere": "Warm evening light.",
    "subjects": [{"who": "a child", "expression": "happy"}, {"who": "a dog", "expression": "calm"}],
    "cues": [
        {"cue": "balloons", "direction": "positive"},
        {"cue": "a dark cloud", "direction": "NEGATIVE"},
        {"cue": "a bench", "direction": "sideways"},
    ],
    "narrative": "A birthday in the park.",
    "verdict": "positive",
}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ANSWER),
        f"```json\n{json.dumps(ANSWER, indent=2)}\n```",
        f"Here is my reading:\n\n{json.dumps(ANSWER)}\n\nI hope this helps!",
        json.dumps(ANSWER).replace('"', "'"),
        json.dumps(ANSWER)[:-1] + ",}",
        json.dumps({key.upper(): value for key, value in ANSWER.items()}),
    ],
)
def test_every_field_is_read_however_the_json_is_wrapped(text: str) -> None:
    reading = read_scene(text)
    assert reading is not None
    assert reading.atmosphere == "Warm evening light."
    assert reading.subjects == (("a child", "happy"), ("a dog", "calm"))
    assert reading.cues == (("balloons", "positive"), ("a dark cloud", "negative"), ("a bench", ""))
    assert reading.narrative == "A birthday in the park."
    assert read_answer(reading.verdict, get_scheme("polarity3")).label == "positive"


def test_a_verdict_is_not_made_of_the_fields_before_it() -> None:
    """An expression is what a subject shows; it must not stand in for a missing verdict."""
    without = {key: value for key, value in ANSWER.items() if key != "verdict"}
    reading = read_scene(json.dumps(without))
    assert reading is not None
    assert read_answer(reading.verdict, get_scheme("polarity3")).status == "unparsed"


def test_numbers_and_lists_are_verdicts_too() -> None:
    reading = read_scene(json.dumps(ANSWER | {"verdict": {"valence": 7.5, "arousal": 3}}))
    assert reading is not None
    assert read_answer(reading.verdict, get_scheme("valence-arousal")).values == {
        "valence": 7.5,
        "arousal": 3.0,
    }
    reading = read_scene(json.dumps(ANSWER | {"verdict": ["awe", "amusement"]}))
    assert reading is not None
    assert read_answer(reading.verdict, get_scheme("mikels-multi")).labels == ("amusement", "awe")
    assert read_answer(reading.verdict, get_scheme("mikels")).status == "unparsed"


@pytest.mark.parametrize("text", ["", "positive", "{}", '{"label": "positive"}', "[1, 2]", "null"])
def test_what_is_no_scene_is_left_to_the_reader_of_answers(text: str) -> None:
    assert read_scene(text) is None


@pytest.mark.parametrize("name", scheme_names())
def test_the_schema_takes_a_good_answer_in_every_scheme(name: str) -> None:
    scheme = get_scheme(name)
    verdict: object = {dimension.name: dimension.low for dimension in scheme.dimensions}
    if scheme.kind != "dimensional":
        label = scheme.label_names[0] if scheme.labels else "wistful"
        verdict = [label] if scheme.multi_label else label
    answer = ANSWER | {"verdict": verdict}
    answer["cues"] = [{"cue": "balloons", "direction": "positive"}]
    jsonschema.validate(answer, scene_schema(scheme))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(answer | {"verdict": 17}, scene_schema(scheme))
    reading = read_scene(json.dumps(answer))
    assert reading is not None
    assert read_answer(reading.verdict, scheme).status == "ok"


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["atmosphere", "subjects", "cues", "verdict", "who", "cue", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_no_json_breaks_the_reading(value: object) -> None:
    reading = read_scene(json.dumps(value))
    if reading is not None:
        assert all(who for who, _ in reading.subjects)
        assert {direction for _, direction in reading.cues} <= {
            "positive",
            "negative",
            "neutral",
            "",
        }
