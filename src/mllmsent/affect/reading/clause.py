"""One clause: which labels it means, and whether it gives them as its verdict."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from mllmsent.affect.reading.dress import BARE, DRESS, KNOWN
from mllmsent.affect.reading.license import license_of
from mllmsent.affect.reading.mentions import before_reason, mentions_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mllmsent.affect.reading.mentions import Mention
    from mllmsent.affect.reading.units import Unit
    from mllmsent.affect.reading.vocabulary import Vocabulary

__all__ = ["ClauseReading", "is_cue_phrase", "read_clause"]


@dataclass(frozen=True, slots=True)
class ClauseReading:
    """What one clause holds.

    Attributes:
        labels: The labels it names and means.
        denied: The labels it denies.
        strength: How strongly it gives `labels`; 0 where it only mentions them.
        is_bare: Whether it is labels and their dress only.
        is_among: Whether it is a label of an ordered scheme among other adjectives: "warm and
            positive".
        problem: Why the labels are no answer: "hedged", "graded", "several labels"; empty where
            they are.
        degree: "slight" or "partial" where it has such a word but no label.
    """

    labels: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()
    strength: int = 0
    is_bare: bool = False
    is_among: bool = False
    problem: str = ""
    degree: str = ""


def read_clause(units: Sequence[Unit], vocabulary: Vocabulary) -> ClauseReading:
    """Read one clause.

    Args:
        units: Its units, without the sign that opens it.
        vocabulary: The scheme's words.
    """
    mentions = mentions_of(units, vocabulary)
    if not mentions:
        degree = next((kind for kind in ("slight", "partial") for u in units if u.is_a(kind)), "")
        return ClauseReading(degree=degree)
    denied = frozenset(name for one in mentions if one.is_denied for name in one.labels)
    live = [one for one in mentions if not one.is_denied and not one.is_minor]
    if not live:
        return ClauseReading(denied=denied)
    return ClauseReading(
        labels=frozenset(name for one in live for name in one.labels),
        denied=denied,
        strength=license_of(units, live[0].place, live[-1].place, graded=vocabulary.graded),
        is_bare=all(unit.is_a("label", *BARE) for unit in _without_minor(units, mentions)),
        is_among=vocabulary.graded and _is_among_adjectives(units),
        problem=_problem(units, mentions, live, vocabulary),
    )


def is_cue_phrase(units: Sequence[Unit]) -> bool:
    """Whether a clause names the answer, so that what follows its colon is the answer.

    One unknown word is let pass ("Plutchik emotion"); what names something else is not.
    """
    others = ("person", "people", "elsewhere", "secondary", "negator", "label")
    if not units or any(unit.is_a(*others) for unit in units):
        return False
    if any(unit.is_a("cue", "answer", "final", "key") for unit in units):
        is_strong = any(u.is_a("cue", "answer", "key") and not u.is_a("weak") for u in units)
        return sum(not unit.is_a(*KNOWN) for unit in units) <= is_strong
    if any(unit.is_a("choose") for unit in units):
        return all(unit.is_a(*KNOWN) for unit in units)
    # A key that is only "overall" or "this image".
    return any(
        all(u.is_a(kind, "pronoun", *DRESS) for u in units) and any(u.is_a(kind) for u in units)
        for kind in ("summary", "image")
    )


def _problem(
    units: Sequence[Unit],
    mentions: Sequence[Mention],
    live: Sequence[Mention],
    vocabulary: Vocabulary,
) -> str:
    first, last = live[0].place, live[-1].place
    labels = {name for one in live for name in one.labels}
    around = [*units[:last], *before_reason(units[last + 1 :])]
    if any(unit.is_a("hedge", "or") and not _joins(unit, vocabulary) for unit in around):
        return "hedged"
    if any(unit.is_a("somebody") for unit in units):
        return "not for everybody"
    if any(len(one.labels) > 1 for one in live):
        return "a word of two labels"
    if vocabulary.multi_label:
        minor = any(one.is_minor and not one.is_denied for one in mentions)
        return "a label in passing" if minor else ""
    if len(labels) > 1 or _offers_more(units[first:]):
        return "several labels"
    return next((one.problem for one in live if one.problem), "")


def _without_minor(units: Sequence[Unit], mentions: Sequence[Mention]) -> Sequence[Unit]:
    """Units before what is said in passing at the end: "... with a touch of sadness"."""
    head = before_reason(units)
    tail = units[len(head) :]
    is_passing = any(unit.is_a("minor", "part", "slight", "partial") for unit in tail)
    is_clear = not any(unit.is_a("hedge", "or", "unknown") for unit in tail)
    return head if mentions[-1].is_minor and is_passing and is_clear else units


def _is_among_adjectives(units: Sequence[Unit]) -> bool:
    strange = sum(unit.is_a("unknown") for unit in units)
    joined = any(unit.is_a("and", "comma") for unit in units)
    return joined and strange <= 2 and all(u.is_a("label", "unknown", *BARE) for u in units)


def _joins(unit: Unit, vocabulary: Vocabulary) -> bool:
    """Whether a word like "a mix of" only joins labels, several being allowed."""
    return vocabulary.multi_label and unit.is_a("blend")


def _offers_more(units: Sequence[Unit]) -> bool:
    """Whether a slash puts a word beside a label: "sadness/loneliness"."""
    pairs = pairwise(units)
    return any(
        one.is_a("slash") and not after.is_a("number", "slash", "label") for one, after in pairs
    )
