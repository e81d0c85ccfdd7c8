"""Numbers on dimensions: each tied to its dimension's name and within its scale, or none at all.

Nothing is rescaled: an answer on another scale than the one that was asked for is no answer.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mllmsent.affect.reading.json_find import find_json, json_texts
from mllmsent.affect.reading.lexicon import Phrases, languages_of, lexicon
from mllmsent.affect.reading.result import Reading
from mllmsent.affect.reading.text import fold, tokenize

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mllmsent.affect.reading.text import Token
    from mllmsent.affect.scheme import Dimension, Scheme

__all__ = ["read_dimensions"]

_RANGE_WORDS = "-|to|through|and|bis|und|a|hasta|y|ate|e|al|tot|en|do|i|до|и|ile|ila|至|到|から|~|부터|에서|الى|से"
_NUMBER = r"[+-]?\d+(?:[.,]\d+)?"
_RANGE = re.compile(
    rf"(?<![\d.,])(?P<low>{_NUMBER})\s*(?:{_RANGE_WORDS})\s*(?P<high>{_NUMBER})(?![\d]|[.,]\d)"
)
_ANCHORS = re.compile(r"\([^()]{0,200}=[^()]{0,200}\)")
_FRACTION = re.compile(
    rf"(?P<top>{_NUMBER})\s*(?:/|out of|von|sur|de un total de|su|na|из|iz|out\s+of\s+a\s+possible)\s*(?P<bottom>\d+(?:[.,]\d+)?)(?![\d/])"
)
_MARKUP = re.compile(r"[*_`#]+|\\\w+|[{}$]|</?[a-z]{1,12}>", re.IGNORECASE)
_LINE = re.compile(r"\n+|(?<=[a-z0-9]\.)\s+(?=[A-Z])")
_WORDS = frozenset(
    "rating score level value about approximately around roughly approx ca circa etwa environ level levels "
    "rated estimate estimated estimates dimension dimensions high low moderate medium neutral mild very quite "
    "positive negative strong emotional points point punkte equals with out possible".split()
)
_DROP = ("stop", "question")


@dataclass(frozen=True, slots=True)
class _Part:
    """A dimension's name, a number, or something else.

    `kind` is "name", "number", "link" (may stand between the two), "for" (stands between a number
    and the name after it), "last" (what follows replaces what was before) or "other".
    """

    kind: str
    name: str = ""
    number: float = 0.0


def read_dimensions(answer: str, scheme: Scheme) -> Reading:
    """Read a number for every dimension of a scheme.

    Args:
        answer: Plain text (`text.plain`) without reasoning blocks.
        scheme: A dimensional scheme.
    """
    found = find_json(answer)
    texts = [found.around, *json_texts(found.values)]
    if any(_other_scale(text, scheme) for text in texts):
        return Reading("unparsed", reason="a range, or another scale")
    names = _names(scheme)
    if found.values:
        pairs = [pair for value in found.values for pair in _json_pairs(value, scheme, names)]
        reading = _collected(pairs, scheme, "json")
        if pairs:
            return reading
    return _in_words(_MARKUP.sub(" ", found.around), scheme, names)


def _in_words(text: str, scheme: Scheme, names: Phrases) -> Reading:
    text = _without_scale(_ANCHORS.sub(" ", text), scheme)
    try:
        text = _FRACTION.sub(lambda match: _fraction(match, scheme), text)
    except ValueError:
        return Reading("unparsed", reason="a fraction of another scale")
    if len(scheme.dimensions) == 1:
        alone = _alone(text)
        if alone is not None:
            return _collected([(scheme.dimensions[0].name, alone)], scheme, "bare")
    pairs: list[tuple[str, float]] = []
    for line in _LINE.split(text):
        parts = list(_parts(tokenize(line), names))
        if any(part.kind == "last" for part in parts):
            last = max(index for index, part in enumerate(parts) if part.kind == "last")
            after = _pairs(parts[last:])
            if {name for name, _ in after} == set(scheme.dimension_names):
                pairs = after
                continue
        pairs += _pairs(parts)
    if not pairs and len(scheme.dimensions) == 1 and (sole := _sole(text, names)) is not None:
        pairs = [(scheme.dimensions[0].name, sole)]
    if not pairs:
        return Reading("unparsed", reason="no named numbers")
    return _collected(pairs, scheme, "numbers")


def _collected(pairs: Sequence[tuple[str, float]], scheme: Scheme, how: str) -> Reading:
    values: dict[str, float] = {}
    for name, number in pairs:
        scale = scheme.dimension(name)
        if not (math.isfinite(number) and scale.low <= number <= scale.high):
            return Reading("unparsed", reason=f"{name} is off its scale")
        if values.setdefault(name, number) != number:
            return Reading("unparsed", reason=f"{name} has two values")
    missing = [name for name in scheme.dimension_names if name not in values]
    if missing:
        return Reading("unparsed", reason=f"no number for {missing[0]}")
    return Reading("ok", values={name: values[name] for name in scheme.dimension_names}, how=how)


def _names(scheme: Scheme) -> Phrases:
    forms = [
        (form, scale.name, "en")
        for scale in scheme.dimensions
        for form in (scale.name, *scale.synonyms)
    ]
    return Phrases.of(forms)


# --- words -----------------------------------------------------------------------------------------


def _parts(tokens: Sequence[Token], names: Phrases) -> Iterator[_Part]:
    initials = _initials(tokens, names)
    languages = languages_of(tokens)
    position = 0
    while position < len(tokens):
        token = tokens[position]
        length, found = names.at(tokens, position, None)
        if length and len(found) == 1:
            yield _Part("name", name=next(iter(found)))
            position += length
            continue
        if position in initials:
            yield _Part("name", name=initials[position])
            position += 1
            continue
        if token.kind == "number":
            yield _Part("number", number=_float(token.text))
            position += 1
            continue
        length, kinds = lexicon().at(tokens, position, languages)
        ahead = tokens[position + length] if position + length < len(tokens) else None
        if (
            "or" in kinds
            and position
            and tokens[position - 1].kind == "number" == getattr(ahead, "kind", "")
        ):
            # "6 or 7" is no number.
            yield _Part("number", number=math.nan)
            position += length + 1
            continue
        yield _Part(_kind(token, kinds))
        position += max(length, 1)


def _kind(token: Token, kinds: frozenset[str]) -> str:
    if token.text == "%":
        return "other"
    if kinds & {"final", "correction"}:
        return "last"
    if kinds & {"negator", "or", "condition", "contrast", "secondary"}:
        return "other"
    if token.text in {
        "for",
        "in",
        "on",
        "fur",
        "pour",
        "para",
        "per",
        "voor",
        "dla",
        "for the",
        "для",
    }:
        return "for"
    known = kinds or token.kind in {"other", "arrow"} or token.text in _WORDS
    return "link" if known else "other"


def _initials(tokens: Sequence[Token], names: Phrases) -> dict[int, str]:
    """Where "V: 6, A: 4" names the dimensions by their first letters, a sign behind each."""
    whole = {next(iter(found))[0] for found in names.entries.values()}
    by_letter = {name[0]: name for name in whole}
    if len(by_letter) < len(whole):
        return {}
    places = {
        index: by_letter[token.text]
        for index, token in enumerate(tokens[:-1])
        if token.text in by_letter and tokens[index + 1].text in {":", "="}
    }
    return places if set(places.values()) == whole else {}


def _pairs(parts: Sequence[_Part]) -> list[tuple[str, float]]:
    """Names with their numbers: "valence 7", "7 for valence", "valence and arousal: 7 and 3"."""
    marked = [part for part in parts if part.kind in {"name", "number"}]
    kinds = [part.kind for part in marked]
    count = kinds.count("name")
    if count > 1 and kinds == ["name"] * count + ["number"] * count and _is_linked(parts):
        return [(marked[i].name, marked[count + i].number) for i in range(count)]
    if any(math.isnan(part.number) for part in marked):
        return [(part.name, math.nan) for part in marked if part.kind == "name"]
    result: list[tuple[str, float]] = []
    taken: set[int] = set()
    for index, part in enumerate(parts):
        if part.kind != "name":
            continue
        ahead = _next_number(parts, index, 1, {"link"})
        behind = _next_number(parts, index, -1, {"link", "for"})
        if behind is not None and not any(p.kind == "for" for p in parts[behind:index]):
            behind = None
        place = behind if behind is not None and behind not in taken else ahead
        if place is not None and place not in taken:
            taken.add(place)
            result.append((part.name, parts[place].number))
    return result


def _is_linked(parts: Sequence[_Part]) -> bool:
    first = next(i for i, part in enumerate(parts) if part.kind == "name")
    last = max(i for i, part in enumerate(parts) if part.kind == "number")
    return all(part.kind != "other" for part in parts[first:last])


def _next_number(parts: Sequence[_Part], start: int, step: int, between: set[str]) -> int | None:
    index = start + step
    while 0 <= index < len(parts):
        if parts[index].kind == "number":
            return index
        if parts[index].kind not in between:
            return None
        index += step
    return None


def _alone(text: str) -> float | None:
    """The number of an answer that is one number and its dress."""
    tokens = [token for token in tokenize(text) if token.kind != "other" or token.text == "%"]
    if len(tokens) == 1 and tokens[0].kind == "number":
        return _float(tokens[0].text)
    return None


def _sole(text: str, names: Phrases) -> float | None:
    """The one number of an answer whose words only say that it is the answer."""
    parts = list(_parts(tokenize(text), names))
    numbers = [part.number for part in parts if part.kind == "number"]
    return numbers[0] if len(numbers) == 1 and all(part.kind != "other" for part in parts) else None


# --- scales ----------------------------------------------------------------------------------------


def _other_scale(text: str, scheme: Scheme) -> bool:
    """Whether a range stands in the text that is not the scale asked for."""
    text = fold(_ANCHORS.sub(" ", text))
    return any(
        not any(_is_scale(match, scale) for scale in scheme.dimensions)
        for match in _RANGE.finditer(text)
        if _is_range(match, text)
    )


def _is_range(match: re.Match[str], text: str) -> bool:
    joined = text[match.end("low") : match.start("high")].strip()
    if joined in {"and", "und", "y", "e", "en", "i", "и", "a", "et"}:
        # "7 and 3" are two numbers, "between 6 and 7" is a range.
        before = text[max(0, match.start() - 12) : match.start()].split()
        return bool(before) and before[-1] in {
            "between",
            "zwischen",
            "entre",
            "tra",
            "fra",
            "tussen",
            "miedzy",
            "между",
            "from",
            "von",
            "de",
            "da",
            "van",
            "od",
            "от",
        }
    return _float(match["low"]) < _float(match["high"])


def _is_scale(match: re.Match[str], scale: Dimension) -> bool:
    return _float(match["low"]) == scale.low and _float(match["high"]) == scale.high


def _without_scale(text: str, scheme: Scheme) -> str:
    """The text without mentions of the scale that was asked for."""

    def drop(match: re.Match[str]) -> str:
        return " " if any(_is_scale(match, scale) for scale in scheme.dimensions) else match[0]

    return _RANGE.sub(drop, fold(text))


def _fraction(match: re.Match[str], scheme: Scheme) -> str:
    bottom = _float(match["bottom"])
    if all(bottom == scale.high for scale in scheme.dimensions):
        return f" {match['top']} "
    if "/" in match[0] and len(scheme.dimensions) > 1 and not _is_round(bottom, scheme):
        return f" {match['top']} , {match['bottom']} "
    raise ValueError


def _is_round(bottom: float, scheme: Scheme) -> bool:
    """Whether "7/5" could be meant as seven out of five rather than as two numbers."""
    return bottom == int(bottom)


def _float(text: str) -> float:
    return float(text.replace(",", "."))


# --- JSON ------------------------------------------------------------------------------------------


def _json_pairs(
    value: Any, scheme: Scheme, names: Phrases, inside: str | None = None
) -> Iterator[tuple[str, float]]:
    if isinstance(value, list):
        for one in value:
            yield from _json_pairs(one, scheme, names, inside)
    elif isinstance(value, dict):
        named = value.get("dimension") or value.get("name")
        if inside is None and isinstance(named, str):
            inside = _dimension_of(named, names)
        initials = _key_initials(value, names)
        for key, one in value.items():
            name = initials.get(str(key)) or _dimension_of(str(key), names)
            if isinstance(one, dict | list):
                yield from _json_pairs(one, scheme, names, name or inside)
                continue
            if (
                name is None
                and inside is not None
                and fold(str(key)) in {"value", "score", "rating", "level"}
            ):
                name = inside
            if name is not None:
                yield name, _json_number(one, scheme)


def _key_initials(value: Mapping[str, Any], names: Phrases) -> dict[str, str]:
    """The keys of `{"v": 7, "a": 3}`, where every dimension has its own initial and is there."""
    whole = {next(iter(found))[0] for found in names.entries.values()}
    keys = {key: name for key in value for name in whole if str(key).lower() == name[0]}
    return keys if len(keys) == len(set(keys.values())) == len(whole) else {}


def _dimension_of(key: str, names: Phrases) -> str | None:
    tokens = tokenize(key)
    found: set[str] = set()
    position = 0
    while position < len(tokens):
        length, meanings = names.at(tokens, position, None)
        if length:
            found |= meanings
        elif tokens[position].text not in _WORDS and not lexicon().at(tokens, position, None)[0]:
            return None
        position += max(length, 1)
    return next(iter(found)) if len(found) == 1 else None


def _json_number(value: Any, scheme: Scheme) -> float:
    """A field's number; NaN where it has none."""
    if isinstance(value, bool) or value is None:
        return math.nan
    if isinstance(value, int | float):
        return float(value) if abs(value) < 1e9 else math.inf
    if not isinstance(value, str):
        return math.nan
    try:
        alone = _alone(_FRACTION.sub(lambda match: _fraction(match, scheme), fold(value)))
    except ValueError:
        return math.nan
    return math.nan if alone is None else alone
