"""Which of a dataset's items take part in a study."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.errors import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mllmsent.data import Dataset
    from mllmsent.runs.study_data import ItemFilter

__all__ = ["filtered_items", "is_scored", "limited_items"]


def filtered_items(wanted: ItemFilter, dataset: Dataset) -> list[str]:
    """The items that a study's filters leave, in the dataset's order.

    Raises:
        InputError: If an item or a column is not there, or nothing is left.
    """
    items = dataset.items
    known = set(items["item_id"])
    for item in wanted.ids:
        if item not in known:
            raise InputError(
                f"The dataset has no item {item!r}.", item="items.ids", cure=nearest(item, known)
            )
    keep = items["item_id"].isin(wanted.ids) if wanted.ids else items["item_id"].notna()
    for column, value in wanted.where.items():
        if column not in items.columns:
            raise InputError(
                f"Items have no column {column!r}.",
                item="items.where",
                cure=nearest(column, [str(name) for name in items.columns]),
            )
        allowed = {_as_text(each) for each in (value if isinstance(value, list) else [value])}
        there = items[column].map(_as_text, na_action="ignore")
        unknown = sorted(allowed - set(there.dropna()))
        if unknown:
            raise InputError(
                f"No item has {column} {unknown[0]!r}.",
                item="items.where",
                cure=nearest(unknown[0], set(there.dropna())),
            )
        keep &= there.isin(allowed)
    chosen = items.loc[keep.fillna(value=False).astype(bool), "item_id"].tolist()
    if not chosen:
        raise InputError("No item is left.", item="items", cure="Check the filters of the study.")
    return [str(item) for item in chosen]


def limited_items(chosen: Sequence[str], limit: int | None, seed: int) -> list[str]:
    """At most `limit` of the items, in their order.

    Each item's place in the draw depends on the seed and on the item alone: a larger limit takes the
    same items and more, so that answers had for a trial are not paid for again.
    """
    if limit is None or limit >= len(chosen):
        return list(chosen)

    def place(item: str) -> bytes:
        return hashlib.sha256(f"{seed}:{item}".encode()).digest()

    drawn = set(sorted(chosen, key=place)[:limit])
    return [item for item in chosen if item in drawn]


def is_scored(table: pd.DataFrame) -> pd.Series[bool]:
    """Which rows of table `targets` say what everybody thinks of an item."""
    everybody = table["annotator_group"] == "all"
    return everybody & (table["label"].notna() | table["mean"].notna())


def _as_text(value: Any) -> str:
    # YAML's `true`, a table's `True` and the command line's `true` are one; so are 2020 and 2020.0.
    text = str(value)
    if text in {"True", "False"}:
        return text.lower()
    return re.sub(r"^(-?\d+)\.0$", r"\1", text)
