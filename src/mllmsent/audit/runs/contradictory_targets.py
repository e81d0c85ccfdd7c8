"""One item with several labels: across files, within a file, or at different agreement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mllmsent.audit.finding import AffectedRow, Finding, counted
from mllmsent.audit.run_registry import RunAudit
from mllmsent.audit.runs.consensus import consensus_of
from mllmsent.audit.runs.scores import change, scores_of
from mllmsent.audit.runs.sheets import UNREAD
from mllmsent.audit.runs.target_comparison import compared

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mllmsent.audit.runs.sheets import Sheet
    from mllmsent.audit.runs.tables import RunTables

__all__ = ["CONTRADICTORY_TARGETS"]

_KEY = ["item_id", "scheme", "annotator_group"]


def check(run: RunTables) -> Iterator[Finding]:
    """Items whose label depends on where one reads it."""
    if not run.is_imported:
        yield from _in_targets(run)
        return
    comparisons = compared(run)
    for subject, sheets in run.by_subject().items():
        # Whole folds that are shuffled or recoded are faults of their own, with their own cure.
        clean = [
            one.sheet.take(
                np.setdiff1d(np.arange(len(one.others)), one.rows("unrelated", "recoded"))
            )
            for one in comparisons.get(subject, ())
        ] or sheets
        yield from _across(clean)


def _across(sheets: Sequence[Sheet]) -> Iterator[Finding]:
    consensus = consensus_of(sheets)
    contested = [consensus.contested(sheet) & sheet.scored for sheet in sheets]
    if not any(rows.any() for rows in contested):
        return
    rows: list[AffectedRow] = []
    systems: list[str] = []
    largest = (-1.0, "")
    for sheet, odd in zip(sheets, contested, strict=True):
        rows += [
            sheet.affected(int(at), f"{sheet.label(int(sheet.truth[at]))} in {sheet.name}")
            for at in np.flatnonzero(odd)
        ]
        most = consensus.most(sheet)
        truth = np.where(odd & (most != UNREAD), most, sheet.truth)
        if (truth != sheet.truth).any():
            systems.append(sheet.name)
            before, after = scores_of(sheet), scores_of(sheet.with_truth(truth))
            moved = abs(after.main - before.main)
            largest = max(largest, (moved, f"{sheet.name}'s {change(before, after)}"))
    effect = (
        "Which label counts depends on the file, and systems are scored against different truths"
    )
    if largest[1]:
        effect += f"; with the label that most files have, {largest[1]}"
    rows.sort(key=lambda row: str(row.item_id))
    n_items = len({row.item_id for row in rows})
    yield Finding(
        code="contradictory-targets",
        severity="error",
        message=f"{counted(n_items, 'item')} with more than one label in {sheets[0].subject}, by "
        "file or within one.",
        cure="Find out which label is right, and write it into every file.",
        effect=f"{effect}.",
        rows=tuple(rows),
        systems=tuple(systems or [sheet.name for sheet in sheets]),
    )


def _in_targets(run: RunTables) -> Iterator[Finding]:
    targets = run.table("targets")
    labeled = targets[targets["label"].notna()]
    several = labeled[labeled.groupby(_KEY, sort=False)["label"].transform("nunique") > 1]
    if not len(several):
        return
    rows = [
        AffectedRow(str(key[0]), note=f"{key[1]}: " + " and ".join(map(repr, set(found["label"]))))
        for key, found in several.groupby(_KEY, sort=False)
    ]
    yield Finding(
        code="contradictory-targets",
        severity="error",
        message=f"{counted(len(rows), 'item')} with more than one label in one scheme.",
        cure="Find out which is right; at different `min_agreement` a label must be the same.",
        effect="Which label counts depends on which row is read last.",
        rows=tuple(rows),
    )


CONTRADICTORY_TARGETS = RunAudit(
    "contradictory-targets", "Items with more than one label, by file or within one.", check
)
