"""What a question asks for, as far as it can be told from its words and its schema.

A simulated model knows nothing of studies: like any model it gets a text, and perhaps a JSON Schema.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from mllmsent.affect import get_scheme, scheme_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Asked", "AskedDimension", "understand"]


@dataclass(frozen=True, slots=True)
class AskedDimension:
    """A scale on which a number is wanted."""

    name: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted.

    Attributes:
        kind: "labels", "dimensions", "words" (emotion words of one's own) or "description".
        labels: Labels as the question writes them, to their meaning (the canonical name).
        dimensions: The scales.
        wants_several: Whether several labels may be given.
        wants_scene: Whether the reading of the scene is wanted before the verdict.
        wants_json: Whether the answer is to be JSON.
        wants_reasons: Whether steps are wanted before a final line.
        verdict: Schema of the verdict in a reading of the scene, where there is one.
    """

    kind: Literal["labels", "dimensions", "words", "description"]
    labels: Mapping[str, str]
    dimensions: tuple[AskedDimension, ...] = ()
    wants_several: bool = False
    wants_scene: bool = False
    wants_json: bool = False
    wants_reasons: bool = False
    verdict: Mapping[str, Any] | None = None


def understand(text: str, schema: Mapping[str, Any] | None) -> Asked:
    """Tell from its text and schema what a question wants.

    Args:
        text: Every text of the conversation.
        schema: JSON Schema of the answer, or None.
    """
    lowered = text.lower()
    properties = _properties(schema)
    is_scene = "atmosphere" in properties or '"atmosphere"' in text
    verdict = properties.get("verdict") if is_scene else None
    wanted = _from_schema(
        {"label": verdict} if is_scene and verdict is not None else properties
    ) or _from_text(text)
    several = wanted.wants_several if wanted else False
    several = several or "every label" in lowered or "jede bezeichnung" in lowered
    if wanted is None:
        asks_words = "labels" in properties or _asks_for_feeling(lowered)
        wanted = Asked("words" if asks_words else "description", {}, wants_several=asks_words)
        several = asks_words
    has_json = schema is not None or "json" in lowered
    return Asked(
        kind=wanted.kind,
        labels=wanted.labels,
        dimensions=wanted.dimensions,
        wants_several=several,
        wants_scene=is_scene,
        wants_json=has_json,
        wants_reasons=not has_json and ("step by step" in lowered or "last line" in lowered),
        verdict=verdict if isinstance(verdict, dict) else None,
    )


def _asks_for_feeling(lowered: str) -> bool:
    """Whether a question without labels wants a feeling, and not a description."""
    if re.search(r"(?<!not )\b(?:describe|beschreibe)\b", lowered):
        return False
    return re.search(r"emotion|sentiment|\bfeel|gefühl|emoción", lowered) is not None


def _properties(schema: Mapping[str, Any] | None) -> dict[str, Any]:
    if schema is None:
        return {}
    # some APIs wrap the schema in a name
    inner = schema.get("schema", schema)
    properties = inner.get("properties") if isinstance(inner, dict) else None
    return properties if isinstance(properties, dict) else {}


def _from_schema(properties: Mapping[str, Any]) -> Asked | None:
    for value in properties.values():
        if not isinstance(value, dict):
            continue
        items = value.get("items")
        one = items if isinstance(items, dict) else value
        if isinstance(one.get("enum"), list):
            labels = {str(label): _meaning(str(label)) for label in one["enum"]}
            return Asked("labels", labels, wants_several=isinstance(items, dict))
        if isinstance(value.get("properties"), dict):
            return _from_schema(value["properties"])
        if (
            value.get("type") == "array"
            and isinstance(items, dict)
            and items.get("type") == "string"
        ):
            return Asked("words", {}, wants_several=True)
    scales = tuple(
        AskedDimension(name, float(value.get("minimum", 1)), float(value.get("maximum", 9)))
        for name, value in properties.items()
        if isinstance(value, dict) and value.get("type") in {"number", "integer"}
    )
    return Asked("dimensions", {}, dimensions=scales) if scales else None


def _from_text(text: str) -> Asked | None:
    labels = _known_labels(text) or _listed_labels(text)
    if labels:
        return Asked("labels", labels)
    number = r"(-?\d+(?:\.\d+)?)"
    found = {
        name.strip().lower(): (float(low), float(high))
        for pattern in (
            rf"([a-z][\w-]*): <{number} to {number}>",
            rf"\"?([a-z][\w-]*)\"?:? from {number} \([^)]*\) to {number}",
        )
        for name, low, high in re.findall(pattern, text, flags=re.IGNORECASE)
    }
    scales = tuple(AskedDimension(name, *ends) for name, ends in found.items())
    return Asked("dimensions", {}, dimensions=scales) if scales else None


def _known_labels(text: str) -> dict[str, str]:
    """The labels of the largest built-in scheme, in any language, that the text lists in full."""
    best: dict[str, str] = {}
    lowered = text.lower()
    for words in _vocabularies():
        if len(words) > len(best) and all(_is_listed(word, lowered) for word in words):
            best = words
    return best


def _is_listed(word: str, lowered: str) -> bool:
    """Whether a word stands in a list, and not only somewhere in a sentence."""
    pattern = rf"(?:^|[,:\-\"]\s*|\bas )[\"']?{re.escape(word.lower())}[\"']?(?:\s*[,:.;\n\"]|\s*$| sentiments)"
    return re.search(pattern, lowered, flags=re.MULTILINE) is not None


def _listed_labels(text: str) -> dict[str, str]:
    """Labels of a scheme of somebody's own: a list after "labels:" or "labels are:"."""
    match = re.search(r"labels(?: are)?:\s*([^.\n]+)", text, flags=re.IGNORECASE)
    if match is None:
        return {}
    parts = [part.strip(" \"'") for part in match.group(1).split(",")]
    return {part: _meaning(part) for part in parts if part} if len(parts) > 1 else {}


def _meaning(word: str) -> str:
    for words in _vocabularies():
        if word.lower() in words:
            return words[word.lower()]
    return word.lower()


@lru_cache(maxsize=1)
def _vocabularies() -> tuple[dict[str, str], ...]:
    """Written label to canonical one, for every built-in label scheme and language."""
    return tuple(_each_vocabulary())


def _each_vocabulary() -> Iterator[dict[str, str]]:
    for name in scheme_names():
        scheme = get_scheme(name)
        if scheme.kind == "dimensional" or not scheme.labels:
            continue
        yield {label.name: label.name for label in scheme.labels}
        languages = {code for label in scheme.labels for code in label.translations}
        for code in sorted(languages):
            words = {
                (label.translations.get(code) or (label.name,))[0].lower(): label.name
                for label in scheme.labels
            }
            if len(words) == len(scheme.labels):
                yield words
