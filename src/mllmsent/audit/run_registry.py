"""The audits of runs there are, and running them over a run, one's own or imported.

An audit of a run looks for one kind of fault in what systems answered, were said to have answered,
or were scored. A new one is one module with a `RunAudit` and one line in `RUN_AUDITS`, or, in
another package, an entry point in the group `mllmsent.run_audits` that names a `RunAudit`. What a
run does not have (descriptions, claims, training curves) it is silent about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.audit.runs.tables import RunTables, tables_of
from mllmsent.foundation import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mllmsent.audit.finding import Finding
    from mllmsent.runs.folder import RunFolder

__all__ = ["RUN_AUDITS", "RunAudit", "audit_run", "run_audit_names"]

_ORDER = {"error": 0, "warning": 1, "info": 2}


@dataclass(frozen=True, slots=True)
class RunAudit:
    """A check of a run for one kind of fault.

    Attributes:
        name: As it is asked for: "permuted-labels".
        description: What it looks for, in one sentence.
        check: From the tables of a run to findings; where the fault is a system's own and its
            number differs from system to system, one finding for each system.
    """

    name: str
    description: str
    check: Callable[[RunTables], Iterable[Finding]]


_ROOM = "mllmsent.audit.runs"

RUN_AUDITS: Registry[RunAudit] = Registry(
    kind="audit of runs",
    builtin={
        "shuffled-ids": f"{_ROOM}.shuffled_ids:SHUFFLED_IDS",
        "permuted-targets": f"{_ROOM}.permuted_targets:PERMUTED_TARGETS",
        "contradictory-targets": f"{_ROOM}.contradictory_targets:CONTRADICTORY_TARGETS",
        "foreign-texts": f"{_ROOM}.foreign_texts:FOREIGN_TEXTS",
        "permuted-labels": f"{_ROOM}.permuted_labels:PERMUTED_LABELS",
        "misread-scales": f"{_ROOM}.misread_scales:MISREAD_SCALES",
        "constant-answers": f"{_ROOM}.constant_answers:CONSTANT_ANSWERS",
        "copied-descriptions": f"{_ROOM}.copied_descriptions:COPIED_DESCRIPTIONS",
        "describer-style": f"{_ROOM}.describer_style:DESCRIBER_STYLE",
        "truncated-descriptions": f"{_ROOM}.truncated_descriptions:TRUNCATED_DESCRIPTIONS",
        "texts-across-folds": f"{_ROOM}.texts_across_folds:TEXTS_ACROSS_FOLDS",
        "images-across-folds": f"{_ROOM}.images_across_folds:IMAGES_ACROSS_FOLDS",
        "missing-items": f"{_ROOM}.missing_items:MISSING_ITEMS",
        "repeated-items": f"{_ROOM}.repeated_items:REPEATED_ITEMS",
        "outside-scheme": f"{_ROOM}.outside_scheme:OUTSIDE_SCHEME",
        "outside-scale": f"{_ROOM}.outside_scale:OUTSIDE_SCALE",
        "fold-classes": f"{_ROOM}.fold_classes:FOLD_CLASSES",
        "claims": f"{_ROOM}.claims:CLAIMS",
        "claimed-intervals": f"{_ROOM}.claimed_intervals:CLAIMED_INTERVALS",
        "selection": f"{_ROOM}.selection:SELECTION",
        "unreadable-answers": f"{_ROOM}.unreadable_answers:UNREADABLE_ANSWERS",
    },
    group="mllmsent.run_audits",
)


def run_audit_names() -> tuple[str, ...]:
    """The names of all audits of runs, built-in first."""
    return RUN_AUDITS.names()


def audit_run(run: RunFolder | RunTables, *, only: Iterable[str] | None = None) -> list[Finding]:
    """Look for every known fault of a run.

    Args:
        run: From `open_folder`, or its tables.
        only: Names of the audits to run; None for all.

    Returns:
        Findings, the gravest first; empty where nothing is wrong.

    Raises:
        InputError: If there is no audit of a name in `only` (the message offers the nearest), or
            a table of the run cannot be read.
    """
    tables = run if isinstance(run, RunTables) else tables_of(run)
    names = run_audit_names() if only is None else tuple(only)
    audits = [RUN_AUDITS.get(name) for name in names]
    findings = [finding for audit in audits for finding in audit.check(tables)]
    return sorted(findings, key=lambda finding: (_ORDER[finding.severity], finding.code))
