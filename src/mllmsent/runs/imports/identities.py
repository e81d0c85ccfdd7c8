"""Which item each imported row is about, where its file says it and where it does not.

An id in the file is the item's. A row without one has the id of a row with the same text by the same
describer. A file without any has the ids of a file of the same fold whose targets are the same in
the same order, if that cannot be chance. What is left is named by its place, and the name holds a
digest of the order: two files share such names only if their orders are shown to be one.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.foundation.digest import json_digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.runs.imports.labels import ReadSheet

__all__ = ["Identified", "identify"]

MOST_LIKELY_CHANCE = 1e-9
"""Two orders of targets that are equal with a greater probability prove nothing."""

SHORTEST_TEXT = 20
"""Characters; a shorter description could be of many pictures."""

_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, eq=False)
class Identified:
    """A sheet whose rows are about known items, or named by their place.

    Attributes:
        read: The sheet.
        items: The item of each row.
        id_from: How it was found: "file", "text", "order" or "row".
    """

    read: ReadSheet
    items: Sequence[str]
    id_from: Sequence[str]


def identify(sheets: Sequence[ReadSheet]) -> list[Identified]:
    """Find the item of every row.

    Args:
        sheets: All that is imported together: one file's ids serve another.
    """
    texts = _ids_of_texts(sheets)
    orders = _ids_of_orders(sheets)
    return [_identify(each, texts, orders) for each in sheets]


def _identify(
    read: ReadSheet,
    texts: Mapping[tuple[str, str], str],
    orders: Mapping[tuple[str, int | None, str], tuple[str, ...]],
) -> Identified:
    sheet = read.sheet
    items: list[str | None] = list(sheet.ids)
    id_from = ["file" if item is not None else "" for item in items]
    if all(id_from):
        return Identified(read, [str(item) for item in items], id_from)
    for row, text in enumerate(sheet.texts):
        if items[row] is None and text is not None:
            found = texts.get((sheet.system.model, _spelled(text)))
            if found is not None:
                items[row], id_from[row] = found, "text"
    if not all(id_from) and "file" not in id_from and _tells(read.targets):
        key = (sheet.asked.name, sheet.fold, _order(read.targets))
        for row, there in enumerate(orders.get(key, ())):
            # What the text said is not contradicted by the place.
            if items[row] is None:
                items[row], id_from[row] = there, "order"
    order = _place_name(read)
    for row, item in enumerate(items):
        if item is None:
            items[row], id_from[row] = f"{order}/row{row + 1}", "row"
    return Identified(read, [str(item) for item in items], id_from)


def _ids_of_texts(sheets: Sequence[ReadSheet]) -> dict[tuple[str, str], str]:
    """Describer and text to the id that most files give it; not where two are given equally."""
    said: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for read in sheets:
        sheet = read.sheet
        for item, text in zip(sheet.ids, sheet.texts, strict=True):
            if item is not None and text is not None and len(text) >= SHORTEST_TEXT:
                said[sheet.system.model, _spelled(text)][item] += 1
    found = {}
    for key, counts in said.items():
        first, *others = counts.most_common(2)
        if not others or first[1] > others[0][1]:
            found[key] = first[0]
    return found


def _ids_of_orders(
    sheets: Sequence[ReadSheet],
) -> dict[tuple[str, int | None, str], tuple[str, ...]]:
    """What was asked, fold and order of targets to the ids in that order, as most files have them."""
    said: dict[tuple[str, int | None, str], Counter[tuple[str, ...]]] = defaultdict(Counter)
    for read in sheets:
        sheet = read.sheet
        ids = tuple(item for item in sheet.ids if item is not None)
        if len(ids) == len(sheet) and _tells(read.targets):
            said[sheet.asked.name, sheet.fold, _order(read.targets)][ids] += 1
    return {key: counts.most_common(1)[0][0] for key, counts in said.items()}


def _place_name(read: ReadSheet) -> str:
    """What names of places begin with: equal for two sheets only if they are in one order."""
    sheet = read.sheet
    order = _order(read.targets)
    if not _tells(read.targets):
        order = json_digest([order, sheet.system.system_id, sheet.name, sheet.file], length=8)
    fold = "" if sheet.fold is None else f"/fold{sheet.fold}"
    return f"{sheet.asked.name}{fold}/{order}"


def _order(targets: Sequence[str | None]) -> str:
    return json_digest(list(targets), length=8)


def _tells(targets: Sequence[str | None]) -> bool:
    """Whether equal targets in equal order cannot be chance."""
    if not targets or None in targets:
        return False
    shares = [count / len(targets) for count in Counter(targets).values()]
    by_chance = len(targets) * math.log10(sum(share * share for share in shares))
    return by_chance < math.log10(MOST_LIKELY_CHANCE)


def _spelled(text: str) -> str:
    return _SPACES.sub(" ", text).strip()
