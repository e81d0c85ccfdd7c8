"""Schemas whose every answer ends: a copy of a JSON Schema with bounds where it has none.

Under a grammar a model writes on until the grammar lets it stop, and a weak one would fill a string,
a list or the decimals of a number until its tokens run out; half an object is no answer.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MAX_CHARACTERS", "MAX_ENTRIES", "bounded_schema"]

MAX_CHARACTERS = 400
"""Longest string where a schema names none."""
MAX_ENTRIES = 12
"""Longest list where a schema names none."""
_MAX_NUMBER = 1_000_000
_FINEST = -12

_SCHEMAS_BY_NAME = ("properties", "patternProperties", "$defs", "definitions")
_SCHEMA_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_SCHEMAS = ("items", "additionalProperties", "contains", "not", "if", "then", "else")


def bounded_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of `schema` that admits fewer answers, none of them endless.

    Strings get `maxLength` 400 and arrays `maxItems` 12; numbers lie within a million of zero and
    have the decimals that a thousandth of their range needs (three at least); an object that names
    its properties has no others. What the schema says itself stands. A schema that refers to itself
    and one that allows anything at all stay endless.

    Args:
        schema: JSON Schema, as plain JSON.

    Returns:
        A schema; every answer valid under it is valid under `schema`.
    """
    copy = {key: _part(key, value) for key, value in schema.items()}
    if "enum" in copy or "const" in copy:
        return copy
    kinds = copy.get("type", ())
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    if "string" in kinds:
        copy.setdefault("maxLength", max(MAX_CHARACTERS, copy.get("minLength", 0)))
    if "array" in kinds:
        copy.setdefault("maxItems", max(MAX_ENTRIES, copy.get("minItems", 0)))
    if "object" in kinds and "properties" in copy:
        copy.setdefault("additionalProperties", False)
    if kinds & {"number", "integer"}:
        _bound_number(copy, whole="number" not in kinds)
    return copy


def _part(key: str, value: Any) -> Any:
    """What stands under `key`, with the schemas in it bounded."""
    if key in _SCHEMAS_BY_NAME and isinstance(value, dict):
        return {name: _part("items", part) for name, part in value.items()}
    if key in _SCHEMA_LISTS and isinstance(value, list):
        return [_part("items", part) for part in value]
    return bounded_schema(value) if key in _SCHEMAS and isinstance(value, dict) else value


def _bound_number(copy: dict[str, Any], *, whole: bool) -> None:
    ends = [copy[key] for key in ("minimum", "exclusiveMinimum") if _is_number(copy.get(key))]
    low = max(ends, default=None)
    ends = [copy[key] for key in ("maximum", "exclusiveMaximum") if _is_number(copy.get(key))]
    high = min(ends, default=None)
    if low is None:
        low = copy["minimum"] = -_MAX_NUMBER if high is None else min(high, 0) - _MAX_NUMBER
    if high is None:
        high = copy["maximum"] = max(low, 0) + _MAX_NUMBER
    if not whole and "multipleOf" not in copy and low < high:
        digits = math.floor(math.log10(high - low)) - 3
        copy["multipleOf"] = float(f"1e{min(-3, max(_FINEST, digits))}")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
