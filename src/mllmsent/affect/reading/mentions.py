"""The labels that a clause names, and what it does to them: denies, weakens, passes over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mllmsent.affect.reading.units import Unit
    from mllmsent.affect.reading.vocabulary import Vocabulary

__all__ = ["Mention", "before_reason", "mentions_of", "with_degree"]

_BETWEEN = ("and", "or", "comma", "slash", "symbol", "emphasis", "number", "filler", "stop")


@dataclass(frozen=True, slots=True)
class Mention:
    """One label named in a clause.

    Attributes:
        place: Index of its unit.
        labels: The label it means with its degree; several where the word is of several.
        problem: "graded" where the scheme has no label for the degree, else empty.
        is_denied: Whether the clause denies it.
        is_minor: Whether it is named in passing: as a touch, an element, a reason.
    """

    place: int
    labels: frozenset[str]
    problem: str = ""
    is_denied: bool = False
    is_minor: bool = False


@dataclass
class _State:
    """What holds for the next label of a clause, going from left to right."""

    is_denied: bool = False
    is_without: bool = False
    is_minor: bool = False
    is_reason: bool = False
    is_strong: bool = False
    degree: str = ""


def mentions_of(units: Sequence[Unit], vocabulary: Vocabulary) -> list[Mention]:
    """Every label of a clause, in order."""
    found: list[Mention] = []
    state = _State()
    for index, unit in enumerate(units):
        if not unit.labels:
            _advance(state, unit, has_label=bool(found))
            continue
        labels, problem = with_degree(
            unit.labels, state.degree, vocabulary, is_strong=state.is_strong
        )
        is_element = index + 1 < len(units) and units[index + 1].is_a("part")
        if is_element:
            # Of "positive and negative elements", both are elements.
            found = [
                replace(m, is_minor=m.is_minor or _is_joined(units, m.place, index)) for m in found
            ]
        is_minor = state.is_minor or state.is_reason or is_element
        found.append(Mention(index, labels, problem, state.is_denied, is_minor))
        state.degree, state.is_strong = "", False
    return _with_what_follows(found, units, vocabulary) if found else []


def with_degree(
    labels: frozenset[str], degree: str, vocabulary: Vocabulary, *, is_strong: bool = False
) -> tuple[frozenset[str], str]:
    """The label of a word with a degree, and "graded" where the scheme has none for it.

    Args:
        labels: What the word means.
        degree: "slight", "partial" or empty.
        vocabulary: The scheme's words.
        is_strong: Whether it is said with emphasis: "very".
    """
    if not vocabulary.graded or len(labels) != 1:
        return labels, ""
    (name,) = labels
    if degree == "slight":
        if name in vocabulary.milder:
            return frozenset({vocabulary.milder[name]}), ""
        return labels, "" if name in vocabulary.milder.values() else "graded"
    return labels, "graded" if degree or (is_strong and name in vocabulary.stronger) else ""


def before_reason(units: Sequence[Unit]) -> Sequence[Unit]:
    """Units up to the word that begins a reason: "because", "with"."""
    for index, unit in enumerate(units):
        if unit.is_a("reason"):
            return units[:index]
    return units


def _advance(state: _State, unit: Unit, *, has_label: bool) -> None:
    if unit.is_a("negator", "cannot"):
        state.is_denied = True
        state.is_without = unit.is_a("without")
    elif unit.is_a("minor"):
        state.is_minor = True
    elif unit.is_a("slight", "partial"):
        state.degree = "slight" if unit.is_a("slight") else "partial"
    elif unit.is_a("intense"):
        state.is_strong = True
    elif unit.is_a("viewer") and state.is_without:
        # "Without a clear expression I would say neutral" denies the expression only.
        state.is_denied = state.is_without = False
    if unit.is_a("reason") and not unit.is_a("and", "filler"):
        state.is_reason = has_label


def _is_joined(units: Sequence[Unit], first: int, second: int) -> bool:
    return all(unit.labels or unit.is_a(*_BETWEEN) for unit in units[first + 1 : second])


def _with_what_follows(
    found: list[Mention], units: Sequence[Unit], vocabulary: Vocabulary
) -> list[Mention]:
    after = before_reason(units[found[-1].place + 1 :])
    if any(unit.is_a("negator", "cannot") and not unit.is_a("without") for unit in after):
        # The verb comes last in some languages, and with it the denial.
        return [replace(mention, is_denied=True) for mention in found]
    degree = next((kind for kind in ("slight", "partial") for u in after if u.is_a(kind)), "")
    if degree:
        # "Positive, slightly"
        labels, problem = with_degree(found[-1].labels, degree, vocabulary)
        found[-1] = replace(found[-1], labels=labels, problem=problem)
    return found
