"""The audits there are, and running them over a dataset.

An audit looks for one kind of fault. A new one is one module with an `Audit` and one line in
`AUDITS`, or, in another package, an entry point in the group `mllmsent.audits` that names an
`Audit`. It must stay silent on sound data: a false alarm costs as much trust as a missed fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.foundation import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mllmsent.audit.finding import Finding
    from mllmsent.data.dataset import Dataset

__all__ = ["AUDITS", "Audit", "audit_dataset", "audit_names"]

_ORDER = {"error": 0, "warning": 1, "info": 2}


@dataclass(frozen=True, slots=True)
class Audit:
    """A check for one kind of fault.

    Attributes:
        name: As it is asked for: "near-duplicates".
        description: What it looks for, in one sentence.
        check: From a dataset to findings, one per code.
    """

    name: str
    description: str
    check: Callable[[Dataset], Iterable[Finding]]


AUDITS: Registry[Audit] = Registry(
    kind="audit",
    builtin={
        "reading": "mllmsent.audit.reading:READING",
        "declarations": "mllmsent.audit.declarations:DECLARATIONS",
        "item-ids": "mllmsent.audit.item_ids:ITEM_IDS",
        "orphans": "mllmsent.audit.orphans:ORPHANS",
        "out-of-scheme": "mllmsent.audit.out_of_scheme:OUT_OF_SCHEME",
        "impossible-norms": "mllmsent.audit.impossible_norms:IMPOSSIBLE_NORMS",
        "duplicate-images": "mllmsent.audit.duplicate_images:DUPLICATE_IMAGES",
        "near-duplicate-images": "mllmsent.audit.near_duplicate_images:NEAR_DUPLICATE_IMAGES",
        "leaks": "mllmsent.audit.group_leaks:GROUP_LEAKS",
        "contradictions": "mllmsent.audit.contradictions:CONTRADICTIONS",
        "coverage": "mllmsent.audit.annotation_coverage:ANNOTATION_COVERAGE",
        "ties": "mllmsent.audit.ties:TIES",
        "class-sizes": "mllmsent.audit.class_sizes:CLASS_SIZES",
        "constant-annotators": "mllmsent.audit.constant_annotators:CONSTANT_ANNOTATORS",
        "unrelated-annotators": "mllmsent.audit.unrelated_annotators:UNRELATED_ANNOTATORS",
        "texts": "mllmsent.audit.texts:TEXTS",
    },
    group="mllmsent.audits",
)


def audit_names() -> tuple[str, ...]:
    """The names of all audits, built-in first."""
    return AUDITS.names()


def audit_dataset(dataset: Dataset, *, only: Iterable[str] | None = None) -> list[Finding]:
    """Look for every known fault of a dataset.

    Args:
        dataset: From `load_dataset`.
        only: Names of the audits to run; None for all.

    Returns:
        Findings, the gravest first; empty where nothing is wrong.

    Raises:
        InputError: If there is no audit of a name in `only`; the message offers the nearest.
    """
    names = audit_names() if only is None else tuple(only)
    audits = [AUDITS.get(name) for name in names]
    findings = [finding for audit in audits for finding in audit.check(dataset)]
    return sorted(findings, key=lambda finding: (_ORDER[finding.severity], finding.code))
