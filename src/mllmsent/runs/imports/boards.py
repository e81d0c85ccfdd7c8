"""Which imported systems can stand on one leaderboard, and what the truth is there.

Systems are compared item by item, so all systems of a board must share items with each other, and
say the same of what people said of them. A file whose ids do not belong to its rows, or that has
none, is scored by its own targets on a board of its own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.affect.scheme import Scheme
    from mllmsent.runs.imports.identities import Identified
    from mllmsent.runs.imports.sheets import Asked

__all__ = ["Board", "make_boards"]

LEAST_AGREEMENT = 0.9
"""Share of common items of which two files must have the same targets."""

LEAST_KAPPA = 0.6
"""And this much beyond chance: of two thirds in one class, shuffled ids agree in half."""


@dataclass(frozen=True, eq=False)
class Board:
    """Systems that can be held against each other.

    Attributes:
        asked: What they answered in.
        scheme: The same as a scheme of the run, by a name of its own.
        sheets: Their sheets.
        targets: Item to what people said: what most files have.
        contradicted: Items of which files say different things.
        is_apart: Whether these systems could not stand on the main board of what was asked.
    """

    asked: Asked
    scheme: Scheme
    sheets: Sequence[Identified]
    targets: Mapping[str, str]
    contradicted: Sequence[str]
    is_apart: bool


def make_boards(sheets: Sequence[Identified]) -> list[Board]:
    """Put systems onto boards: the main one of each thing that was asked, then those apart."""
    by_asked: dict[str, dict[str, list[Identified]]] = defaultdict(lambda: defaultdict(list))
    for each in sheets:
        sheet = each.read.sheet
        by_asked[sheet.asked.name][sheet.system.system_id].append(each)
    boards = []
    for systems in by_asked.values():
        groups = sorted(_grouped(list(systems.values())), key=_weight, reverse=True)
        for number, group in enumerate(groups, start=1):
            boards.append(_board([each for own in group for each in own], number))
    return boards


def _weight(group: Sequence[Sequence[Identified]]) -> tuple[int, int]:
    """More systems with ids of their own make a board the main one, then more items."""
    with_ids = sum(any("row" not in each.id_from for each in own) for own in group)
    return with_ids, len({item for own in group for each in own for item in each.items})


def _grouped(systems: Sequence[list[Identified]]) -> list[list[list[Identified]]]:
    """Groups in which every two systems share items and agree on what people said of them."""
    said = [_said(own) for own in systems]
    groups: list[list[int]] = []
    # Those with most items first: what has a single fold then joins what has all of them.
    for one in sorted(range(len(systems)), key=lambda index: -len(said[index])):
        for group in groups:
            if all(_agree(said[one], said[other]) for other in group):
                group.append(one)
                break
        else:
            groups.append([one])
    return [[systems[index] for index in sorted(group)] for group in groups]


def _said(own: Sequence[Identified]) -> dict[str, str | None]:
    """Item to what the files of one system say people said."""
    said: dict[str, str | None] = {}
    for each in own:
        for item, target in zip(each.items, each.read.targets, strict=True):
            if said.get(item) is None:
                said[item] = target
    return said


def _agree(one: Mapping[str, str | None], other: Mapping[str, str | None]) -> bool:
    shared = one.keys() & other.keys()
    pairs = Counter(
        (first, second)
        for item in shared
        if (first := one[item]) is not None and (second := other[item]) is not None
    )
    total = pairs.total()
    if not total:
        return bool(shared)
    agreement = sum(count for (first, second), count in pairs.items() if first == second) / total
    if agreement < LEAST_AGREEMENT:
        return False
    firsts, seconds = Counter[str](), Counter[str]()
    for (first, second), count in pairs.items():
        firsts[first] += count
        seconds[second] += count
    by_chance = sum(firsts[label] * seconds[label] for label in firsts) / total**2
    return agreement == 1 or (agreement - by_chance) / (1 - by_chance) >= LEAST_KAPPA


def _board(sheets: Sequence[Identified], number: int) -> Board:
    said: dict[str, Counter[str]] = defaultdict(Counter)
    for each in sheets:
        for item, target in zip(each.items, each.read.targets, strict=True):
            if target is not None:
                said[item][target] += 1
    asked = sheets[0].read.sheet.asked
    scheme = asked.in_run()
    if number > 1:
        scheme = replace(
            scheme, name=f"{scheme.name}-apart-{number}", title=f"{scheme.title} (apart, {number})"
        )
    return Board(
        asked=asked,
        scheme=scheme,
        sheets=sheets,
        # Of equally many, the first that was read.
        targets={item: counts.most_common(1)[0][0] for item, counts in said.items()},
        contradicted=[item for item, counts in said.items() if len(counts) > 1],
        is_apart=number > 1,
    )
