"""One clause: which labels it names, and whether it gives them as its verdict.

A label word counts only where it is licensed: by being all there is, by a clause of known words
only, or by what it hangs on ("the sentiment is ...", "evokes ...", "classified as ..."). Anything
else is a word that happens to be there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mllmsent.affect.reading.evidence import ASIDE, REMARK, STATEMENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mllmsent.affect.reading.units import Unit
    from mllmsent.affect.reading.vocabulary import Vocabulary

__all__ = ["ClauseReading", "is_cue_phrase", "read_clause"]

_DRESS = ("symbol", "emphasis", "number", "filler", "stop")
_BARE = (
    *_DRESS,
    "intense",
    "slight",
    "partial",
    "cue",
    "image",
    "and",
    "or",
    "slash",
    "comma",
    "semicolon",
    "notjust",
    "minor",
    "negator",
    "hedge",
    "yes",
)
_KNOWN = (
    *_DRESS,
    "intense",
    "slight",
    "partial",
    "cue",
    "answer",
    "final",
    "image",
    "viewer",
    "pronoun",
    "copula",
    "verb",
    "choose",
    "feel",
    "make",
    "as",
    "classify",
    "reason",
    "notjust",
    "and",
    "comma",
    "yes",
    "minor",
    "or",
    "slash",
    "hedge",
    "negator",
    "early",
)
_MODIFIERS = (
    "filler",
    "intense",
    "slight",
    "partial",
    "cue",
    "number",
    "symbol",
    "emphasis",
    "image",
    "notjust",
    "negator",
    "hedge",
    "comma",
    "and",
    "or",
)


@dataclass(frozen=True, slots=True)
class ClauseReading:
    """What one clause holds.

    Attributes:
        labels: The labels it names and means.
        denied: The labels it denies.
        strength: How strongly it gives `labels`; 0 where it only mentions them.
        is_bare: Whether it is labels and their dress only.
        problem: Why the labels are no answer: "hedged", "graded", "several labels"; empty where
            they are.
        degree: "slight" or "partial" where it has such a word but no label.
    """

    labels: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()
    strength: int = 0
    is_bare: bool = False
    problem: str = ""
    degree: str = ""


@dataclass(frozen=True, slots=True)
class _Mention:
    start: int
    labels: frozenset[str]
    problem: str
    is_denied: bool
    is_minor: bool


def is_cue_phrase(units: Sequence[Unit]) -> bool:
    """Whether a clause names the answer, so that what follows its colon is the answer.

    One unknown word is let pass ("Plutchik emotion"); what names something else is not.
    """
    if any(
        unit.is_a("person", "people", "elsewhere", "secondary", "negator", "label")
        for unit in units
    ):
        return False
    named = any(unit.is_a("cue", "answer", "final") for unit in units)
    if not named and units and all(unit.is_a("summary", *_DRESS) for unit in units):
        return any(unit.is_a("summary") for unit in units)
    if not named:
        return (
            bool(units)
            and all(unit.is_a("image", "pronoun", *_DRESS) for unit in units)
            and any(unit.is_a("image") for unit in units)
        )
    strange = [unit for unit in units if not unit.is_a(*_KNOWN)]
    return len(strange) <= 1


def read_clause(units: Sequence[Unit], vocabulary: Vocabulary) -> ClauseReading:
    """Read one clause.

    Args:
        units: Its units, without the sign that opens it.
        vocabulary: The scheme's words.
    """
    mentions = _mentions(units, vocabulary)
    if not mentions:
        degree = next(
            (kind for kind in ("slight", "partial") for unit in units if unit.is_a(kind)), ""
        )
        return ClauseReading(degree=degree)
    denied = frozenset(name for one in mentions if one.is_denied for name in one.labels)
    live = [one for one in mentions if not one.is_denied and not one.is_minor]
    if not live:
        return ClauseReading(denied=denied)
    labels = frozenset(name for one in live for name in one.labels)
    first, last = live[0].start, live[-1].start
    return ClauseReading(
        labels=labels,
        denied=denied,
        strength=_license(units, first, last, vocabulary),
        is_bare=all(unit.is_a("label", *_BARE) for unit in units),
        problem=_problem(units, live, labels, vocabulary),
    )


def _mentions(units: Sequence[Unit], vocabulary: Vocabulary) -> list[_Mention]:
    found: list[_Mention] = []
    denied = minor = False
    degree = ""
    is_strong = False
    reasoned = False
    for index, unit in enumerate(units):
        if unit.labels:
            labels, problem = _composed(unit, degree, vocabulary, is_strong=is_strong)
            trimmed = index + 1 < len(units) and units[index + 1].is_a("minor")
            if trimmed:
                # "positive and negative elements" are elements both
                found = [
                    replace(m, is_minor=m.is_minor or _is_joined(units, m.start, index))
                    for m in found
                ]
            found.append(_Mention(index, labels, problem, denied, minor or reasoned or trimmed))
            degree, is_strong = "", False
            continue
        if unit.is_a("negator", "cannot"):
            denied = True
        elif unit.is_a("minor"):
            minor = True
        elif unit.is_a("slight", "partial"):
            if found and degree == "" and not any(later.labels for later in units[index:]):
                # "positive, slightly": the degree comes after.
                found[-1] = _regraded(found[-1], unit, vocabulary)
            degree = "slight" if unit.is_a("slight") else "partial"
        elif unit.is_a("intense"):
            is_strong = True
        elif found and unit.is_a("reason") and not unit.is_a("and", "filler"):
            reasoned = True
    after = units[found[-1].start + 1 :] if found else []
    if found and any(unit.is_a("negator") for unit in _until_reason(after)):
        # The verb comes last in some languages, and with it the denial.
        found = [_Mention(m.start, m.labels, m.problem, True, m.is_minor) for m in found]
    return found


def _is_joined(units: Sequence[Unit], first: int, second: int) -> bool:
    between = units[first + 1 : second]
    return all(unit.labels or unit.is_a("and", "or", "comma", "slash", *_DRESS) for unit in between)


def _until_reason(units: Sequence[Unit]) -> Sequence[Unit]:
    for index, unit in enumerate(units):
        if unit.is_a("reason"):
            return units[:index]
    return units


def _composed(
    unit: Unit, degree: str, vocabulary: Vocabulary, *, is_strong: bool
) -> tuple[frozenset[str], str]:
    if not vocabulary.graded:
        return unit.labels, ""
    (name, *others) = sorted(unit.labels)
    if others:
        return unit.labels, ""
    if degree == "slight" and name in vocabulary.milder:
        return frozenset({vocabulary.milder[name]}), ""
    if degree and not (name in vocabulary.milder.values() and degree == "slight"):
        return unit.labels, "graded"
    if is_strong and name in vocabulary.stronger:
        return unit.labels, "graded"
    return unit.labels, ""


def _regraded(mention: _Mention, unit: Unit, vocabulary: Vocabulary) -> _Mention:
    degree = "slight" if unit.is_a("slight") else "partial"
    fake = type(unit)(frozenset({"label"}), mention.labels)
    labels, problem = _composed(fake, degree, vocabulary, is_strong=False)
    return _Mention(mention.start, labels, problem, mention.is_denied, mention.is_minor)


def _problem(
    units: Sequence[Unit], live: Sequence[_Mention], labels: frozenset[str], vocabulary: Vocabulary
) -> str:
    first, last = live[0].start, live[-1].start
    around = _until_reason(units[last + 1 :])
    if any(unit.is_a("hedge", "or") for unit in [*units[:last], *around]):
        return "hedged"
    if any(len(one.labels) > 1 for one in live):
        return "a word of two labels"
    if len(labels) > 1 and not vocabulary.multi_label:
        return "several labels"
    if not vocabulary.multi_label and _offers_more(units[first:]):
        return "several labels"
    graded = [one for one in live if one.problem]
    return graded[0].problem if graded else ""


def _offers_more(units: Sequence[Unit]) -> bool:
    """Whether a slash puts a word beside a label: "sadness/loneliness"."""
    pairs = zip(units, units[1:], strict=False)
    return any(one.is_a("slash") and not after.is_a("number", "slash") for one, after in pairs)


def _license(units: Sequence[Unit], first: int, last: int, vocabulary: Vocabulary) -> int:
    """How strongly the labels from `first` to `last` are given by what stands around them."""
    strength = 0
    if all(unit.is_a("label", *_KNOWN) for unit in units):
        named = any(
            unit.is_a("cue", "answer", "image", "copula", "verb", "choose", "as", "feel")
            for unit in units
        )
        strength = STATEMENT if named else 0
    if _ends_well(units, last):
        strength = max(strength, _by_trigger(units, first, vocabulary))
    strength = max(strength, _as_subject(units, first, last))
    if any(unit.is_a("notjust") for unit in units[:first]):
        strength = min(strength, ASIDE)
    if any(unit.is_a("early", "secondary") for unit in units[:first]):
        strength = 0
    return strength


def _ends_well(units: Sequence[Unit], last: int) -> bool:
    """Whether the label is complete: not the adjective of something that is not the sentiment."""
    index = last + 1
    while index < len(units) and units[index].is_a("cue", "answer", "image"):
        index += 1
    if index > last + 1:
        return True
    while (
        index < len(units)
        and units[index].is_a(*_DRESS, "slight", "partial")
        and not units[index].is_a("reason")
    ):
        index += 1
    return index == len(units) or units[index].is_a(
        "reason",
        "viewer",
        "slash",
        "comma",
        "pronoun",
        "and",
        "or",
        "hedge",
        "minor",
        "negator",
        "yes",
    )


def _by_trigger(units: Sequence[Unit], first: int, vocabulary: Vocabulary) -> int:
    index = first - 1
    strange = 0
    while index >= 0:
        unit = units[index]
        if unit.is_a("verb", "choose", "feel", "as", "copula", "make", "find"):
            found = _trigger(units, index, first, vocabulary)
            if found or not unit.is_a(*_MODIFIERS):
                return found
        elif (
            unit.is_a("unknown")
            and strange < 2
            and units[index + 1].is_a("and", "comma", "unknown")
        ):
            # "a warm and positive mood"
            strange += 1
        elif not unit.is_a(*_MODIFIERS, "minor", "pronoun", "viewer"):
            return 0
        index -= 1
    return 0


def _trigger(units: Sequence[Unit], index: int, first: int, vocabulary: Vocabulary) -> int:
    trigger, subject = units[index], units[:index]
    if trigger.is_a("make"):
        # "makes it negative", "makes the viewer sad"
        made = any(unit.is_a("image", "pronoun", "viewer") for unit in units[index:first])
        return STATEMENT if made else 0
    if trigger.is_a("find") and any(unit.is_a("image", "pronoun") for unit in units[index:first]):
        found = any(unit.is_a("viewer") for unit in subject)
        return (
            STATEMENT
            if found and not any(u.is_a("unknown", "person", "people") for u in subject)
            else 0
        )
    if any(unit.is_a("elsewhere", "people", "secondary") for unit in subject):
        return 0
    head = next(
        (unit for unit in subject if not unit.is_a("filler", *_DRESS) or unit.is_a("image")), None
    )
    has_cue = any(unit.is_a("cue", "answer") for unit in subject)
    has_person = any(unit.is_a("person") for unit in subject)
    if trigger.is_a("choose") and (
        head is None
        or head.is_a("viewer", "choose", "image", "pronoun", "answer", "cue", "classify")
    ):
        return STATEMENT
    if trigger.is_a("as"):
        led = trigger.is_a("classify") or any(unit.is_a("classify", "choose") for unit in subject)
        good = head is None or head.is_a(
            "viewer", "pronoun", "cue", "image", "answer", "classify", "choose", "copula"
        )
        return STATEMENT if led and good else 0
    if trigger.is_a("copula"):
        if has_cue:
            return STATEMENT
        if head is not None and head.is_a("image", "pronoun") and _is_whole(subject):
            return STATEMENT
        if has_person and not vocabulary.graded:
            return ASIDE
        return 0
    if trigger.is_a("feel"):
        if head is None or any(unit.is_a("viewer") for unit in subject):
            return REMARK
        return ASIDE if has_person and not vocabulary.graded else 0
    if trigger.is_a("verb"):
        if has_person and vocabulary.graded:
            return 0
        if head is not None and head.is_a("image", "pronoun", "cue", "answer"):
            return REMARK
        return ASIDE
    return 0


def _is_whole(subject: Sequence[Unit]) -> bool:
    """Whether the subject is the image itself and not one of its parts or qualities."""
    seen = False
    for unit in subject:
        if unit.is_a("image", "pronoun"):
            seen = True
        elif seen:
            return unit.is_a("filler", "copula", "viewer") or unit.is_a(*_DRESS)
        elif unit.is_a("unknown"):
            return False
    return seen


def _as_subject(units: Sequence[Unit], first: int, last: int) -> int:
    """ "Neutral is the most appropriate class", "sadness fits best"."""
    rest = units[last + 1 :]
    made = first > 0 and units[first - 1].is_a("make")
    if not rest or not (made or rest[0].is_a("copula", "pronoun", "choose")):
        return 0
    if any(unit.is_a("elsewhere", "person", "people", "secondary") for unit in rest):
        return 0
    if not made and any(not unit.is_a(*_DRESS, "and", "intense") for unit in units[:first]):
        return 0
    return STATEMENT if any(unit.is_a("answer", "cue") for unit in rest) else 0
