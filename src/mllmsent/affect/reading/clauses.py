"""A sentence taken apart into clauses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mllmsent.affect.reading.units import Unit

__all__ = ["Clause", "clauses_of"]

_OPENERS = (
    "comma", "semicolon", "colon", "dash", "arrow", "open", "close", "contrast", "concession",
    "correction", "idiom",
)  # fmt: skip
_LASTING = frozenset({"concession", "contrast", "correction"})
_DRESS = frozenset(
    {"filler", "intense", "slight", "partial", "emphasis", "symbol", "and", "or", "notjust"}
)


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause.

    Attributes:
        opener: What opens it: "start", a sign ("comma", "colon", "dash", "open", ...), "contrast"
            ("but"), "concession" ("although"), "correction" ("wait"), "idiom".
        units: Its units, without the opener.
    """

    opener: str
    units: tuple[Unit, ...]

    def has(self, *kinds: str) -> bool:
        """Whether a unit of one of these kinds is in it."""
        return any(unit.is_a(*kinds) for unit in self.units)


def clauses_of(units: Sequence[Unit]) -> list[Clause]:
    """The clauses of a sentence, without what numbers it in a list and what it says in passing."""
    return without_preamble(_split(_without_remarks(_without_enumerator(units))))


def without_preamble(clauses: Sequence[Clause]) -> list[Clause]:
    """Clauses without those before the first that says something: "2 (positive)", "here, ..."."""
    start = 0
    while start + 1 < len(clauses) and _is_empty(clauses[start], clauses[start + 1]):
        start += 1
    return [
        Clause("start", clause.units) if start and not index else clause
        for index, clause in enumerate(clauses[start:])
    ]


def _is_empty(clause: Clause, after: Clause) -> bool:
    if after.opener not in {"comma", "open", "dash"} or clause.opener in _LASTING:
        return False
    return all(unit.is_a("filler", "number", "letter", "summary") for unit in clause.units)


def _without_enumerator(units: Sequence[Unit]) -> list[Unit]:
    """Units without a leading "1.", "(b)" or "2 -", and without emphasis and symbols."""
    kept = [unit for unit in units if not unit.is_a("emphasis", "symbol")]
    start = 0
    while start < len(kept) and kept[start].is_a("dash", "arrow", "stop", "comma"):
        start += 1
    index = start + 1 if start < len(kept) and kept[start].is_a("open") else start
    counts = index + 1 < len(kept) and (kept[index].is_a("number") or len(kept[index].text) == 1)
    if counts and kept[index + 1].is_a("stop", "close", "colon", "dash"):
        return kept[index + 2 :]
    return kept[start:]


def _without_remarks(units: Sequence[Unit]) -> list[Unit]:
    """Units without the parentheses that hold neither a label nor a degree."""
    kept: list[Unit] = []
    opened: int | None = None
    for unit in units:
        if unit.is_a("open"):
            opened = len(kept)
        elif unit.is_a("close") and opened is not None:
            inside = kept[opened + 1 :]
            is_remark = not any(
                one.labels or one.is_a("slight", "partial", "hedge") for one in inside
            )
            if is_remark:
                del kept[opened:]
            opened = None
            if is_remark:
                continue
        kept.append(unit)
    return kept


def _split(units: Sequence[Unit]) -> list[Clause]:
    clauses: list[Clause] = []
    opener = "start"
    current: list[Unit] = []
    for index, unit in enumerate(units):
        sign = _opener(units, index)
        if sign is None:
            if not unit.is_a("stop") and not _is_enumerator(units, index):
                current.append(unit)
        elif current:
            clauses.append(Clause(opener, tuple(current)))
            opener, current = sign, []
        elif opener not in _LASTING or sign in _LASTING:
            opener = sign
    if current:
        clauses.append(Clause(opener, tuple(current)))
    return clauses


def _opener(units: Sequence[Unit], index: int) -> str | None:
    """The clause that a unit opens, by its kind; None where it opens none."""
    unit = units[index]
    sign = next((kind for kind in _OPENERS if unit.is_a(kind)), None)
    if sign in _LASTING and unit.is_a("filler", "reason"):
        return None
    if sign == "concession" and any(after.is_a("comma") for after in units[index + 1 : index + 2]):
        return "comma"  # "overall, though, it is ..."
    if sign in {"comma", "semicolon"} and _joins(units, index):
        return None
    return sign


def _is_enumerator(units: Sequence[Unit], index: int) -> bool:
    """Whether a letter or number only counts the label behind it: "B, neutral", "class 2: sad"."""
    if not units[index].is_a("letter", "number"):
        return False
    after = units[index + 1 : index + 3]
    return (
        len(after) == 2
        and after[0].is_a("comma", "colon", "dash", "close")
        and bool(after[1].labels)
    )


def _joins(units: Sequence[Unit], index: int) -> bool:
    """Whether a comma or semicolon joins what belongs together.

    That is two labels of a list, or two adjectives before "and" and a label.
    """
    if index == 0:
        return False
    before, rest = units[index - 1], units[index + 1 :]
    if before.is_a("unknown"):
        return re.match(r"u?c?al", "".join(map(_letter, rest[:4]))) is not None
    if not before.labels or (rest and rest[0].is_a("rather", "negator")):
        return False
    after = next((unit for unit in rest if not unit.kinds <= _DRESS), None)
    if after is None or not after.labels:
        return False
    # "Not positive, negative" states the second; "not happy, sad or angry" denies them all.
    is_denied = any(unit.is_a("negator") for unit in units[:index])
    return not is_denied or any(unit.is_a("or", "and", "negator") for unit in rest)


def _letter(unit: Unit) -> str:
    if unit.labels:
        return "l"
    shapes = {"and": "a", "comma": "c", "unknown": "u"}
    return next((letter for kind, letter in shapes.items() if unit.is_a(kind)), "x")
