"""Whether a clause gives a label as its verdict, by what stands around the label.

"The sentiment is negative", "it evokes sadness", "I would classify it as neutral", "awe is the best
choice" do; "negative space", "the sad clown", "the dress is neutral" do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.affect.reading.dress import BARE, DRESS, KNOWN
from mllmsent.affect.reading.evidence import ASIDE, STATEMENT
from mllmsent.affect.reading.triggers import TRIGGERS, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mllmsent.affect.reading.units import Unit

__all__ = ["license_of"]

_MODIFIERS = (
    *DRESS, "intense", "slight", "partial", "cue", "image", "notjust", "negator", "hedge", "comma",
    "and", "or", "minor", "pronoun", "viewer",
)  # fmt: skip
_AFTER = (
    "reason", "viewer", "slash", "comma", "pronoun", "and", "or", "hedge", "minor", "negator", "yes",
)  # fmt: skip
_ARTICLES = frozenset({"a", "an", "ein", "eine", "einen", "un", "une", "una", "um", "uma", "een"})
_MOST_STRANGE = 2


def license_of(units: Sequence[Unit], first: int, last: int, *, graded: bool) -> int:
    """How strongly a clause gives the labels between two of its units.

    Args:
        units: The clause.
        first: Index of the first label.
        last: Index of the last.
        graded: Whether the scheme is ordered; its labels are adjectives, which go with other things
            than the sentiment too.

    Returns:
        STATEMENT, REMARK or ASIDE; 0 where the labels are only mentioned.
    """
    if any(unit.is_a("early") for unit in units):
        return 0
    if any(unit.is_a("secondary") for unit in units[:first]):
        return 0
    strength = max(_by_known_words(units, graded=graded), _as_subject(units, first, last))
    if _ends_well(units, first, last, graded=graded):
        strength = max(strength, _by_trigger(units, first, graded=graded))
    is_surpassed = any(unit.is_a("notjust") for unit in units[:first])
    return min(strength, ASIDE) if is_surpassed else strength


def _by_known_words(units: Sequence[Unit], *, graded: bool) -> int:
    """A clause that speaks of nothing but the answer: that is how verb-last languages are read."""
    labels = [index for index, unit in enumerate(units) if unit.labels]
    if not all(unit.is_a("label", *KNOWN) for unit in units):
        return 0
    if graded and _is_thing(units, labels[0], labels[-1]):
        return 0
    if all(unit.is_a("label", *BARE) for unit in units):
        return 0
    links = ("answer", "copula", "choose", "as", "feel", "make", "find", "classify")
    if any(unit.is_a(*links) for unit in units):
        return STATEMENT
    evokes = any(unit.is_a("verb") for unit in units)
    return STATEMENT if evokes and (not graded or any(u.is_a("cue") for u in units)) else 0


def _ends_well(units: Sequence[Unit], first: int, last: int, *, graded: bool) -> bool:
    """Whether the label is complete: not the adjective of something that is not the sentiment."""
    rest = units[last + 1 :]
    if rest and rest[0].is_a("cue", "answer", "image"):
        return True
    if graded and _is_thing(units, first, last):
        return False
    for index, unit in enumerate(rest):
        if unit.is_a("prep"):
            return _is_of_image(rest[index + 1 :], graded=graded)
        if unit.is_a("reason") or not unit.is_a(*DRESS, "slight", "partial", "intense"):
            return unit.is_a(*_AFTER)
    return True


def _is_thing(units: Sequence[Unit], first: int, last: int) -> bool:
    """Whether the label is a noun for something: "this is a negative of a photograph"."""
    rest = units[last + 1 :]
    ends = not rest or rest[0].is_a("prep")
    return ends and first > 0 and units[first - 1].text in _ARTICLES


def _is_of_image(units: Sequence[Unit], *, graded: bool) -> bool:
    """Whether a preposition leads to the image, its viewer or its sentiment: "in this picture"."""
    about = ("image", "viewer", "pronoun", "cue", "answer", *(() if graded else ("person",)))
    for unit in units:
        if unit.is_a(*about):
            return True
        if not unit.is_a(*DRESS, "prep"):
            return False
    return not units


def _as_subject(units: Sequence[Unit], first: int, last: int) -> int:
    """Labels before their verb: "neutral is the most appropriate class", "sadness fits best"."""
    rest = units[last + 1 :]
    if not rest or any(u.is_a("elsewhere", "person", "people", "secondary") for u in rest):
        return 0
    is_made = first > 0 and units[first - 1].is_a("make")
    if not is_made and not all(u.is_a(*DRESS, "and", "intense", "summary") for u in units[:first]):
        return 0
    while len(rest) > 1 and rest[0].is_a("cue"):
        rest = rest[1:]
    if rest[0].is_a("fits"):
        return STATEMENT
    if not is_made and not rest[0].is_a("copula", "pronoun", "choose"):
        return 0
    return STATEMENT if any(unit.is_a("answer", "cue") for unit in rest) else 0


def _by_trigger(units: Sequence[Unit], first: int, *, graded: bool) -> int:
    """Labels behind the word that they hang on, with only modifiers between."""
    strange = 0
    for index in range(first - 1, -1, -1):
        unit = units[index]
        place = Place(units, index, first, graded)
        for kind, rule in TRIGGERS.items():
            if unit.is_a(kind) and (strength := rule(place)):
                return strength
        if unit.is_a("unknown") and strange < _MOST_STRANGE and _is_adjective(units, index):
            strange += 1
        elif not unit.is_a(*_MODIFIERS):
            return 0
    return 0


def _is_adjective(units: Sequence[Unit], index: int) -> bool:
    """Whether an unknown word is one of several adjectives: "a warm and positive mood"."""
    return units[index + 1].is_a("and", "comma", "unknown")
