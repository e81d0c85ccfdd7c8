"""Items whose votes name no winner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.audit.finding import AffectedRow, Finding, counted
from mllmsent.audit.item_labels import single_votes
from mllmsent.audit.registry import Audit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mllmsent.data.dataset import Dataset

__all__ = ["TIES"]


def check(dataset: Dataset) -> Iterator[Finding]:
    """Items with two or more labels at the top of their votes."""
    votes = single_votes(dataset)
    if not len(votes):
        return
    counts = (
        votes.groupby(["item_id", "scheme", "label"], sort=False).size().rename("n").reset_index()
    )
    best = counts.groupby(["item_id", "scheme"], sort=False)["n"].transform("max")
    top = counts[counts["n"] == best]
    tied = top[top.duplicated(["item_id", "scheme"], keep=False)]
    if not len(tied):
        return
    rows = []
    for (item, scheme), labels in tied.groupby(["item_id", "scheme"], sort=False):
        shown = " and ".join(f"{label!r}" for label in labels["label"])
        rows.append(
            AffectedRow(str(item), note=f"{scheme}: {shown}, {labels['n'].iloc[0]} votes each")
        )
    share = len(rows) / votes.drop_duplicates(["item_id", "scheme"]).shape[0]
    yield Finding(
        code="ties",
        severity="info",
        message=f"{counted(len(rows), 'item')} ({share:.0%}) without a single most frequent label.",
        cure="Set `min_agreement`, or score against the votes' distribution.",
        effect="They have no majority label: scores of labels are of the other items, the easier ones.",
        rows=tuple(rows),
    )


TIES = Audit("ties", "Items whose votes name no winner.", check)
