"""One picture under several items: the same file, byte by byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.audit.copies import apart
from mllmsent.audit.finding import Finding, counted
from mllmsent.audit.registry import Audit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mllmsent.data.dataset import Dataset

__all__ = ["DUPLICATE_IMAGES"]


def check(dataset: Dataset) -> Iterator[Finding]:
    """Items of different groups, or of none, whose files are the same."""
    items = dataset.items.reset_index(drop=True)
    same = items[items["sha256"].notna()].groupby("sha256", sort=False).indices
    positions = items.index[items["sha256"].notna()]
    found = apart(
        items,
        [[int(positions[at]) for at in rows] for rows in same.values() if len(rows) > 1],
        "the same file as",
    )
    if found.rows:
        yield Finding(
            code="duplicate-images",
            severity=found.severity,
            message=f"{len(found.rows)} items show only {counted(found.clusters, 'picture')}.",
            cure="Keep one item per picture, or give its items the same `group`.",
            effect="A picture learned in one fold is tested in another: scores are too high, and "
            "intervals too narrow.",
            rows=found.rows,
        )


DUPLICATE_IMAGES = Audit("duplicate-images", "One picture under several items.", check)
