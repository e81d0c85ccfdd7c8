"""Text as what matters for numbers: names of dimensions, numbers, scales, and what joins them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mllmsent.affect.reading.lexicon import Phrases, active_languages, lexicon
from mllmsent.affect.reading.text import tokenize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mllmsent.affect.reading.text import Token
    from mllmsent.affect.scheme import Scheme

__all__ = ["Part", "names_of", "parts_of", "to_number"]

_SIGNS = {
    ":": "key", "=": "key", "/": "slash", "-": "dash", "~": "sign", "(": "open", ")": "close",
    "[": "open", "]": "close", "%": "other", "<": "other", ">": "other", "≥": "other", "≤": "other",
    "±": "other", "≈": "sign", "?": "other",
}  # fmt: skip
_DONE = frozenset({"scale", "upto", "between", "outof", "points"})
_KINDS = (
    ("upto", {"upto"}),
    ("condition", {"condition"}),
    ("points", {"points"}),
    ("between", {"between"}),
    ("outof", {"outof"}),
    ("last", {"final", "correction"}),
    ("or", {"or"}),
    ("doubt", {"negator", "cannot", "hedge"}),
    ("other", {"contrast", "secondary"}),
    ("for", {"towhich"}),
    ("says", {"choose", "copula"}),
    ("image", {"image"}),
)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a text.

    Attributes:
        kind: "name" (of a dimension), "number", "scale" (a range that is the scale asked for),
            "range" (any other), "key" (a colon, "="), "slash", "dash", "and", "or", "outof",
            "for" (between a number and the name after it), "says" ("is", "give"), "image" (the word),
            "condition" ("if"), "doubt" ("not", "lower"), "sign" (any other sign), "last" (what
            follows replaces what was before), "open", "close", "link" (any other word or sign that
            may stand between a name and its number), "other".
        name: The dimension's name.
        number: The number; NaN where it is none after all: "6 or 7".
    """

    kind: str
    name: str = ""
    number: float = math.nan


def names_of(scheme: Scheme) -> Phrases:
    """The words that name a scheme's dimensions, in any language."""
    return Phrases.of(
        (form, scale.name, "")
        for scale in scheme.dimensions
        for form in (scale.name, *scale.synonyms)
    )


def parts_of(text: str, scheme: Scheme, names: Phrases) -> list[Part]:
    """The parts of one line: ranges, fractions and remarks in parentheses made out.

    Args:
        text: Plain text without line breaks.
        scheme: A dimensional scheme.
        names: Its `names_of`.
    """
    parts = _ranges(_raw(tokenize(text), names), scheme)
    return _without_remarks(_fractions(parts, scheme))


def to_number(text: str) -> float:
    """A number as it is written, with a decimal point or comma; NaN where it is absurdly long."""
    return float(text.replace(",", ".")) if len(text) < 24 else math.nan


def _raw(tokens: Sequence[Token], names: Phrases) -> list[Part]:
    initials = _initials(tokens, names)
    languages = active_languages(tokens)
    parts: list[Part] = []
    position = 0
    while position < len(tokens):
        length, found = names.at(tokens, position, None)
        if length and len(found) == 1:
            parts.append(Part("name", name=next(iter(found))))
        elif position in initials:
            length = 1
            parts.append(Part("name", name=initials[position]))
        elif tokens[position].kind == "number":
            length = 1
            parts.append(Part("number", number=to_number(tokens[position].text)))
        else:
            length, kinds = lexicon().at(tokens, position, languages)
            parts.append(Part(_kind(tokens[position], kinds)))
        position += max(length, 1)
    return parts


def _kind(token: Token, kinds: frozenset[str]) -> str:
    if token.kind == "arrow":
        return "key"
    if token.kind == "other":
        return _SIGNS.get(token.text, "sign")
    for kind, of in _KINDS:
        if kinds & of:
            return kind
    return "and" if "and" in kinds else "link" if kinds else "other"


def _initials(tokens: Sequence[Token], names: Phrases) -> dict[int, str]:
    """Where "V: 6, A: 4" names the dimensions by their first letters, a sign behind each."""
    whole = {name for found in names.entries.values() for name, _ in found}
    by_letter = {name[0]: name for name in whole}
    if len(by_letter) < len(whole):
        return {}
    places = {
        index: by_letter[token.text]
        for index, token in enumerate(tokens[:-1])
        if token.text in by_letter and tokens[index + 1].text in {":", "="}
    }
    return places if set(places.values()) == whole else {}


def _ranges(parts: Sequence[Part], scheme: Scheme) -> list[Part]:
    """Parts with "1 to 9", "between 6 and 7", "6 or 7" and "9-point scale" as one part each."""
    result: list[Part] = []
    index = 0
    while index < len(parts):
        is_opened = bool(result) and result[-1].kind == "between"
        size, part = _range_at(parts[index : index + 3], scheme, is_opened=is_opened)
        result.append(part or parts[index])
        index += size
    return result


def _range_at(three: Sequence[Part], scheme: Scheme, *, is_opened: bool) -> tuple[int, Part | None]:
    """How many of the next parts are one, and which one that is."""
    kinds = [part.kind for part in three]
    if kinds[:2] == ["number", "points"] or kinds == ["number", "dash", "points"]:
        fits = all(three[0].number == scale.span + 1 for scale in scheme.dimensions)
        return len(kinds) if kinds[1] == "dash" else 2, Part("scale" if fits else "range")
    if len(kinds) < 3 or kinds[::2] != ["number", "number"]:
        return 1, None
    if kinds[1] == "or":
        return 3, Part("number")
    if kinds[1] in {"dash", "upto"} or (is_opened and kinds[1] == "and"):
        ends = (three[0].number, three[2].number)
        is_scale = any(ends == (scale.low, scale.high) for scale in scheme.dimensions)
        return 3, Part("scale" if is_scale else "range")
    return 1, None


def _fractions(parts: Sequence[Part], scheme: Scheme) -> list[Part]:
    """Parts with "7/9" and "7 out of 9" as the number 7 where 9 is the scale's high end."""
    kinds = [part.kind for part in parts]
    # In "valence/arousal: 7/3" the slash parts two numbers.
    is_list = any(kinds[i : i + 3] == ["name", "slash", "name"] for i in range(len(kinds)))
    result: list[Part] = []
    index = 0
    while index < len(parts):
        is_fraction = kinds[index] == "number" and kinds[index + 2 : index + 3] == ["number"]
        sign = kinds[index + 1] if is_fraction else ""
        if sign == "outof" or (sign == "slash" and not is_list):
            whole = parts[index + 2].number
            fits = all(whole == scale.high for scale in scheme.dimensions)
            result.append(parts[index] if fits else Part("range"))
            index += 3
            continue
        result.append(parts[index])
        index += 1
    return result


def _without_remarks(parts: Sequence[Part]) -> list[Part]:
    """Parts without parentheses that do not begin with a number; the scale's mention goes too."""
    result: list[Part] = []
    opened: int | None = None
    for part in parts:
        if part.kind == "open":
            opened = len(result)
        elif part.kind == "close" and opened is not None:
            inside = result[opened + 1 :]
            if not inside or inside[0].kind not in {"number", "name"}:
                del result[opened:]
                result.extend(one for one in inside if one.kind == "range")
                opened = None
                continue
            opened = None
        result.append(part)
    return [replace(part, kind="link") if part.kind in _DONE else part for part in result]
