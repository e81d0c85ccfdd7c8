"""Lists and tables of labels: the one that is marked, a number or a yes for each, or a mere echo."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.affect.reading.evidence import LINE, STATEMENT, Evidence
from mllmsent.affect.reading.number_parts import to_number
from mllmsent.affect.reading.units import units_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.affect.reading.units import Unit
    from mllmsent.affect.reading.vocabulary import Vocabulary

__all__ = ["read_listing", "read_scores"]

_BULLET = re.compile(r"^[\s>#*+\-|]*(?:\(?\d{1,2}[.)]\s|\(?[a-z][.)]\s)?")
_CELL_RULE = re.compile(r"^[\s|:\-=]*$")
_CHECKED = re.compile(r"^[\s*\-+]*(?:\[(?P<mark>[ xX✓✔]?)\]|[☐☒❌✗✘⬜◯○]|(?P<sign>[☑✅✔✓🔘◉●]))")


_PARTING = ("slash", "colon", "dash", "arrow", "open", "close", "comma", "semicolon")
_LONGEST_MARK = 3


@dataclass(frozen=True, slots=True)
class _Row:
    label: str
    number: float | None
    mark: str
    is_alone: bool


def read_listing(lines: Sequence[str], vocabulary: Vocabulary) -> tuple[list[Evidence], list[str]]:
    """Read every run of two or more lines that begin with labels, one each.

    Returns:
        What the lists say, and the lines that belong to none.
    """
    found: list[Evidence] = []
    rest: list[str] = []
    run: list[tuple[str, _Row]] = []

    def flush() -> None:
        if len(run) < 2 or len({row.label for _, row in run}) < len(run):
            rest.extend(line for line, _ in run)
        else:
            found.extend(_read_run([row for _, row in run], vocabulary))
        run.clear()

    for line in lines:
        row = None if _CELL_RULE.match(line) else _row(line, vocabulary)
        if row is None:
            if not (run and _CELL_RULE.match(line)):
                flush()
                rest.append(line)
        else:
            if any(row.label == other.label for _, other in run):
                flush()
            run.append((line, row))
    flush()
    return found, rest


def _row(line: str, vocabulary: Vocabulary) -> _Row | None:
    """A line that begins with a label, a sign behind it or nothing; None for any other."""
    checked = _CHECKED.match(line)
    body = _BULLET.sub("", line[checked.end() :] if checked else line, count=1)
    units = [
        unit
        for unit in units_of(body, vocabulary)
        if unit.is_a("yes", "no") or not unit.is_a("emphasis", "symbol", "filler")
    ]
    if not units or len(units[0].labels) != 1:
        return None
    (label,) = units[0].labels
    after = units[1:]
    if after and not after[0].is_a("yes", "no", "number", *_PARTING):
        return None
    tail = [unit for unit in after if unit.is_a("yes", "no") or not unit.is_a(*_PARTING, "stop")]
    if checked:
        is_on = (checked["mark"] or "").strip() or checked["sign"]
        return _Row(label, None, "yes" if is_on else "no", is_alone=not tail)
    is_number = bool(tail) and all(unit.is_a("number") for unit in tail)
    number = to_number(tail[0].text) if is_number else None
    return _Row(label, number, _mark(tail), is_alone=not tail)


def _mark(tail: Sequence[Unit]) -> str:
    if tail and tail[0].is_a("yes") and len(tail) <= _LONGEST_MARK:
        return "yes"
    return "no" if len(tail) == 1 and tail[0].is_a("no") else ""


def _read_run(rows: Sequence[_Row], vocabulary: Vocabulary) -> list[Evidence]:
    labels = frozenset(row.label for row in rows)
    is_whole = labels == frozenset(vocabulary.names)
    numbers = {row.label: row.number for row in rows if row.number is not None}
    if len(numbers) == len(rows):
        return _highest(numbers, vocabulary) if is_whole else []
    marked = frozenset(row.label for row in rows if row.mark == "yes")
    if marked:
        problem = "several labels" if len(marked) > 1 and not vocabulary.multi_label else ""
        return [Evidence(marked, LINE, "list", problem)]
    if is_whole or all(row.mark == "no" for row in rows):
        return []
    if vocabulary.multi_label:
        return [Evidence(labels, STATEMENT, "list")]
    is_bare = all(row.is_alone for row in rows)
    return [Evidence(labels, STATEMENT, "list", "several labels")] if is_bare else []


def read_scores(units: Sequence[Unit], vocabulary: Vocabulary) -> list[Evidence] | None:
    """A sentence that gives every label a number: "positive 60 %, neutral 30 %, negative 10 %".

    Returns:
        The label with the highest; None where the sentence is no such list of all labels.
    """
    said = [unit for unit in units if unit.labels or (unit.is_a("number") and unit.text != "%")]
    signs = sum(unit.is_a(*_PARTING, "stop", "and") or unit.text == "%" for unit in units)
    count = len(vocabulary.names)
    if len(said) != 2 * count or len(said) + signs < len(units):
        return None
    labels, numbers = said[::2], said[1::2]
    scores = {
        name: to_number(number.text)
        for label, number in zip(labels, numbers, strict=True)
        if number.is_a("number")
        for name in label.labels
    }
    return _highest(scores, vocabulary) if set(scores) == set(vocabulary.names) else None


def _highest(numbers: Mapping[str, float], vocabulary: Vocabulary) -> list[Evidence]:
    top = max(numbers.values())
    best = frozenset(label for label, number in numbers.items() if number == top)
    problem = (
        "scores, not labels" if vocabulary.multi_label else "scores tie" if len(best) > 1 else ""
    )
    return [Evidence(best, STATEMENT, "list", problem)]
