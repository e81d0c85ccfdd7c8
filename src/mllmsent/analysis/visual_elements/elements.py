"""What is in a run's pictures, as columns: what was measured in them, and what the dataset says.

Numbers are measures of `mllmsent.features` and columns of metadata with many numbers. Left out is
`hue`, an angle, which has no lower and higher. Categories are the values of other columns of
metadata, as `item_subgroups` makes them; a drawn scene's factors are among them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.analysis.item_subgroups import OF_EVERY_DATASET, column_values, find_subgroups
from mllmsent.features import feature_names, features

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from mllmsent.analysis.evidence import Evidence
    from mllmsent.analysis.item_subgroups import Subgroup

__all__ = ["CONTROLS", "METADATA", "Elements", "controls_of", "elements_of", "in_words"]

METADATA = "metadata"
"""The kind of what the dataset says of a picture; those of measures are the groups of `features`."""

CONTROLS: Mapping[str, str] = {
    "color": "chroma",
    "light": "lightness",
    "contrast": "contrast",
    "texture": "sharpness",
    "composition": "edge_density",
    "faces": "faces_share",
}
"""Kind of measures to the one that stands for it where the others' effect is partialed out."""

ANGLES = ("hue",)

_WORDS = {
    "pleasure": "the pleasure of its colors",
    "arousal": "the arousal of its colors",
    "saturation_sd": "the spread of saturation",
}
"""Measures whose names mean something else beside answers, or nothing to who reads a sentence."""


@dataclass(frozen=True, eq=False)
class Elements:
    """What is in pictures.

    Attributes:
        numbers: Indexed by item_id, a column of floats per element, NaN where it is not known.
        kinds: Element to its kind: "color", "light", ..., or `METADATA`.
        subgroups: Items by value of the other columns of metadata.
    """

    numbers: pd.DataFrame
    kinds: Mapping[str, str]
    subgroups: tuple[Subgroup, ...]

    def __bool__(self) -> bool:
        return bool(len(self.numbers.columns) or self.subgroups)


def elements_of(evidence: Evidence, measures: pd.DataFrame) -> Elements:
    """The elements of the pictures that are asked about.

    Args:
        evidence: The run's tables.
        measures: item_id and the measures of pictures, as `Measured.table` has them.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    asked = {*evidence.predictions["item_id"], *evidence.targets["item_id"]}
    items = evidence.items[evidence.items["item_id"].isin(asked)].reset_index(drop=True)
    labels = {label for scheme in evidence.schemes.values() for label in scheme.label_names}
    names = [name for name in feature_names() if name not in ANGLES]
    table = measures.set_index("item_id")[names] if len(measures) else pd.DataFrame()
    table = table.reindex(items["item_id"].astype(str))
    groups = {feature.name: feature.group for feature in features()}
    kinds = {str(name): groups[str(name)] for name in table.columns}
    answers = {label.casefold() for label in labels}
    as_numbers = []
    for column in items.columns:
        if column in OF_EVERY_DATASET:
            continue
        values = column_values(items[column], answers)
        if isinstance(values, str) or values.dtype == object:
            continue
        as_numbers.append(column)
        name = f"{column} (metadata)" if column in kinds else str(column)
        table[name] = values.reindex(items.index).to_numpy(dtype=float)
        kinds[name] = METADATA
    found = find_subgroups(
        items.drop(columns=as_numbers), groups=evidence.groups, labels=sorted(labels)
    )
    return Elements(table.astype(float), kinds, found.subgroups)


def controls_of(kind: str) -> list[str]:
    """The measures that stand for the other kinds than an element's own."""
    return [name for other, name in CONTROLS.items() if other != kind]


def in_words(element: str) -> str:
    """An element in a sentence."""
    return _WORDS.get(element, element.replace("_", " "))
