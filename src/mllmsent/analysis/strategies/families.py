"""Which systems differ by the prompt strategy only: one model, asked in several ways.

A strategy is a wording with its version, language and readout, and what it brings along: a
temperature of its own, or solved examples. So systems of one model, revision and pathway are of one
family, and where descriptions are read, of one classifier with its training.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.analysis.variants import variants
from mllmsent.runs.wordings import PLAIN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

__all__ = ["Family", "families_of"]

PARTS = ("strategy", "language", "readout", "strategy_version", "training", "name", "settings")
"""What tells two wordings apart, in the order in which it is named; imported systems may differ by
their names only."""


@dataclass(frozen=True)
class Family:
    """Systems that differ by the prompt strategy only.

    Attributes:
        model: The model.
        way: How the emotion is reached: "direct", "described, linear".
        wordings: System to the name of its strategy, at least two, in the order of the run.
        plain: The system that is asked as plainly as can be, against which others are held: the
            pathway's plain strategy, else the first.
    """

    model: str
    way: str
    wordings: Mapping[str, str]
    plain: str

    @property
    def name(self) -> str:
        """The model, and how it reaches the emotion."""
        return f"{self.model}, {self.way}"

    def among(self, systems: Sequence[str]) -> Family | None:
        """The same of some systems only; None where fewer than two are left."""
        left = {name: wording for name, wording in self.wordings.items() if name in systems}
        if len(left) < 2:
            return None
        plain = self.plain if self.plain in left else next(iter(left))
        return Family(self.model, self.way, left, plain)


def families_of(systems: pd.DataFrame) -> list[Family]:
    """Every model that is asked in several ways.

    Args:
        systems: Table `systems`.
    """
    rows: dict[str, dict[str, str]] = {}
    for record in systems.to_dict(orient="records"):
        row = {str(name): value if isinstance(value, str) else "" for name, value in record.items()}
        rows[row["system_id"]] = row
    return [_family([rows[system] for system in family]) for family in variants(systems, "asking")]


def _family(rows: Sequence[Mapping[str, str]]) -> Family:
    first = rows[0]
    plain = PLAIN.get(first["pathway"], "")
    asked_plainly = [row["system_id"] for row in rows if row["strategy"] == plain]
    return Family(
        model=first["model"] or first["name"],
        way=", ".join(part for part in (first["pathway"], first["classifier"]) if part),
        wordings=_names(rows),
        plain=asked_plainly[0] if asked_plainly else first["system_id"],
    )


def _names(rows: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """A name for each wording: its strategy, and as much more as it takes to tell them apart."""
    names = {row["system_id"]: row[PARTS[0]] for row in rows}
    for part in PARTS[1:]:
        before = dict(names)
        for row in rows:
            name = before[row["system_id"]]
            values = {other[part] for other in rows if before[other["system_id"]] == name}
            if len(values) > 1 and row[part]:
                names[row["system_id"]] = f"{name}, {row[part]}" if name else row[part]
    taken = Counter(names.values())
    return {
        system: f"{name} ({system[:6]})".strip() if taken[name] > 1 else name or "unnamed"
        for system, name in names.items()
    }
