"""The words that a label hangs on when it is a verdict: "is", "evokes", "classified as", "makes it"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.affect.reading.dress import DRESS
from mllmsent.affect.reading.evidence import ASIDE, REMARK, STATEMENT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mllmsent.affect.reading.units import Unit

__all__ = ["TRIGGERS", "Place"]

_STRANGERS = ("elsewhere", "people", "secondary")


@dataclass(frozen=True, slots=True)
class Place:
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
        """What stands before the word."""
        return self.units[: self.index]

    @property
    def object(self) -> Sequence[Unit]:
        """The word and what stands between it and the label."""
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


def _made(place: Place) -> int:
    """The flowers make it positive; it makes the viewer sad."""
    is_whole = any(unit.is_a("image", "pronoun", "viewer", "cue") for unit in place.object)
    return STATEMENT if is_whole else 0


def _found(place: Place) -> int:
    """Most viewers would find this image positive."""
    is_whole = any(unit.is_a("image", "pronoun") for unit in place.object)
    is_ours = place.names("viewer") and not place.names("unknown", *_STRANGERS)
    return STATEMENT if is_whole and is_ours else 0


def _chosen(place: Place) -> int:
    """I would go with neutral."""
    if place.names(*_STRANGERS) or _is_strange_after_subject(place.subject):
        return 0
    ours = ("viewer", "choose", "image", "pronoun", "answer", "cue", "classify")
    return STATEMENT if place.is_about(*ours) or place.names("viewer") else 0


def _classed(place: Place) -> int:
    """It can be classified as positive; it falls under fear."""
    if place.names(*_STRANGERS):
        return 0
    is_led = place.units[place.index].is_a("classify") or place.names("classify", "choose")
    ours = ("viewer", "pronoun", "cue", "image", "answer", "classify", "choose", "copula")
    return STATEMENT if is_led and place.is_about(*ours) else 0


def _classed_so(place: Place) -> int:
    """It would be considered negative."""
    if place.index != place.first - 1 or not place.names("copula") or place.head is None:
        return 0
    return STATEMENT if place.head.is_a("pronoun", "cue", "image") else 0


def _equated(place: Place) -> int:
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


def _felt(place: Place) -> int:
    """The viewer feels fear."""
    if place.names(*_STRANGERS):
        return 0
    if place.head is None or place.names("viewer"):
        return REMARK
    return ASIDE if place.names("person") and not place.graded else 0


def _evoked(place: Place) -> int:
    """The image evokes fear; the smiling crowd conveys a positive mood."""
    if place.names(*_STRANGERS):
        return 0
    if place.graded and (place.names("person") or not _is_beside_cue(place.units, place.first)):
        return 0
    head = place.head
    is_there = place.units[place.index].is_a("have")
    is_image = head is not None and head.is_a("image", "pronoun", "cue", "answer", "viewer")
    return REMARK if is_image else 0 if is_there else ASIDE


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


TRIGGERS: dict[str, Callable[[Place], int]] = {
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
"""Kind of word to how strongly it gives the label behind it, the surest first."""
