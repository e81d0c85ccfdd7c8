"""Findings: what an audit says, in a form that a person and a program can act on."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mllmsent.data.image_faults import Severity

__all__ = ["AffectedRow", "Finding", "counted"]


@dataclass(frozen=True, slots=True)
class AffectedRow:
    """One row that a finding is about; what is unknown or does not apply is None.

    Attributes:
        item_id: The item.
        file: The file at fault: a table, or the item's image, relative to the dataset's folder.
        row: Line of that file, counted from 1.
        annotator_id: The annotator, where the fault is one person's.
        note: What is the case in this row: "same picture as 'a12'".
    """

    item_id: str | None = None
    file: str | None = None
    row: int | None = None
    annotator_id: str | None = None
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The same as plain JSON, without what is unknown."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value not in {None, ""}}


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of fault, with every row that has it.

    Attributes:
        code: Stable short name: "duplicate-images".
        severity: "error": numbers had from this are wrong or cannot be had. "warning": they will
            probably mislead. "info": a fact that a reader of the numbers should know.
        message: What is the case, in one sentence.
        cure: What to do about it, in one sentence.
        effect: What it does to a score, in one sentence.
        rows: The affected rows, all of them.
        systems: The systems or files concerned, where it is theirs rather than single rows'.
    """

    code: str
    severity: Severity
    message: str
    cure: str
    effect: str
    rows: tuple[AffectedRow, ...] = ()
    systems: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The same as plain JSON, with the keys that `mllmsent audit --json` promises."""
        return {
            "code": self.code,
            "severity": self.severity,
            "systems": list(self.systems),
            "rows": [row.as_dict() for row in self.rows],
            "message": self.message,
            "effect": self.effect,
        }


def counted(number: int, noun: str) -> str:
    """A number with its noun: "1 item", "2 items"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
