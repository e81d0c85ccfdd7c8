"""A dataset: images or other items, what people said of them, and what it is all called."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mllmsent.data.images import ImageRef
from mllmsent.foundation import InputError, nearest
from mllmsent.foundation.digest import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pandas as pd

    from mllmsent.affect.scheme import Scheme
    from mllmsent.data.card.model import EmotionTarget

__all__ = ["Dataset"]

# Where an item's file lies is not what it is: its content is.
_NOT_CONTENT = frozenset({"path"})


@dataclass(frozen=True, eq=False)
class Dataset:
    """Items with what people said of them; made by `load_dataset`.

    Attributes:
        name: Short name.
        version: Version of the data.
        title: Name for people.
        emotion_target: What annotators were asked about.
        synthetic: Whether images or annotations were made by a program and not by people.
        license: Terms of use.
        citation: What to cite.
        root: The folder that paths are relative to.
        items: Table `items`, in the dataset's order.
        annotations: Table `annotations`: a row per vote or rating of one annotator.
        norms: Table `targets`: labels and means that the dataset gives itself, in its own schemes.
        descriptions: Table `descriptions`: those that come with the dataset.
        schemes: What annotations and norms are in; its own scale ends live there.
        faults: What is wrong with single rows and images; see `fault_table`.
        parts: Of a joined dataset, the datasets it is made of, with the ids that items have in it and
            what people said in their own schemes; see `join_datasets`.
    """

    name: str
    version: str
    title: str
    emotion_target: EmotionTarget
    synthetic: bool
    license: str
    citation: str
    root: Path
    items: pd.DataFrame
    annotations: pd.DataFrame
    norms: pd.DataFrame
    descriptions: pd.DataFrame
    schemes: tuple[Scheme, ...]
    faults: pd.DataFrame
    parts: tuple[Dataset, ...] = ()

    def __len__(self) -> int:
        return len(self.items)

    def __repr__(self) -> str:
        return f"<Dataset {self.name}: {len(self)} items>"

    @cached_property
    def digest(self) -> str:
        """Identity of the content, 64 hexadecimal digits.

        Items with their order and images, annotations, norms, descriptions and schemes are in it;
        where the folder lies and what anything is called are not.
        """
        digest = hashlib.sha256()
        head = {
            "emotion_target": self.emotion_target,
            "schemes": sorted(scheme.digest() for scheme in self.schemes),
        }
        digest.update(canonical_json(head).encode())
        for name in ("items", "annotations", "norms", "descriptions"):
            _add_table(digest, name, getattr(self, name))
        return digest.hexdigest()

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {item: row for row, item in enumerate(self.items["item_id"])}

    def scheme(self, name: str) -> Scheme:
        """The dataset's scheme called `name`.

        Raises:
            InputError: If it has none of that name; the message offers the nearest.
        """
        for scheme in self.schemes:
            if scheme.name == name:
                return scheme
        raise InputError(
            f"Dataset {self.name!r} has nothing in scheme {name!r}.",
            cure=nearest(name, [scheme.name for scheme in self.schemes]),
        )

    def image(self, item_id: str, condition: str = "none", seed: int = 0) -> ImageRef | None:
        """An item's image; None where the item has none.

        Args:
            item_id: The item.
            condition: Name of the planned change; "none" for the file as it is.
            seed: Seed of that change.

        Raises:
            InputError: If there is no such item.
        """
        import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

        row = self.items.iloc[self._row(item_id)]
        if pd.isna(row["path"]):
            return None
        return ImageRef(
            path=self.root / str(row["path"]),
            sha256=str(row["sha256"]),
            media_type=str(row["media_type"]),
            width=int(row["width"]),
            height=int(row["height"]),
            condition=condition,
            seed=seed,
        )

    def subset(self, item_ids: Iterable[str]) -> Dataset:
        """The dataset with only these items, in its own order.

        Raises:
            InputError: If one of them is not an item.
        """
        wanted = {self.items["item_id"].iloc[self._row(item)] for item in item_ids}
        faults = self.faults["item_id"]
        return replace(
            self,
            items=_only(self.items, wanted),
            annotations=_only(self.annotations, wanted),
            norms=_only(self.norms, wanted),
            descriptions=_only(self.descriptions, wanted),
            faults=self.faults[faults.isin(wanted)].reset_index(drop=True),
            parts=tuple(
                part.subset(item for item in part.items["item_id"] if item in wanted)
                for part in self.parts
            ),
        )

    def summary(self) -> dict[str, Any]:
        """What there is, as plain JSON: counts of items, images, annotators, votes and so on."""
        kept, groups = self.items, self.items["group"].dropna()
        return {
            "name": self.name,
            "version": self.version,
            "title": self.title,
            "emotion_target": self.emotion_target,
            "synthetic": self.synthetic,
            "license": self.license,
            "items": len(kept),
            "images": int(kept["path"].notna().sum()),
            "texts": int(kept["text"].notna().sum()),
            "groups": int(groups.nunique()),
            "splits": _counts(kept["split"]),
            "annotators": int(self.annotations["annotator_id"].nunique()),
            "annotator_columns": [
                str(column)
                for column in self.annotations.columns
                if str(column).startswith("annotator_") and column != "annotator_id"
            ],
            "votes": _counts(self.annotations["scheme"][self.annotations["label"].notna()]),
            "ratings": _counts(self.annotations["scheme"][self.annotations["value"].notna()]),
            "norms": _counts(self.norms["scheme"]),
            "norm_groups": _counts(self.norms["annotator_group"]),
            "descriptions": _counts(self.descriptions["describer"]),
            "faults": {
                severity: _counts(rows["code"])
                for severity, rows in self.faults.groupby("severity", sort=True)
            },
            "digest": self.digest,
        }

    def _row(self, item_id: str) -> int:
        if item_id not in self._rows:
            raise InputError(
                f"Dataset {self.name!r} has no item {item_id!r}.",
                cure=nearest(item_id, self._rows),
            )
        return self._rows[item_id]


def _only(table: pd.DataFrame, items: set[str]) -> pd.DataFrame:
    return table[table["item_id"].isin(items)].reset_index(drop=True)


def _counts(column: pd.Series[Any]) -> dict[str, int]:
    return {str(key): int(count) for key, count in column.value_counts(sort=False).items()}


def _add_table(digest: hashlib._Hash, name: str, table: pd.DataFrame) -> None:
    columns = sorted(str(column) for column in table.columns if column not in _NOT_CONTENT)
    # Columns without a value say nothing: a schema that gains one leaves digests as they were.
    columns = [column for column in columns if table[column].notna().any()]
    digest.update(canonical_json([name, len(table), columns]).encode())
    cells = (_plain_column(table[column]) for column in columns)
    for row in zip(*cells, strict=True):
        digest.update(canonical_json(row).encode() + b"\n")


def _plain_column(column: pd.Series[Any]) -> list[Any]:
    return [_plain(cell) for cell in column.astype(object).where(column.notna(), None)]


def _plain(cell: Any) -> Any:
    if cell is None or isinstance(cell, (bool, int, str)):
        return cell
    if isinstance(cell, float):
        # Whether a column of whole numbers was read as float64 or Int64 must make no difference.
        return int(cell) if cell.is_integer() else cell if math.isfinite(cell) else str(cell)
    if isinstance(cell, dict):
        return {str(key): _plain(value) for key, value in cell.items()}
    if isinstance(cell, (list, tuple)):
        return [_plain(value) for value in cell]
    return str(cell)
