"""The JSON Schema of a structured answer, and that what it allows is read."""

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllmsent.affect import answer_schema, get_scheme, read_answer, scheme_names


@pytest.mark.parametrize("name", scheme_names())
def test_the_schema_is_valid_and_closed(name: str) -> None:
    schema = answer_schema(get_scheme(name))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["required"] == list(schema["properties"])
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("name", ["polarity2", "polarity5", "ekman7", "mikels", "plutchik"])
def test_every_label_that_the_schema_allows_is_read_as_itself(name: str) -> None:
    scheme = get_scheme(name)
    allowed = answer_schema(scheme)["properties"]["label"]["enum"]
    assert tuple(allowed) == scheme.label_names
    for label in allowed:
        assert read_answer(json.dumps({"label": label}), scheme).labels == (label,)


@given(st.sets(st.sampled_from(get_scheme("mikels-multi").label_names), min_size=1, max_size=5))
def test_every_set_of_labels_that_the_schema_allows_is_read_as_itself(labels: set[str]) -> None:
    scheme = get_scheme("mikels-multi")
    answer = {"labels": sorted(labels)}
    jsonschema.validate(answer, answer_schema(scheme))
    assert set(read_answer(json.dumps(answer), scheme).labels) == labels


@given(st.floats(1, 9), st.floats(1, 9), st.floats(1, 9))
def test_every_number_that_the_schema_allows_is_read_as_itself(
    valence: float, arousal: float, dominance: float
) -> None:
    scheme = get_scheme("vad")
    answer = {"valence": valence, "arousal": arousal, "dominance": dominance}
    jsonschema.validate(answer, answer_schema(scheme))
    assert read_answer(json.dumps(answer), scheme).values == answer


def test_the_schema_says_what_the_ends_of_a_scale_mean() -> None:
    valence = answer_schema(get_scheme("valence-arousal"))["properties"]["valence"]
    assert (valence["minimum"], valence["maximum"]) == (1, 9)
    assert valence["description"] == "1 = very unpleasant, 9 = very pleasant"


def test_a_label_outside_the_scheme_and_a_number_off_the_scale_break_the_schema() -> None:
    for name, answer in (
        ("polarity3", {"label": "mixed"}),
        ("intensity", {"intensity": 11}),
        ("mikels-multi", {"labels": []}),
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(answer, answer_schema(get_scheme(name)))
