"""The JSON in an answer: whole, fenced, embedded in words, broken or cut off."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["FoundJson", "find_json", "json_texts"]

_FENCE = re.compile(r"```[ \t]*[a-zA-Z0-9]{0,10}[ \t]*\n?(?P<body>[^`]*)(?:```|$)")
_BEGIN = re.compile(r"(?<![\w\\])(?:\{(?=\s*(?:[\"'}]|//|/\*|\w))|\[(?=\s*[\"'{\]]))")
_BARE_TAIL = re.compile(r"[:,\[]\s*([^\s\"{}\[\],:]+)\s*$")
_MOST_PIECES = 16
_DEEPEST = 40


@dataclass(frozen=True, slots=True)
class FoundJson:
    """What JSON an answer holds.

    Attributes:
        values: The objects and lists, in order.
        around: The words outside of them.
        cut: The text in which the answer breaks off inside of a value; None where it does not.
    """

    values: tuple[Any, ...]
    around: str
    cut: str | None


def find_json(text: str) -> FoundJson:
    """Find and parse every JSON object and list in a text.

    Broken ones are repaired as far as that is possible; what cannot be read is left among the words.
    """
    values: list[Any] = []
    around: list[str] = []
    cut: str | None = None
    position = pieces = 0
    if '\\"' in text and _BEGIN.search(text) is None:
        text = text.replace('\\"', '"').strip().strip('"')  # JSON as a string within JSON
    text = _FENCE.sub(lambda match: f"\n{match['body']}\n", text)
    while pieces < _MOST_PIECES:
        begin = _BEGIN.search(text, position)
        if begin is None:
            break
        pieces += 1
        end = _end(text, begin.start())
        piece = text[begin.start() :] if end is None else text[begin.start() : end]
        value = _parse(piece)
        if value is None:
            around.append(text[position : begin.start() + 1])
            position = begin.start() + 1
            continue
        values.append(value)
        around.append(text[position : begin.start()])
        position = begin.start() + len(piece)
        if end is None:
            cut = _broken_off(piece)
    around.append(text[position:])
    return FoundJson(tuple(values), " ".join(part for part in around), cut)


def json_texts(values: Sequence[Any]) -> Iterator[str]:
    """Every text among the values of some JSON."""
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from json_texts(list(value.values()))
        elif isinstance(value, list):
            yield from json_texts(value)


def _end(text: str, start: int) -> int | None:
    """Where the bracket that opens at `start` closes; None where it never does."""
    strict = _balanced(text, start, skip_strings=True)
    # A stray quote swallows the closing bracket: then count brackets only.
    return strict if strict is not None else _balanced(text, start, skip_strings=False)


def _balanced(text: str, start: int, *, skip_strings: bool) -> int | None:
    depth = 0
    in_string = is_escaped = False
    for index in range(start, len(text)):
        char = text[index]
        if in_string:
            in_string = is_escaped or char != '"'
            is_escaped = char == "\\" and not is_escaped
        elif char == '"' and skip_strings:
            in_string = True
        elif char in "{[":
            depth += 1
        elif char in "}]":
            depth -= 1
            if depth == 0:
                return index + 1
    return None


def _parse(piece: str) -> Any:
    if _depth(piece) > _DEEPEST:
        return None
    try:
        value = json.loads(piece, strict=False)
    except (ValueError, RecursionError):
        value = _repaired(piece)
    return value if isinstance(value, dict | list) else None


def _repaired(piece: str) -> Any:
    import json_repair  # noqa: PLC0415 - only broken answers pay for it

    try:
        return json_repair.loads(piece, skip_json_loads=True)
    except (ValueError, RecursionError, IndexError, TypeError, AttributeError):
        # What it cannot repair is no JSON; it promises not to raise, hostile input or not.
        return None


def _depth(piece: str) -> int:
    depth = deepest = 0
    for char in piece:
        if char in "{[":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "}]":
            depth -= 1
    return deepest


def _broken_off(piece: str) -> str | None:
    quotes = len(re.findall(r'(?<!\\)"', piece))
    if quotes % 2:
        return piece[piece.rindex('"') + 1 :].strip()
    tail = _BARE_TAIL.search(piece[-200:])
    return tail[1] if tail else None
