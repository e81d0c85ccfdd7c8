"""Numbers on dimensions in JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mllmsent.affect.reading.number_parts import parts_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mllmsent.affect.reading.lexicon import Phrases
    from mllmsent.affect.scheme import Scheme

__all__ = ["json_pairs"]

_VALUE_KEYS = frozenset({"value", "score", "rating", "level", "number"})


def json_pairs(value: Any, scheme: Scheme, names: Phrases) -> Iterator[tuple[str, float]]:
    """Every dimension that some JSON names, with its number.

    Args:
        value: An object or list, however deep: `{"valence": 7}`, `{"ratings": {"valence": "7/9"}}`,
            `{"valence": {"score": 7}}`, `[{"dimension": "valence", "value": 7}]`.
        scheme: A dimensional scheme.
        names: Its `names_of`.

    Yields:
        Name and number; NaN where a dimension is named but has none.
    """
    sole = scheme.dimension_names[0] if len(scheme.dimensions) == 1 else None
    yield from _walk(value, scheme, names, sole)


def _walk(
    value: Any, scheme: Scheme, names: Phrases, inside: str | None
) -> Iterator[tuple[str, float]]:
    if isinstance(value, list):
        for one in value:
            yield from _walk(one, scheme, names, inside)
    if not isinstance(value, dict):
        return
    initials = _initials(value, names)
    titles = [value[key] for key in ("dimension", "name") if isinstance(value.get(key), str)]
    if titles:
        inside = _dimension_of(titles[0], scheme, names) or inside
    for key, one in value.items():
        name = initials.get(str(key)) or _dimension_of(str(key), scheme, names)
        if isinstance(one, dict | list):
            yield from _walk(one, scheme, names, name or inside)
        elif name is not None:
            yield name, _number(one, scheme, names)
        elif inside is not None and str(key).casefold() in _VALUE_KEYS:
            yield inside, _number(one, scheme, names)


def _initials(value: Mapping[Any, Any], names: Phrases) -> dict[str, str]:
    """The keys of `{"v": 7, "a": 3}`, where every dimension has its own initial and is there."""
    whole = {name for found in names.entries.values() for name, _ in found}
    keys = {key: name for key in value for name in whole if str(key).lower() == name[0]}
    return keys if len(keys) == len(set(keys.values())) == len(whole) else {}


def _dimension_of(key: str, scheme: Scheme, names: Phrases) -> str | None:
    """The one dimension that a key is about: "valence", "emotional_valence_score"."""
    parts = parts_of(key, scheme, names)
    found = {part.name for part in parts if part.kind == "name"}
    is_about_it = len(found) == 1 and not any(part.kind in {"other", "range"} for part in parts)
    return found.pop() if is_about_it else None


def _number(value: Any, scheme: Scheme, names: Phrases) -> float:
    if isinstance(value, bool):
        return math.nan
    if isinstance(value, int | float):
        return float(value) if abs(value) < 1e9 else math.inf
    if not isinstance(value, str):
        return math.nan
    parts = parts_of(" ".join(value.split()), scheme, names)
    return parts[0].number if [part.kind for part in parts] == ["number"] else math.nan
