"""Whether a clause gives a label as its verdict, by what stands around the label.

"The sentiment is negative", "it evokes sadness", "I would classify it as neutral", "awe is the best
choice" do; "negative space", "the sad clown", "the dress is neutral" do not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.affect.reading.evidence import ASIDE, REMARK, STATEMENT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mllmsent.affect.reading.units import Unit

__all__ = ["BARE", "DRESS", "KNOWN", "license_of"]

DRESS = ("symbol", "emphasis", "number", "filler", "stop")
"""What may stand anywhere."""
BARE = (
    *DRESS, "intense", "slight", "partial", "cue", "image", "pronoun", "and", "or", "slash", "comma",
    "semicolon", "notjust", "minor", "part", "negator", "hedge", "yes",
)  # fmt: skip
"""What a label may be dressed in without becoming a sentence."""
KNOWN = (
    *BARE, "answer", "final", "viewer", "copula", "verb", "have", "choose", "feel", "make", "find", "rather",
    "summary", "key", "as", "classify", "reason", "early",
)  # fmt: skip
"""Words that speak of the answer or the image, and of nothing else."""
_MODIFIERS = (
    *DRESS, "intense", "slight", "partial", "cue", "image", "notjust", "negator", "hedge", "comma",
    "and", "or", "minor", "pronoun", "viewer",
)  # fmt: skip
_AFTER = (
    "reason", "viewer", "slash", "comma", "pronoun", "and", "or", "hedge", "minor", "negator", "yes",
)  # fmt: skip
_ARTICLES = frozenset({"a", "an", "ein", "eine", "einen", "un", "une", "una", "um", "uma", "een"})
_MOST_STRANGE = 2


@dataclass(frozen=True, slots=True)
class _Place:
    """A word that may license a label, and the clause around it.

    Attributes:
        units: The clause.
        index: Index of the word.
        first: Index of the label.
        graded: Whether the scheme is ordered.
    """

    units: Sequence[Unit]
    index: int
    first: int
    graded: bool

    @property
    def subject(self) -> Sequence[Unit]:
        return self.units[: self.index]

    @property
    def object(self) -> Sequence[Unit]:
        return self.units[self.index : self.first]

    @property
    def head(self) -> Unit | None:
        """The first word of the subject that says something."""
        skipped = (*DRESS, "rating")
        return next((u for u in self.subject if u.is_a("image") or not u.is_a(*skipped)), None)

    def is_about(self, *kinds: str) -> bool:
        """Whether the subject begins with a word of these kinds, or is not there."""
        return self.head is None or self.head.is_a(*kinds)

    def names(self, *kinds: str) -> bool:
        """Whether the subject holds a word of these kinds."""
        return any(unit.is_a(*kinds) for unit in self.subject)


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
        place = _Place(units, index, first, graded)
        for kind, rule in _TRIGGERS.items():
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


def _made(place: _Place) -> int:
    """The flowers make it positive; it makes the viewer sad."""
    is_whole = any(unit.is_a("image", "pronoun", "viewer", "cue") for unit in place.object)
    return STATEMENT if is_whole else 0


def _found(place: _Place) -> int:
    """Most viewers would find this image positive."""
    is_whole = any(unit.is_a("image", "pronoun") for unit in place.object)
    is_ours = place.names("viewer") and not place.names("unknown", *_STRANGERS)
    return STATEMENT if is_whole and is_ours else 0


def _chosen(place: _Place) -> int:
    """I would go with neutral."""
    if place.names(*_STRANGERS) or _is_strange_after_subject(place.subject):
        return 0
    ours = ("viewer", "choose", "image", "pronoun", "answer", "cue", "classify")
    return STATEMENT if place.is_about(*ours) or place.names("viewer") else 0


def _classed(place: _Place) -> int:
    """It can be classified as positive; it falls under fear."""
    if place.names(*_STRANGERS):
        return 0
    is_led = place.units[place.index].is_a("classify") or place.names("classify", "choose")
    ours = ("viewer", "pronoun", "cue", "image", "answer", "classify", "choose", "copula")
    return STATEMENT if is_led and place.is_about(*ours) else 0


def _classed_so(place: _Place) -> int:
    """It would be considered negative."""
    if place.index != place.first - 1 or not place.names("copula") or place.head is None:
        return 0
    return STATEMENT if place.head.is_a("pronoun", "cue", "image") else 0


def _equated(place: _Place) -> int:
    """The overall mood is negative; this image is sad; he looks angry."""
    if place.names(*_STRANGERS):
        return 0
    if place.names("cue", "answer") and _is_of_cue(place.subject):
        return STATEMENT
    if place.head is None:
        return 0
    is_image = place.head.is_a("image", "pronoun") and _is_whole(place.subject)
    # "On closer inspection it is ..."
    is_led_to = place.subject[0].is_a("reason") and _is_lone(place.subject)
    if is_image or is_led_to:
        return STATEMENT
    if place.names("viewer") and place.names("feel"):
        return REMARK  # "what I feel is ..."
    return ASIDE if place.names("person") and not place.graded else 0


def _felt(place: _Place) -> int:
    """The viewer feels fear."""
    if place.names(*_STRANGERS):
        return 0
    if place.head is None or place.names("viewer"):
        return REMARK
    return ASIDE if place.names("person") and not place.graded else 0


def _evoked(place: _Place) -> int:
    """The image evokes fear; the smiling crowd conveys a positive mood."""
    if place.names(*_STRANGERS):
        return 0
    if place.graded and (place.names("person") or not _is_beside_cue(place.units, place.first)):
        return 0
    head = place.head
    is_there = place.units[place.index].is_a("have")
    is_image = head is not None and head.is_a("image", "pronoun", "cue", "answer", "viewer")
    return REMARK if is_image else 0 if is_there else ASIDE


_STRANGERS = ("elsewhere", "people", "secondary")
_TRIGGERS: dict[str, Callable[[_Place], int]] = {
    "make": _made,
    "find": _found,
    "choose": _chosen,
    "as": _classed,
    "classify": _classed_so,
    "copula": _equated,
    "feel": _felt,
    "verb": _evoked,
    "have": _evoked,
}


def _is_of_cue(subject: Sequence[Unit]) -> bool:
    """Whether a subject is what is asked about.

    "The prevailing mood", "the mood of this sunny picture" and "the mood evoked by the rain" are;
    "the judge's verdict", "the mood ring" and "the tone of the wood" are not.
    """
    place = next(i for i, unit in enumerate(subject) if unit.is_a("cue", "answer"))
    strange = 0
    for unit in subject[:place]:
        if unit.text == "s" and strange:
            return False
        strange = 0 if unit.is_a("and") else strange + unit.is_a("unknown")
    after = subject[place + 1 :]
    if strange > 1 or not any(unit.is_a("unknown") for unit in after):
        return strange <= 1
    if after[0].is_a("unknown"):
        return False
    return any(unit.is_a("image") for unit in after) or after[0].is_a("evoked")


def _is_lone(subject: Sequence[Unit]) -> bool:
    """Whether a subject ends in "it" or "this image", whatever leads to it."""
    last = [unit for unit in subject if not unit.is_a("filler") or unit.is_a("image")]
    return bool(last) and last[-1].is_a("pronoun", "image")


def _is_strange_after_subject(subject: Sequence[Unit]) -> bool:
    """Whether unknown words come between who speaks and what is said: "I hesitate to say"."""
    spoken = [index for index, unit in enumerate(subject) if unit.is_a("viewer", "pronoun")]
    return bool(spoken) and any(unit.is_a("unknown") for unit in subject[spoken[-1] :])


def _is_beside_cue(units: Sequence[Unit], first: int) -> bool:
    """Whether an adjective is that of a feeling: "a positive and warm mood", "positivity"."""
    after = units[first + 1 :]
    if any(unit.is_a("cue", "answer") for unit in [*units[max(0, first - 2) : first], *after[:1]]):
        return True
    if after and after[0].is_a("and", "comma") and any(unit.is_a("cue") for unit in after):
        return True
    return units[first].text.endswith("ity")


def _is_whole(subject: Sequence[Unit]) -> bool:
    """Whether a subject is the image itself and not one of its parts or qualities."""
    for index, unit in enumerate(subject):
        if unit.is_a("image", "pronoun"):
            after = subject[index + 1 : index + 2]
            return all(u.is_a(*DRESS, "copula", "viewer", "image", "pronoun") for u in after)
        if unit.is_a("unknown"):
            return False
    return False
