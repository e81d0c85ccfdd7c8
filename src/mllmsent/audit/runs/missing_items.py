"""Items that some systems answered and others did not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mllmsent.audit.finding import AffectedRow, Finding, counted
from mllmsent.audit.run_registry import RunAudit
from mllmsent.audit.runs.scores import change, scores_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mllmsent.audit.runs.sheets import Sheet
    from mllmsent.audit.runs.tables import RunTables

__all__ = ["MISSING_ITEMS"]


def check(run: RunTables) -> Iterator[Finding]:
    """For each scheme, the items with a target that some system has no row for."""
    by_scheme: dict[str, list[Sheet]] = {}
    for sheet in run.sheets:
        # One answer holds all dimensions; rows that do not say what they are about are neither
        # missing nor there.
        if sheet.dimension in {"", *sheet.scheme.dimension_names[:1]} and sheet.known.all():
            by_scheme.setdefault(sheet.scheme.name, []).append(sheet)
    for sheets in by_scheme.values():
        if len(sheets) > 1:
            yield from _in_scheme(sheets)
    yield from _whole_schemes(run, by_scheme)


def _whole_schemes(run: RunTables, by_scheme: Mapping[str, Sequence[Sheet]]) -> Iterator[Finding]:
    """Systems without a row in a scheme in which they should have some.

    In a study that is so where they were asked and nothing came; in files, where most systems have
    the scheme and this one shares another scheme with them.
    """
    asked = run.table("predictions")
    pairs = set(zip(asked["system_id"], asked["scheme"], strict=True)) if len(asked) else set()
    own = {
        scheme: {sheet.system_id: sheet for sheet in sheets} for scheme, sheets in by_scheme.items()
    }
    every = list(
        dict.fromkeys(sheet.system_id for sheets in by_scheme.values() for sheet in sheets)
    )
    there = {(sheet.system_id, sheet.scheme.name) for sheet in run.sheets}
    for scheme, sheets in by_scheme.items():
        for system in every:
            if (system, scheme) in there:
                continue
            shared = any(
                system in others and len(others.keys() & own[scheme].keys()) > len(every) / 2
                for name, others in own.items()
                if name != scheme
            )
            if shared if run.is_imported else (system, scheme) in pairs:
                yield _without_rows(run.names[system], sheets)


def _without_rows(system: str, sheets: Sequence[Sheet]) -> Finding:
    items = sorted(_with_target(sheets))
    scheme = sheets[0].scheme.name
    return Finding(
        code="missing-items",
        severity="warning",
        message=f"{system} has no answer at all in {scheme}, where {counted(len(sheets), 'system')} "
        f"{'has' if len(sheets) == 1 else 'have'} answers to {counted(len(items), 'item')}.",
        cure="Get its answers, or say that it was not run there.",
        effect=f"It has no score in {scheme}: what is averaged over schemes is of fewer for it than "
        "for the others.",
        rows=tuple(AffectedRow(item, note=f"not answered by {system}") for item in items),
        systems=(system,),
    )


def _with_target(sheets: Sequence[Sheet]) -> set[str]:
    """The items that some sheet has a target for: what nobody has one for need not be answered."""
    return {
        item for sheet in sheets for item, has in zip(sheet.items, sheet.scored, strict=True) if has
    }


def _in_scheme(sheets: Sequence[Sheet]) -> Iterator[Finding]:
    every = _with_target(sheets)
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
            moved.append((abs(after.main - before.main), told))
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
