"""What there is to measure, as `features.yaml` has it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mllmsent.foundation.config import read_document

__all__ = ["Feature", "feature_names", "features"]


@dataclass(frozen=True, slots=True)
class Feature:
    """One measure of a picture.

    Attributes:
        name: Name in tables.
        group: What it is about: "color", "light", "contrast", "texture", "composition", "faces".
        unit: Of its numbers.
        low: Least possible value; None where there is none.
        high: Largest possible value; None where there is none.
        meaning: What it is, for people.
        source: Where it is from; empty for what needs none.
    """

    name: str
    group: str
    unit: str
    low: float | None
    high: float | None
    meaning: str
    source: str


@cache
def features() -> tuple[Feature, ...]:
    """Every measure, group by group."""
    rows = read_document(Path(__file__).with_name("features.yaml")).value
    return tuple(Feature(**row) for row in rows)


def feature_names(group: str | None = None) -> tuple[str, ...]:
    """Names of all measures, or of a group's."""
    return tuple(feature.name for feature in features() if group in {None, feature.group})
