"""The JSON Schema by which a model is asked for a structured answer in a scheme."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mllmsent.affect.scheme import Scheme

__all__ = ["answer_schema"]


def answer_schema(scheme: Scheme) -> dict[str, Any]:
    """What a structured answer in `scheme` must look like.

    Servers that enforce schemas differ in what they take; this keeps to the part all of them know:
    one object, every property required, none besides.

    Args:
        scheme: The vocabulary asked for.

    Returns:
        JSON Schema of an object: `{"label": one of the labels}`, or `{"labels": [...]}` where
        several may be given, or a number per dimension within its scale's ends. In an open
        vocabulary labels are any strings. `read_answer` reads every such object.
    """
    properties: dict[str, Any]
    if scheme.kind == "dimensional":
        properties = {
            scale.name: {
                "type": "number",
                "minimum": scale.low,
                "maximum": scale.high,
                **_described(_ends(scale.low, scale.low_anchor, scale.high, scale.high_anchor)),
            }
            for scale in scheme.dimensions
        }
    else:
        one: dict[str, Any] = {"type": "string"}
        if not scheme.open_vocabulary:
            one["enum"] = list(scheme.label_names)
        if scheme.multi_label:
            properties = {"labels": {"type": "array", "items": one, "minItems": 1}}
        else:
            properties = {"label": one}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _ends(low: float, low_anchor: str, high: float, high_anchor: str) -> str:
    if not (low_anchor and high_anchor):
        return ""
    return f"{low:g} = {low_anchor}, {high:g} = {high_anchor}"


def _described(text: str) -> dict[str, str]:
    return {"description": text} if text else {}
