"""Lists and tables of labels: the one that is marked, a number or a yes for each, or a mere echo."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.affect.reading.evidence import LINE, STATEMENT, Evidence
from mllmsent.affect.reading.units import units_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mllmsent.affect.reading.vocabulary import Vocabulary

__all__ = ["read_listing"]

_BULLET = re.compile(r"^[\s>#*+\-|]*(?:\(?\d{1,2}[.)]\s|\(?[a-z][.)]\s)?")
_CELL_RULE = re.compile(r"^[\s|:\-=]*$")
_CHECKED = re.compile(r"^[\s*\-+]*(?:\[(?P<mark>[ xX✓✔]?)\]|[☐☒❌✗✘⬜◯○]|(?P<sign>[☑✅✔✓🔘◉●]))")


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
    checked = _CHECKED.match(line)
    body = _BULLET.sub("", line[checked.end() :] if checked else line, count=1)
    units = [
        unit
        for unit in units_of(body, vocabulary)
        if unit.is_a("yes", "no") or not unit.is_a("emphasis", "symbol", "filler")
    ]
    if not units or len(units[0].labels) != 1:
        return None
    after = units[1:]
    while (
        after
        and after[0].is_a("slash", "colon", "dash", "arrow", "open", "close", "comma")
        and not after[0].is_a("yes")
    ):
        after = after[1:]
    if after and len(units) - len(after) == 1 and not after[0].is_a("yes", "no", "number"):
        return None
    tail = [unit for unit in after if not unit.is_a("slash", "open", "close", "stop")]
    number = None
    mark = ""
    if checked:
        mark = "yes" if (checked["mark"] or "").strip() or checked["sign"] else "no"
    if tail and tail[0].is_a("number") and all(unit.is_a("number") for unit in tail):
        number = float(tail[0].text.replace(",", "."))
    elif tail and tail[0].is_a("yes") and len(tail) <= 3:
        mark = "yes"
    elif tail and tail[0].is_a("no") and len(tail) == 1:
        mark = "no"
    (label,) = units[0].labels
    return _Row(label, number, mark, is_alone=not tail)


def _read_run(rows: Sequence[_Row], vocabulary: Vocabulary) -> list[Evidence]:
    labels = frozenset(row.label for row in rows)
    numbers = {row.label: row.number for row in rows if row.number is not None}
    marked = frozenset(row.label for row in rows if row.mark == "yes")
    if len(numbers) == len(rows):
        if labels != frozenset(vocabulary.names):
            return []
        return _highest(numbers, vocabulary)
    if marked:
        if len(marked) == 1 or vocabulary.multi_label:
            return [Evidence(marked, LINE, "list")]
        return [Evidence(marked, LINE, "list", "several labels")]
    if all(row.mark == "no" for row in rows) or labels == frozenset(vocabulary.names):
        return []
    if vocabulary.multi_label:
        return [Evidence(labels, STATEMENT, "list")]
    return (
        [Evidence(labels, STATEMENT, "list", "several labels")]
        if all(r.is_alone for r in rows)
        else []
    )


def _highest(numbers: dict[str, float], vocabulary: Vocabulary) -> list[Evidence]:
    top = max(numbers.values())
    best = frozenset(label for label, number in numbers.items() if number == top)
    if vocabulary.multi_label or len(best) > 1:
        return [Evidence(best, STATEMENT, "list", "scores, not labels")]
    return [Evidence(best, STATEMENT, "list")]
