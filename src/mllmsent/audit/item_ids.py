"""Ids that stand for two items, or that two programs will take for one."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from mllmsent.audit.finding import AffectedRow, Finding, counted
from mllmsent.audit.registry import Audit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mllmsent.data.dataset import Dataset

__all__ = ["ITEM_IDS"]


def check(dataset: Dataset) -> Iterator[Finding]:
    """Ids that stand twice, and ids that differ only in case, spaces or Unicode form."""
    ids = [str(item) for item in dataset.items["item_id"]]
    seen: dict[str, int] = {}
    twice = []
    for row, item in enumerate(ids, 1):
        if item in seen:
            twice.append(AffectedRow(item, row=row, note=f"stands first in row {seen[item]}"))
        seen.setdefault(item, row)
    if twice:
        yield Finding(
            code="duplicate-id",
            severity="error",
            message=f"{counted(len(twice), 'row')} of the items' table: the id is another row's.",
            cure="Keep one row per item, or give each its own id.",
            effect="Annotations and answers of one are counted for the other.",
            rows=tuple(twice),
        )
    first: dict[str, str] = {}
    confusable = []
    for item in seen:
        other = first.setdefault(_plain(item), item)
        if other != item:
            confusable.append(AffectedRow(item, note=f"reads like {other!r}"))
    if confusable:
        yield Finding(
            code="confusable-ids",
            severity="warning",
            message=f"{counted(len(confusable), 'id')} unlike another only in case, spaces or Unicode form.",
            cure="Make sure that they are different items, and rename one of each.",
            effect="One item counts twice, or its annotations are spread over two.",
            rows=tuple(confusable),
        )


def _plain(item: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", item).casefold().split())


ITEM_IDS = Audit("item-ids", "Ids that stand twice or are easily confused.", check)
