"""Numbers on dimensions: each tied to its dimension's name and within its scale, or none at all.

Nothing is rescaled: an answer on another scale than the one asked for is no answer.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from mllmsent.affect.reading.dimension_json import json_pairs
from mllmsent.affect.reading.json_find import find_json, json_texts
from mllmsent.affect.reading.number_parts import names_of, parts_of
from mllmsent.affect.reading.result import Reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mllmsent.affect.reading.json_find import FoundJson
    from mllmsent.affect.reading.lexicon import Phrases
    from mllmsent.affect.reading.number_parts import Part
    from mllmsent.affect.scheme import Scheme

__all__ = ["read_dimensions"]

_ANCHORS = re.compile(r"\([^()]{0,200}=[^()]{0,200}\)")
_MARKUP = re.compile(r"[*_`#]+|\\[a-z]+|[{}$|]|</[a-z]{1,12}>|\bboxed\b", re.IGNORECASE)
_TAG = re.compile(r"<([a-z]{1,12})>", re.IGNORECASE)
_LINE_END = re.compile(r"\n+|(?<=[a-z0-9)]\.)\s+(?=[A-Z0-9])")
_SCALE_WORD = re.compile(
    r"scale|skala|escala|échelle|scala|schaal|шкал|ölçe|尺度|スケール|척도|مقياس|पैमाने",
    re.IGNORECASE,
)
_LONGEST_RANGE = 24
_NEAR = 3
_LONGEST_LINE = 300
_BESIDE = frozenset(
    {"link", "key", "says", "dash", "slash", "open", "close", "and", "for", "sign", "image"}
)
_SIGNS = frozenset({"key", "dash", "open", "close", "slash", "sign"})
_BARE = _SIGNS | {"number"}


def read_dimensions(answer: str, scheme: Scheme) -> Reading:
    """Read a number for every dimension of a scheme.

    Args:
        answer: Plain text (`text.plain`) without reasoning blocks.
        scheme: A dimensional scheme.
    """
    found = find_json(answer)
    names = names_of(scheme)
    in_json = _in_json(found, scheme, names)
    in_words = _in_words(found.around, scheme, names)
    if in_json is None:
        return in_words
    if in_words.status == "ok" and in_words.how != "bare" and in_words.values != in_json.values:
        return Reading("unparsed", reason="JSON and words differ")
    return in_json


def _in_json(found: FoundJson, scheme: Scheme, names: Phrases) -> Reading | None:
    """What the JSON says; None where it names no dimension."""
    pairs = [pair for value in found.values for pair in json_pairs(value, scheme, names)]
    if not pairs:
        return None
    texts = [text for text in json_texts(found.values) if _may_state_scale(text)]
    if any(part.kind == "range" for text in texts for part in parts_of(text, scheme, names)):
        return Reading("unparsed", reason="a range, or another scale", how="json")
    if found.cut is not None and re.fullmatch(r"[+-]?\d+[.,]", found.cut):
        return Reading("unparsed", reason="cut off inside a number", how="json")
    return _collected(pairs, scheme, "json")


def _in_words(text: str, scheme: Scheme, names: Phrases) -> Reading:
    words = _ANCHORS.sub(" ", _TAG.sub(r" \1: ", _MARKUP.sub(" ", text)))
    lines = [line for part in _LINE_END.split(words) if (line := parts_of(part, scheme, names))]
    lines = [line for line in lines if not all(part.kind in _SIGNS for part in line)]
    if any(len(line) > _LONGEST_LINE for line in lines):
        return Reading("unparsed", reason="longer than any answer")
    is_scaled = _SCALE_WORD.search(words) is not None
    if any(_has(line, "range") and (is_scaled or _has(line, "name", "says")) for line in lines):
        return Reading("unparsed", reason="a range, or another scale")
    if len(scheme.dimensions) == 1:
        alone = _alone([part for line in lines for part in line])
        if alone is not None:
            return _collected([(scheme.dimensions[0].name, alone)], scheme, "bare")
    pairs = _in_lines(lines, scheme)
    if not pairs:
        return Reading("unparsed", reason="no named numbers")
    return _collected(pairs, scheme, "numbers")


def _may_state_scale(text: str) -> bool:
    return len(text) <= _LONGEST_RANGE or _SCALE_WORD.search(text) is not None


def _has(parts: Iterable[Part], *kinds: str) -> bool:
    return any(part.kind in kinds for part in parts)


def _collected(pairs: Sequence[tuple[str, float]], scheme: Scheme, how: str) -> Reading:
    values: dict[str, float] = {}
    for name, number in pairs:
        scale = scheme.dimension(name)
        if math.isnan(number):
            return Reading("unparsed", reason=f"no one number for {name}")
        if not scale.low <= number <= scale.high:
            return Reading("unparsed", reason=f"{name} is off its scale")
        if values.setdefault(name, number) != number:
            return Reading("unparsed", reason=f"{name} has two values")
    missing = [name for name in scheme.dimension_names if name not in values]
    if missing:
        return Reading("unparsed", reason=f"no number for {missing[0]}")
    return Reading("ok", values={name: values[name] for name in scheme.dimension_names}, how=how)


def _alone(parts: Sequence[Part]) -> float | None:
    """The number of an answer to a single question: "7", "I would give it a 7"."""
    numbers = [part.number for part in parts if part.kind == "number"]
    if len(numbers) != 1 or _has(parts, "name", "range", "doubt", "or", "last"):
        return None
    if _has(parts, "other") and parts[0].kind != "number":
        return None
    place = next(index for index, part in enumerate(parts) if part.kind == "number")
    before, after = parts[:place], parts[place + 1 :]
    is_said = all(part.kind in _SIGNS | {"link"} for part in before)
    is_explained = bool(after) and after[0].kind in {"dash", "sign"}
    is_whole = all(part.kind in _SIGNS for part in after) or (is_explained and not before)
    return numbers[0] if (is_said and is_whole) or _has(parts, "says") else None


def _in_lines(lines: Sequence[Sequence[Part]], scheme: Scheme) -> list[tuple[str, float]]:
    pairs: list[tuple[str, float]] = []
    for index, line in enumerate(lines):
        if _has(line, "condition"):
            continue
        if index and (row := _row(lines[index - 1], line)):
            pairs += row
            continue
        last = max((index for index, part in enumerate(line) if part.kind == "last"), default=None)
        if last is not None:
            after = _pairs(line[last + 1 :])
            if {name for name, _ in after} == set(scheme.dimension_names):
                pairs = after
                continue
        pairs += _pairs(line)
    return pairs


def _row(header: Sequence[Part], row: Sequence[Part]) -> list[tuple[str, float]]:
    """A table's one row: names in one line, as many numbers in the next."""
    names = [part.name for part in header if part.kind == "name"]
    numbers = [part.number for part in row if part.kind == "number"]
    is_table = len(names) == len(numbers) > 1 and not _has(header, "number", "other", "doubt")
    if not is_table or not all(part.kind in _BARE for part in row):
        return []
    return list(zip(names, numbers, strict=True))


