"""Open vocabulary: the emotion words an answer names, kept as they are written.

There is no list to check against, so only lists are read: JSON, a bare list, a line that names the
answer, or what a sentence about the image ends in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mllmsent.affect.reading.clause import is_cue_phrase
from mllmsent.affect.reading.json_answer import answer_fields
from mllmsent.affect.reading.json_find import find_json
from mllmsent.affect.reading.result import Reading
from mllmsent.affect.reading.units import units_of
from mllmsent.affect.reading.vocabulary import vocabulary_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mllmsent.affect.reading.units import Unit
    from mllmsent.affect.reading.vocabulary import Vocabulary
    from mllmsent.affect.scheme import Scheme

__all__ = ["read_free"]

_MARKUP = re.compile(r"[*`#>\"]+|^\s*[-+]\s|</?[a-z]{1,12}>", re.IGNORECASE)
_BULLET = re.compile(r"^\s*(?:[-+*•]|\(?\d{1,2}[.)])\s*")
_KEY = re.compile(r"^\s*(?P<key>[^:=\n]{1,60})\s*[:=]\s*(?P<value>.*)$")
_BETWEEN = re.compile(
    r"\s*[,;/|&+]\s*|\s+(?:and|und|et|y|e|en|i|и|ve|及|和)\s+|(?:、|和|と)", re.IGNORECASE
)
_NO_EMOTION = (
    "negator", "hedge", "or", "no", "cannot", "viewer", "pronoun", "image", "copula", "verb", "person",
    "people", "elsewhere",
)  # fmt: skip
_MOST_WORDS = 3
_LONGEST = 40
_MOST_ITEMS = 24
_LONGEST_SENTENCE = 60


def read_free(answer: str, scheme: Scheme) -> Reading:
    """Read the words that an answer in an open vocabulary gives.

    Args:
        answer: Plain text (`text.plain`) without reasoning blocks.
        scheme: A scheme with an open vocabulary; a word that means one of its labels becomes it.

    Returns:
        The words in lower case, each once, in the answer's order.
    """
    vocabulary = vocabulary_of(scheme)
    found = find_json(answer)
    for value in found.values:
        words = [word for field in answer_fields(value, vocabulary) for word in _of_field(field)]
        items = _items(words, vocabulary)
        if items:
            return Reading("ok", items, how="json")
    if found.values:
        return Reading("unparsed", reason="no words in the JSON", how="json")
    lines = [_MARKUP.sub("", line).strip() for line in answer.split("\n")]
    lines = [line for line in lines if line]
    for reader, how in ((_cue_lines, "verdict line"), (_whole, "bare"), (_sentences, "sentence")):
        items = _items(reader(lines, vocabulary), vocabulary)
        if items:
            return Reading("ok", items, how=how)
    return Reading("unparsed", reason="no list of words")


def _of_field(value: Any) -> list[str]:
    if isinstance(value, str):
        return _BETWEEN.split(value)
    if isinstance(value, list):
        return [word for one in value for word in _of_field(one)]
    return []


def _cue_lines(lines: Sequence[str], vocabulary: Vocabulary) -> list[str]:
    for number, line in enumerate(lines):
        match = _KEY.match(line)
        if match is None or not is_cue_phrase(units_of(match["key"], vocabulary)):
            continue
        if match["value"].strip():
            return _BETWEEN.split(match["value"].strip().rstrip("."))
        return _whole(lines[number + 1 :], vocabulary)
    return []


def _whole(lines: Sequence[str], vocabulary: Vocabulary) -> list[str]:
    del vocabulary
    words = [word for line in lines for word in _BETWEEN.split(_BULLET.sub("", line).rstrip("."))]
    return words if words and all(_is_word(word) for word in words) else []


def _sentences(lines: Sequence[str], vocabulary: Vocabulary) -> list[str]:
    """The list that a sentence about the image ends in."""
    if len(lines) != 1 or re.search(r"[.!?]\s", lines[0]):
        return []
    words = lines[0].rstrip(".").split()
    if len(words) > _LONGEST_SENTENCE:
        return []
    for index in range(len(words) - 1, 0, -1):
        head, tail = " ".join(words[:index]), " ".join(words[index:])
        units = units_of(head, vocabulary)
        if (
            units
            and units[-1].is_a("verb", "copula")
            and any(u.is_a("image", "cue") for u in units)
        ):
            if any(u.is_a("negator", "hedge", "condition") for u in units):
                return []
            items = _BETWEEN.split(tail)
            trimmed = [_trimmed(item, vocabulary) for item in items]
            return trimmed if all(_is_word(item) for item in trimmed) else []
    return []


def _trimmed(item: str, vocabulary: Vocabulary) -> str:
    words = item.split()
    while words and _says_nothing(units_of(words[0], vocabulary)):
        words = words[1:]
    return " ".join(words)


def _says_nothing(units: Sequence[Unit]) -> bool:
    return bool(units) and all(unit.is_a("filler", "cue", "intense", "slight") for unit in units)


def _is_word(word: str) -> bool:
    return (
        0 < len(word.strip()) <= _LONGEST
        and len(word.split()) <= _MOST_WORDS
        and any(char.isalpha() for char in word)
        and not any(char.isdigit() for char in word)
    )


def _items(words: Iterable[str], vocabulary: Vocabulary) -> tuple[str, ...]:
    result: list[str] = []
    for word in words:
        shown = " ".join(re.sub(r"^\W+|\W+$", "", word.replace("_", " ")).split()).lower()
        units = units_of(shown, vocabulary)
        if not shown or not units:
            continue
        if not _is_word(shown) or any(unit.is_a(*_NO_EMOTION) for unit in units):
            return ()
        names = units[0].labels if len(units) == 1 else frozenset()
        result.append(next(iter(names)) if len(names) == 1 else shown)
    return tuple(dict.fromkeys(result)) if len(result) <= _MOST_ITEMS else ()
