"""Short names for systems: what tells them apart in this run, and nothing else."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mllmsent.report.safe_text import clean

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    import pandas as pd

__all__ = ["MARKED", "SystemName", "anchor", "system_names"]

MARKED = ("direct", "described", "scene")
"""Pathways that have a mark and a color of their own in figures."""

LONGEST = 44
"""Longer names of models are cut in the middle; "What was asked" has them whole."""


@dataclass(frozen=True, slots=True)
class SystemName:
    """How a page calls a system.

    Attributes:
        system_id: The system.
        model: Name of the model.
        detail: The rest: "direct", "described, linear".
        pathway: The pathway, by which it is drawn.
        note: "simulated", for example; mostly empty.
    """

    system_id: str
    model: str
    detail: str
    pathway: str
    note: str = ""

    @property
    def full(self) -> str:
        """The name in one line."""
        return " · ".join(filter(None, (self.model, self.detail)))

    @property
    def mark(self) -> str:
        """How it is drawn: its pathway, or "other" for pathways from elsewhere."""
        return self.pathway if self.pathway in MARKED else "other"


def anchor(text: str, taken: Container[str] = ()) -> str:
    """A name for a place in a page, made of letters, digits and hyphens only.

    Args:
        text: What is there.
        taken: Names that are in use.
    """
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "part"
    name, number = plain, 2
    while name in taken:
        name, number = f"{plain}-{number}", number + 1
    return name


def system_names(systems: pd.DataFrame) -> dict[str, SystemName]:
    """A short name for every system, no two alike.

    The wording is named where a pathway has several in this run, the classifier where there is one,
    the language where it is not English; where that does not tell two systems apart, their ids do.

    Args:
        systems: Table `systems`.
    """
    rows: list[dict[Any, str]] = [
        {key: value if isinstance(value, str) else "" for key, value in row.items()}
        for row in systems.to_dict(orient="records")
    ]
    wordings = {(row["pathway"], row["strategy"]) for row in rows}
    per_pathway = Counter(pathway for pathway, _ in wordings)
    details = {row["system_id"]: _detail(row, per_pathway) for row in rows}
    taken = Counter((row["model"], details[row["system_id"]]) for row in rows)
    models = _models(rows)
    names = {}
    for row in rows:
        system = row["system_id"]
        detail = details[system]
        if taken[row["model"], detail] > 1:
            detail = f"{detail} ({system[:6]})"
        names[system] = SystemName(
            system_id=system,
            model=clean(models.get(row["model"]) or row["name"]),
            detail=clean(detail),
            pathway=row["pathway"],
            note=row["note"],
        )
    return names


def _models(rows: Sequence[Mapping[Any, str]]) -> dict[str, str]:
    """Models without their provider, where they are told apart without it.

    Simulated ones keep it: what is not real says so wherever it is named.
    """
    notes = {row["model"]: row["note"].lower() for row in rows}
    short = {model: model.rpartition("/")[2] or model for model in notes}
    taken = Counter(short.values())
    names = {
        model: model
        if taken[short[model]] > 1 or note or model.startswith("dataset/")
        else short[model]
        for model, note in notes.items()
    }
    cut = {model: _cut(name) for model, name in names.items()}
    taken = Counter(cut.values())
    return {model: names[model] if taken[name] > 1 else name for model, name in cut.items()}


def _cut(name: str) -> str:
    if len(name) <= LONGEST:
        return name
    half = LONGEST // 2
    return f"{name[:half]}…{name[-half + 1 :]}"


def _detail(row: Mapping[Any, str], per_pathway: Mapping[str, int]) -> str:
    parts = [row["pathway"]]
    if per_pathway[row["pathway"]] > 1 and row["strategy"]:
        parts.append(row["strategy"])
    if row["classifier"]:
        parts.append(row["classifier"])
    if row["language"] not in {"", "en"}:
        parts.append(row["language"])
    return ", ".join(parts)
