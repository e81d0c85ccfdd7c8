"""Groups whose items stand on both sides of the dataset's own split."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.audit.finding import AffectedRow, Finding, counted
from mllmsent.audit.registry import Audit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mllmsent.data.dataset import Dataset

__all__ = ["GROUP_LEAKS"]


def check(dataset: Dataset) -> Iterator[Finding]:
    """Groups that the dataset's split column tears apart."""
    items = dataset.items[dataset.items["group"].notna() & dataset.items["split"].notna()]
    torn = items.groupby("group")["split"].transform("nunique") > 1
    if torn.any():
        rows = items[torn]
        yield Finding(
            code="group-across-splits",
            severity="error",
            message=f"{counted(rows['group'].nunique(), 'group')} with items in more than one split.",
            cure="Keep each group in one split, or split by group here (grouped folds).",
            effect="What is learned from an item is tested on its sibling: scores are too high.",
            rows=tuple(
                AffectedRow(str(item), note=f"group {group!r}, split {split!r}")
                for item, group, split in zip(
                    rows["item_id"], rows["group"], rows["split"], strict=True
                )
            ),
        )


GROUP_LEAKS = Audit("leaks", "Groups torn apart by the dataset's own split.", check)
