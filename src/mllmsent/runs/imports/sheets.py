"""What an import reads: sheets of predictions, and what files claim and log beside them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.affect.scheme import Scheme
    from mllmsent.pathways.system import System

__all__ = ["Asked", "Claim", "CurvePoint", "Found", "Sheet"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a system answered in, and against what it is held.

    Attributes:
        scheme: The scheme, by its own name.
        problem: The published problem, such as "P3"; empty where none is named.
        min_agreement: How many annotators had to agree; None where that is not said.
        codes: Cell as it is written to label, where labels are numbered.
    """

    scheme: Scheme
    problem: str = ""
    min_agreement: int | None = None
    codes: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name of the scheme in the run: "p3-sigma5", "polarity3"."""
        named = self.problem.lower().replace("+", "plus").replace("-", "minus") or self.scheme.name
        return named if self.min_agreement is None else f"{named}-sigma{self.min_agreement}"

    @property
    def title(self) -> str:
        """Name for people: "P3, 5 annotators agree: polarity, three classes"."""
        title = self.scheme.title or self.scheme.name
        parts = [self.problem] if self.problem else []
        if self.min_agreement is not None:
            parts.append(f"{self.min_agreement} annotators agree")
        if not parts:
            return title
        return f"{', '.join(parts)}: {title[:1].lower()}{title[1:]}"

    def in_run(self) -> Scheme:
        """The scheme as the run has it: the same labels, by the name of what was asked.

        One run may hold P3 with three and with five annotators who agree, which are two
        leaderboards.
        """
        if self.name == self.scheme.name:
            return self.scheme
        return replace(self.scheme, name=self.name, title=self.title)


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """What one system answered in one scheme and fold, in the order of one file.

    Attributes:
        system: The system.
        name: Its name for people.
        asked: What it answered in.
        fold: The fold that was tested, as the file numbers it; None where there are none.
        file: The file, relative to what is imported, with `/` between folders.
        unit: What `rows` counts: "line" or "row".
        rows: Where each row stands in the file.
        ids: The item of each row; None where the file does not say.
        raw_labels: What the system answered, as written.
        raw_targets: What people said, as written.
        texts: The description of each row; None where the file has none.
        scores: Label to score of each row, or None.
        score_kind: "probability" or "margin"; empty without scores.
        label_column: Name of the answers' column, for messages.
        target_column: Name of the targets' column, for messages.
    """

    system: System
    name: str
    asked: Asked
    fold: int | None
    file: str
    unit: str
    rows: Sequence[int]
    ids: Sequence[str | None]
    raw_labels: Sequence[str]
    raw_targets: Sequence[str]
    texts: Sequence[str | None]
    scores: Sequence[Mapping[str, float] | None] = ()
    score_kind: str = ""
    label_column: str = "prediction"
    target_column: str = "target"

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class Claim:
    """A score that a file claims.

    Attributes:
        system_id: The system.
        scheme: `Asked.name`.
        fold: The fold; None for all together.
        metric: What the file calls it.
        value: What it claims.
        file: The file.
        row: Its line.
    """

    system_id: str
    scheme: str
    fold: int | None
    metric: str
    value: float
    file: str
    row: int


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """A number logged after an epoch of learning.

    Attributes:
        system_id: The system.
        scheme: `Asked.name`.
        fold: The fold.
        epoch: The epoch.
        split: "train", "validation" or "test".
        metric: What was measured.
        value: Its value.
        file: The file.
    """

    system_id: str
    scheme: str
    fold: int | None
    epoch: int
    split: str
    metric: str
    value: float
    file: str


@dataclass(frozen=True, eq=False)
class Found:
    """Everything that was read, before anything is made of it.

    Attributes:
        format: "table" or "mllmsent-logs".
        sheets: The predictions.
        claims: Scores that files claim.
        curves: What was logged during training.
        sources: What was read, for the manifest: path, digest and what it was taken for.
        notes: What a reader must know, one sentence each.
        read_as: Role to column, as it was found; for a table.
    """

    format: str
    sheets: Sequence[Sheet]
    claims: Sequence[Claim]
    curves: Sequence[CurvePoint]
    sources: Sequence[Mapping[str, Any]]
    notes: Sequence[str]
    read_as: Mapping[str, str] = field(default_factory=dict)
