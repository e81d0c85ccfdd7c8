"""Items that one file, or one system's files, have more than once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mllmsent.audit.finding import Finding, counted
from mllmsent.audit.run_registry import RunAudit
from mllmsent.audit.runs.scores import change, scores_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mllmsent.audit.runs.sheets import Sheet
    from mllmsent.audit.runs.tables import RunTables

__all__ = ["REPEATED_ITEMS"]


def check(run: RunTables) -> Iterator[Finding]:
    """Systems with several rows for one item of a scheme; in several folds they were trained on it."""
    if not run.is_imported:
        return  # the key of table `predictions` does not let it happen
    for sheet in run.sheets:
        found = _finding(sheet)
        if found is not None:
            yield found


def _finding(sheet: Sheet) -> Finding | None:
    again = sheet.rows.duplicated("item_id", keep=False).to_numpy()
    if not again.any():
        return None
    rows = sheet.rows[again]
    in_folds = rows.groupby("item_id")["fold"].nunique()
    torn = {str(item) for item in in_folds[in_folds > 1].index}
    first = ~sheet.rows.duplicated("item_id").to_numpy()
    n_items = rows["item_id"].nunique()
    leak = (
        f", {counted(len(torn), 'item')} of them in several folds: trained on and tested"
        if torn and sheet.trained
        else ""
    )
    times = sheet.rows["item_id"].value_counts()
    # Every item as often as every other, and nothing trained: the same was asked several times.
    as_repeats = not leak and times.nunique() == 1 and len(times) > 1
    often = f"each of its {len(times):,} items of {sheet.subject} {times.iloc[0]} times"
    return Finding(
        code="repeated-items",
        severity="error" if leak else "info" if as_repeats else "warning",
        message=f"{sheet.name} has {often}: repeated answers, by the look of it."
        if as_repeats
        else f"{sheet.name} has {counted(n_items, 'item')} of {sheet.subject} more than once{leak}.",
        cure="If they are repeats, import each as a system of its own, or one row per item."
        if as_repeats
        else "Keep one row per item, and find out where the others come from.",
        effect="These items count several times; with the first row of each, "
        f"{change(scores_of(sheet), scores_of(sheet.take(first)))}.",
        rows=tuple(
            sheet.affected(int(at), f"fold {sheet.folds[at]}" if sheet.folds[at] >= 0 else "")
            for at in np.flatnonzero(again)
        ),
        systems=(sheet.name,),
    )


REPEATED_ITEMS = RunAudit("repeated-items", "Items that a system has several times.", check)
