"""Annotations, norms and descriptions of items that are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.audit.finding import AffectedRow, Finding, counted
from mllmsent.audit.registry import Audit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mllmsent.data.dataset import Dataset

__all__ = ["ORPHANS"]


def check(dataset: Dataset) -> Iterator[Finding]:
    """Rows whose item the dataset does not have."""
    known = set(dataset.items["item_id"])
    rows = []
    for name in ("annotations", "norms", "descriptions"):
        table = getattr(dataset, name)
        counts = table["item_id"][~table["item_id"].isin(known)].value_counts(sort=False)
        rows += [
            AffectedRow(str(item), note=f"{count} rows in {name}") for item, count in counts.items()
        ]
    if rows:
        yield Finding(
            code="unknown-item",
            severity="warning",
            message=f"Annotated or described, and not in the dataset: {counted(len(rows), 'item')}.",
            cure="Add the items, or take the rows out.",
            effect="Those rows count nowhere.",
            rows=tuple(rows),
        )


ORPHANS = Audit("orphans", "Annotations, norms and descriptions without their item.", check)
