"""Items that some systems answered and others did not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mllmsent.audit.finding import AffectedRow, Finding, counted
from mllmsent.audit.run_registry import RunAudit
from mllmsent.audit.runs.scores import change, scores_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mllmsent.audit.runs.sheets import Sheet
    from mllmsent.audit.runs.tables import RunTables

__all__ = ["MISSING_ITEMS"]


def check(run: RunTables) -> Iterator[Finding]:
    """For each scheme, the items with a target that some system has no row for."""
    for every in run.by_scheme().values():
        # Rows that do not say what they are about are neither missing nor there.
        sheets = [sheet for sheet in every if sheet.known.all()]
        if len(sheets) > 1:
            yield from _in_scheme(sheets)


def _in_scheme(sheets: Sequence[Sheet]) -> Iterator[Finding]:
    # What nobody has a target for is not scored, and need not be answered.
    every = {
        item for sheet in sheets for item, has in zip(sheet.items, sheet.scored, strict=True) if has
    }
    own = [every.intersection(sheet.items) for sheet in sheets]
    common = set.intersection(*own)
    lacking = [(sheet, every - items) for sheet, items in zip(sheets, own, strict=True)]
    lacking = [(sheet, items) for sheet, items in lacking if items]
    if not lacking:
        return
    rows = [
        AffectedRow(item, note=f"not answered by {sheet.name}{_fold(sheets, sheet, item)}")
        for sheet, items in lacking
        for item in sorted(items)
    ]
    effect = "Scores are of different items, and paired tests of those that both systems have"
    moved = []
    for sheet in sheets:
        inside = sheet.rows["item_id"].isin(common).to_numpy()
        if inside.any() and not inside.all():
            before, after = scores_of(sheet), scores_of(sheet.take(inside))
            told = f"{sheet.name}'s {change(before, after)}"
            moved.append((abs(after.macro_f1 - before.macro_f1), told))
    if moved:
        effect += f"; on the {len(common):,} items that all have, {max(moved)[1]}"
    yield Finding(
        code="missing-items",
        severity="warning",
        message=f"{counted(len(every - common), 'item')} of {len(every):,} in "
        f"{sheets[0].scheme.name} not answered by every system; "
        f"{max(lacking, key=lambda one: len(one[1]))[0].name} lacks most "
        f"({max(len(items) for _, items in lacking):,}).",
        cure="Get the missing answers, or compare systems on the items that all of them have.",
        effect=f"{effect}.",
        rows=tuple(rows),
        systems=tuple(sheet.name for sheet, _ in lacking),
    )


def _fold(sheets: Sequence[Sheet], sheet: Sheet, item: str) -> str:
    """The fold of a missing item, where the system lacks that fold altogether."""
    present = set(sheet.folds.tolist())
    for other in sheets:
        at = np.flatnonzero((other.rows["item_id"] == item).to_numpy())
        if len(at):
            fold = int(other.folds[at[0]])
            return (
                f", which has nothing of fold {fold}" if fold not in present and fold >= 0 else ""
            )
    return ""


MISSING_ITEMS = RunAudit("missing-items", "Items that not every system answered.", check)
