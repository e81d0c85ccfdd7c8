"""How Google is told the form of an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.loopback.wire import WireError, record

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["wanted_schema"]


def wanted_schema(config: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The JSON Schema of the wanted answer; None for free text.

    Args:
        config: The generation's configuration, every member by its JSON name.

    Raises:
        WireError: If schema and media type do not go together.
    """
    given, plain = config["responseSchema"], config["responseJsonSchema"]
    kind = config["responseMimeType"]
    if kind not in {None, "text/plain", "application/json", "text/x.enum"}:
        raise WireError(
            "invalid",
            f"* GenerateContentRequest.generation_config.response_mime_type: {kind} is not allowed\n",
        )
    if given is not None and plain is not None:
        raise WireError(
            "invalid", "Only one of response_schema and response_json_schema may be set."
        )
    if given is None and plain is None:
        return {"type": "object"} if kind == "application/json" else None
    if kind != "application/json":
        raise WireError(
            "invalid",
            "* GenerateContentRequest.generation_config.response_schema: only allowed when "
            "response_mime_type is 'application/json'\n",
        )
    if plain is not None:
        return record(plain, "generation_config.response_json_schema")
    return _json_schema(record(given, "generation_config.response_schema"))


def _json_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """JSON Schema of Google's own kind of schema, whose types are in capitals."""
    plain: dict[str, Any] = {}
    for name, value in schema.items():
        if name == "type":
            plain[name] = str(value).lower()
        elif name == "properties":
            plain[name] = {key: _json_schema(record(one, key)) for key, one in value.items()}
        elif name == "items":
            plain[name] = _json_schema(record(value, name))
        elif name in {"anyOf", "any_of"}:
            plain["anyOf"] = [_json_schema(record(one, name)) for one in value]
        else:
            plain[name] = value
    return plain