def _pairs(parts: Sequence[Part]) -> list[tuple[str, float]]:
    """Names with their numbers: "valence 7", "7 for valence", "valence and arousal: 7 and 3"."""
    marked = [part for part in parts if part.kind in {"name", "number"}]
    kinds = [part.kind for part in marked]
    count = kinds.count("name")
    if count > 1 and kinds == ["name"] * count + ["number"] * count and _is_one_list(parts):
        return [(marked[i].name, marked[count + i].number) for i in range(count)]
    result: list[tuple[str, float]] = []
    taken: set[int] = set()
    for index, part in enumerate(parts):
        if part.kind != "name":
            continue
        place = _before(parts, index)
        if place is None or place in taken:
            place = _after(parts, index)
        if place is not None and place not in taken:
            taken.add(place)
            is_sole = _is_sole(parts, place)
            result.append((part.name, parts[place].number if is_sole else math.nan))
    return result


def _is_one_list(parts: Sequence[Part]) -> bool:
    first = next(i for i, part in enumerate(parts) if part.kind == "name")
    last = max(i for i, part in enumerate(parts) if part.kind == "number")
    return not _has(parts[first:last], "other", "doubt", "or", "range")


def _after(parts: Sequence[Part], name: int) -> int | None:
    """Where the number of a name follows it."""
    for index in range(name + 1, len(parts)):
        if parts[index].kind == "number":
            return index
        if parts[index].kind not in _BESIDE:
            return None
    return None


def _before(parts: Sequence[Part], name: int) -> int | None:
    """Where the number of a name precedes it: "7 for valence"."""
    for index in range(name - 1, -1, -1):
        if parts[index].kind == "number":
            is_tied = _has(parts[index:name], "for") or parts[name - 1].kind == "open"
            return index if is_tied else None
        if parts[index].kind not in {"for", "link", "sign", "and", "open"}:
            return None
    return None


def _is_sole(parts: Sequence[Part], place: int) -> bool:
    """Whether no second number follows that could be meant: "7 for men, 6 for women"."""
    near = parts[place + 1 : place + 1 + _NEAR]
    if _has(near, "doubt") or _has(near[:1], "other"):
        return False  # "3 lower than", "3 people"
    for index in range(place + 1, len(parts)):
        if parts[index].kind == "name":
            return True
        if parts[index].kind == "number":
            is_keyed = parts[index - 1].kind == "key"  # "dominance: 5"
            return is_keyed or _leads_to_name(parts, index)
    return True


def _leads_to_name(parts: Sequence[Part], number: int) -> bool:
    for index in range(number + 1, len(parts)):
        if parts[index].kind == "name":
            return _has(parts[number:index], "for")
        if parts[index].kind not in {"for", "link", "sign", "and"}:
            return False
    return False
