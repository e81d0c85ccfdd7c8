"""Text as units: each a label of the scheme, a word with a known part to play, a sign, or unknown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.affect.reading.lexicon import among_likely, lexicon, likely_languages
from mllmsent.affect.reading.text import tokenize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mllmsent.affect.reading.text import Token
    from mllmsent.affect.reading.vocabulary import Vocabulary

__all__ = ["Unit", "units_of"]

_SIGNS = {
    ",": "comma",
    ";": "semicolon",
    ":": "colon",
    "=": "colon",
    "-": "dash",
    "/": "slash",
    "|": "slash",
    "\\": "slash",
    "(": "open",
    "[": "open",
    "{": "open",
    "<": "open",
    ")": "close",
    "]": "close",
    "}": "close",
    ">": "close",
    ".": "stop",
    "。": "stop",
    "!": "stop",
    "?": "question",
    '"': "quote",
    "&": "and",
    "+": "and",
    "%": "number",
    "~": "filler",
    "*": "emphasis",
}
_LONGEST_QUOTE = 40
_HAN = frozenset({"zh", "ja"})
# What refusals and numbers are made of says nothing about a label.
_ELSEWHERE_KNOWN = frozenset(
    {"task", "missing", "upto", "outof", "points", "explain", "sorry", "prep"}
)


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of a text.

    Attributes:
        kinds: What it may be: kinds of `lexicon.KINDS`, "label", "unknown", "number", "letter",
            "symbol", "quoted", "arrow", or a sign ("comma", "colon", ...).
        labels: Names of the labels it means; empty unless it is one.
        text: It, folded.
    """

    kinds: frozenset[str]
    labels: frozenset[str] = frozenset()
    text: str = ""

    def is_a(self, *kinds: str) -> bool:
        """Whether it may be one of these kinds."""
        return not self.kinds.isdisjoint(kinds)


def units_of(text: str, vocabulary: Vocabulary, *, tolerant: bool = False) -> list[Unit]:
    """The units of one sentence or phrase.

    Args:
        text: Plain text without line breaks.
        vocabulary: The scheme's words.
        tolerant: Whether a word that misses a label's name by one slip is taken for it.
    """
    tokens = tokenize(text)
    likely = likely_languages(tokens)
    languages = among_likely(likely)
    # Labels are often given in English within another language.
    label_languages = None if likely is None else likely | {"en"}
    if label_languages is not None and label_languages & _HAN:
        label_languages |= _HAN  # a word in Han characters alone could be of either
    units: list[Unit] = []
    position = 0
    while position < len(tokens):
        size, labels = vocabulary.phrases.at(tokens, position, label_languages)
        length, kinds = lexicon().at(tokens, position, languages)
        if size and (size > length or (size == length and "idiom" not in kinds)):
            shown = " ".join(t.text for t in tokens[position : position + size])
            units.append(Unit(frozenset({"label"}), labels, shown))
            position += size
        elif length:
            shown = " ".join(t.text for t in tokens[position : position + length])
            is_known = not kinds <= _ELSEWHERE_KNOWN
            units.append(Unit(kinds if is_known else kinds | {"unknown"}, text=shown))
            position += length
        else:
            units.append(_lone(tokens[position], vocabulary, tolerant=tolerant))
            position += 1
    return _without_quotes(units)


def _lone(token: Token, vocabulary: Vocabulary, *, tolerant: bool) -> Unit:
    if token.kind == "other":
        sign = _SIGNS.get(token.text)
        # Emoji and other symbols say nothing.
        return Unit(frozenset({sign or "symbol"}), text=token.text)
    if token.kind in {"number", "arrow"}:
        return Unit(frozenset({token.kind}), text=token.text)
    slip = vocabulary.misspelled(token.text) if tolerant else None
    if slip is not None:
        return Unit(frozenset({"label"}), frozenset({slip}), token.text)
    if len(token.text) == 1 and token.text.isascii():
        return Unit(frozenset({"letter", "unknown"}), text=token.text)
    return Unit(frozenset({"unknown"}), text=token.text)


def _without_quotes(units: Sequence[Unit]) -> list[Unit]:
    """Quotes around a label go; any other quotation is one opaque unit: it is not the model's word."""
    result: list[Unit] = []
    position = 0
    while position < len(units):
        unit = units[position]
        if not unit.is_a("quote"):
            result.append(unit)
            position += 1
            continue
        end = next(
            (
                index
                for index in range(position + 1, min(len(units), position + 2 + _LONGEST_QUOTE))
                if units[index].is_a("quote")
            ),
            None,
        )
        if end is None:
            position += 1
            continue
        inner = [
            part for part in units[position + 1 : end] if not part.is_a("stop", "comma", "symbol")
        ]
        if len(inner) == 1 and inner[0].is_a("label"):
            result.append(inner[0])
        elif inner and all(
            part.is_a("label", "intense", "slight", "filler", "cue") for part in inner
        ):
            result.extend(inner)
        elif inner:
            result.append(Unit(frozenset({"quoted"}), text='""'))
        position = end + 1
    return result
