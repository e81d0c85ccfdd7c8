"""What Anthropic takes of JSON Schema for structured answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.loopback.wire import WireError, record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["check_schema"]

_NOT_TAKEN = {
    "integer": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "string": ("minLength", "maxLength"),
    "array": ("maxItems", "uniqueItems", "contains"),
    "object": ("minProperties", "maxProperties", "patternProperties"),
}


def check_schema(schema: Mapping[str, Any], at: str) -> None:
    """Complain of what structured answers cannot be held to.

    Objects must be closed; numbers, texts and lists cannot be bounded, but for `minItems` of 0 or 1.
    <https://platform.claude.com/docs/en/build-with-claude/structured-outputs>

    Raises:
        WireError: Naming the type and the keyword.
    """
    for part in _parts(schema):
        kind = part.get("type")
        if kind == "object" and part.get("additionalProperties") is not False:
            raise WireError(
                "invalid",
                f"{at}: For 'object' type, 'additionalProperties' must be explicitly set to false",
            )
        kinds = kind if isinstance(kind, list) else [kind]
        for one in kinds:
            wrong = [name for name in _NOT_TAKEN.get(str(one), ()) if name in part]
            if one == "array" and part.get("minItems", 0) not in (0, 1):
                wrong.append("minItems")
            if wrong:
                raise WireError(
                    "invalid",
                    f"{at}: For '{one}' type, properties {', '.join(sorted(wrong))} are not supported",
                )


def _parts(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield schema
    for name in ("properties", "$defs", "definitions"):
        for inner in record(schema.get(name) or {}, name).values():
            yield from _parts(record(inner, name))
    if isinstance(schema.get("items"), dict):
        yield from _parts(schema["items"])
    for name in ("anyOf", "allOf"):
        for inner in schema.get(name) or []:
            yield from _parts(record(inner, name))
