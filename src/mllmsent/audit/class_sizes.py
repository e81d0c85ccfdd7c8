"""Classes too small to say anything about, and classes that a split does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.audit.finding import AffectedRow, Finding
from mllmsent.audit.item_labels import item_labels
from mllmsent.audit.registry import Audit

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from mllmsent.affect.scheme import Scheme
    from mllmsent.data.dataset import Dataset

__all__ = ["CLASS_SIZES"]

_TINY = 10


def check(dataset: Dataset) -> Iterator[Finding]:
    """Classes with fewer than ten items, with none, and classes absent from one of the splits."""
    labels = item_labels(dataset).drop_duplicates(["item_id", "scheme", "label"])
    labels = labels.merge(dataset.items[["item_id", "split"]], on="item_id")
    tiny, empty, absent = [], [], []
    for scheme in dataset.schemes:
        own = labels[labels["scheme"] == scheme.name]
        if scheme.kind == "dimensional" or scheme.open_vocabulary or not len(own):
            continue
        counts = own["label"].value_counts()
        for label in scheme.label_names:
            count = int(counts.get(label, 0))
            if count == 0:
                empty.append(f"{label!r} of {scheme.name}")
            elif count < _TINY:
                members = own["item_id"][own["label"] == label]
                tiny += [
                    AffectedRow(str(item), note=f"{label!r} of {scheme.name}, {count} items in all")
                    for item in members
                ]
        absent += _absent(scheme, own)
    if tiny:
        classes = sorted({row.note.split(",")[0] for row in tiny})
        yield Finding(
            code="tiny-class",
            severity="warning",
            message=f"Classes with fewer than {_TINY} items: {'; '.join(classes)}.",
            cure="Get more items of them, merge the class by a declared conversion, or report it apart.",
            effect="Its recall moves by ten points or more with a single item, and macro-F1 with it; "
            "below five items it is missing from some of five folds.",
            rows=tuple(tiny),
        )
    if empty:
        yield Finding(
            code="empty-class",
            severity="info",
            message=f"No item is labeled {', '.join(empty)}.",
            cure="Use a scheme without them if the dataset was not meant to have them.",
            effect="Models may answer them and are then always wrong.",
        )
    if absent:
        yield Finding(
            code="class-absent-from-split",
            severity="warning",
            message=f"Splits without one of the classes: {'; '.join(absent)}.",
            cure="Split anew, stratified by class.",
            effect="The class is not learned, or not tested; macro-F1 of that split is of other classes.",
        )


def _absent(scheme: Scheme, own: pd.DataFrame) -> list[str]:
    return [
        f"{split!r} has no {label!r} ({scheme.name})"
        for split, rows in own[own["split"].notna()].groupby("split", sort=True)
        for label in scheme.label_names
        if label not in set(rows["label"]) and label in set(own["label"])
    ]


CLASS_SIZES = Audit("class-sizes", "Classes too small, or absent from a split.", check)
