"""Bounds for schemas that have none."""

from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllmsent.affect import answer_schema, get_scheme, scheme_names
from mllmsent.models.local.bounded_schema import MAX_CHARACTERS, MAX_ENTRIES, bounded_schema
from mllmsent.pathways.scene import scene_schema


def test_what_a_schema_says_itself_stands() -> None:
    schema = {
        "type": "object",
        "properties": {
            "word": {"type": "string", "maxLength": 9},
            "label": {"type": "string", "enum": ["joy", "fear"]},
            "list": {"type": "array", "items": {"const": 1}, "minItems": 20, "maxItems": 30},
            "score": {"type": "number", "minimum": 0, "maximum": 1, "multipleOf": 0.5},
        },
        "additionalProperties": {"type": "boolean"},
    }
    assert bounded_schema(schema) == schema


def test_what_is_endless_is_bounded_wherever_it_stands() -> None:
    text = {"type": "string"}
    schema: dict[str, Any] = {
        "$defs": {"who": {"type": "object", "properties": {"name": text}}},
        "type": "object",
        # A property may be called like a keyword.
        "properties": {"items": {"type": "array", "items": {"anyOf": [text, {"type": "null"}]}}},
    }
    short = {"type": "string", "maxLength": MAX_CHARACTERS}
    assert bounded_schema(schema) == {
        "$defs": {
            "who": {"type": "object", "properties": {"name": short}, "additionalProperties": False}
        },
        "type": "object",
        "properties": {
            "items": {
                "type": "array",
                "items": {"anyOf": [short, {"type": "null"}]},
                "maxItems": MAX_ENTRIES,
            }
        },
        "additionalProperties": False,
    }
    assert "maxLength" not in text, "the schema given is left as it is"


def test_a_string_that_must_be_long_may_be() -> None:
    schema = bounded_schema({"type": "string", "minLength": 1000})
    assert schema["maxLength"] == 1000


@pytest.mark.parametrize(
    ("ends", "step"),
    [
        ({"minimum": 1, "maximum": 9}, 0.001),
        ({"minimum": -1, "exclusiveMaximum": 1}, 0.001),
        ({"minimum": 0, "maximum": 0.05}, 0.00001),
        ({"minimum": 0, "maximum": 1000}, 0.001),
        ({}, 0.001),
    ],
)
def test_a_number_has_the_decimals_that_its_range_needs(
    ends: dict[str, float], step: float
) -> None:
    assert bounded_schema({"type": "number", **ends})["multipleOf"] == step


def test_a_number_with_one_end_gets_the_other() -> None:
    assert bounded_schema({"type": "integer", "minimum": 7}) == {
        "type": "integer",
        "minimum": 7,
        "maximum": 1_000_007,
    }
    assert bounded_schema({"type": "integer", "exclusiveMaximum": -7})["minimum"] == -1_000_007


@pytest.mark.parametrize("make", [answer_schema, scene_schema])
@pytest.mark.parametrize("name", scheme_names())
def test_schemas_of_the_framework_stay_schemas(name: str, make: Any) -> None:
    jsonschema.Draft202012Validator.check_schema(bounded_schema(make(get_scheme(name))))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(
    value=JSON,
    kinds=st.sets(st.sampled_from(["string", "number", "integer", "array", "object", "null"])),
)
def test_what_the_copy_admits_the_schema_admits(value: Any, kinds: set[str]) -> None:
    schema = {"type": sorted(kinds), "properties": {"a": {"type": "string"}}, "items": {}}
    if kinds and jsonschema.Draft202012Validator(bounded_schema(schema)).is_valid(value):
        jsonschema.validate(value, schema)
