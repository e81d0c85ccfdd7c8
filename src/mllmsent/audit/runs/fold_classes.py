"""Classes with too few items to say anything about, and classes that some fold does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mllmsent.audit.finding import AffectedRow, Finding
from mllmsent.audit.run_registry import RunAudit
from mllmsent.audit.runs.scores import scores_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mllmsent.audit.runs.sheets import Sheet
    from mllmsent.audit.runs.tables import RunTables

__all__ = ["FOLD_CLASSES"]

TINY = 10
"""Items below which a class is tiny."""


def check(run: RunTables) -> Iterator[Finding]:
    """Classes with fewer than ten items, and those of which a fold has none, by scheme."""
    for sheets in run.by_subject().values():
        if not sheets[0].dimension:
            yield from _tiny(sheets)
            yield from _absent(sheets)


def _tiny(sheets: Sequence[Sheet]) -> Iterator[Finding]:
    scheme = sheets[0].scheme
    truth = {
        item: held
        for sheet in sheets
        for item, held, known in zip(
            sheet.items, sheet.members(sheet.truth), sheet.scored, strict=True
        )
        if known
    }
    if not truth:
        return
    counts = np.array(list(truth.values())).sum(axis=0)
    tiny = [code for code, count in enumerate(counts.tolist()) if 0 < count < TINY]
    if tiny and len(truth) >= TINY:
        said = ", ".join(f"{scheme.label_names[code]!r} ({counts[code]})" for code in tiny)
        step = 1 / min(counts[code] for code in tiny)
        yield Finding(
            code="tiny-class",
            severity="warning",
            message=f"Classes of {scheme.name} with fewer than {TINY} of {len(truth):,} items: "
            f"{said}.",
            cure="Get more items of them, merge the class by a declared conversion, or report it "
            "apart.",
            effect=f"A single answer moves its recall by {step:.2f}, and macro F1 by up to "
            f"{step / len(scheme.labels):.3f}.",
            rows=tuple(
                AffectedRow(item, note=repr(scheme.label_names[code]))
                for item, held in truth.items()
                for code in tiny
                if held[code]
            ),
        )


def _absent(sheets: Sequence[Sheet]) -> Iterator[Finding]:
    scheme = sheets[0].scheme
    absent: dict[str, list[Sheet]] = {}
    for sheet in sheets:
        folds, scored = sheet.folds, sheet.scored
        held = sheet.members(sheet.truth)
        several = np.unique(folds[folds >= 0])
        if len(several) < 2:
            continue
        for fold in several:
            lacking = held.any(axis=0) & ~held[scored & (folds == fold)].any(axis=0)
            for code in np.flatnonzero(lacking):
                absent.setdefault(f"fold {fold} has no {scheme.label_names[code]!r}", []).append(
                    sheet
                )
    if absent:
        concerned = list(dict.fromkeys(sheet for found in absent.values() for sheet in found))
        yield Finding(
            code="class-absent-from-fold",
            severity="warning",
            message=f"Folds of {scheme.name} without one of the classes: {'; '.join(absent)}.",
            cure="Divide items into folds stratified by class, or score all folds together.",
            effect=f"A mean over folds is of fewer classes there than elsewhere: {_means(concerned[0])}.",
            systems=tuple(sheet.name for sheet in concerned),
        )


def _means(sheet: Sheet) -> str:
    folds = sheet.folds
    by_fold = [scores_of(sheet.take(folds == fold)) for fold in np.unique(folds[folds >= 0])]
    mean = np.mean([one.main for one in by_fold if one.n])
    return (
        f"{sheet.name} has macro F1 {mean:.3f} as the mean over folds and "
        f"{scores_of(sheet).main:.3f} over all rows together"
    )


FOLD_CLASSES = RunAudit("fold-classes", "Tiny classes, and classes absent from a fold.", check)
