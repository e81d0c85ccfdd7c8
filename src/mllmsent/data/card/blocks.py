"""What all blocks of a card have in common: their table, their item column, their rows' places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mllmsent.data.card.items import metadata_column
from mllmsent.data.draft import FILE, LINE
from mllmsent.foundation import nearest
from mllmsent.foundation.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from mllmsent.data.card.model import FileCard
    from mllmsent.data.card.tables import CardTables, Place
    from mllmsent.data.raw_table import RawTable

__all__ = ["Block", "annotator_column", "keep", "open_block", "person_columns"]

_TAKEN = frozenset({*TABLES["annotations"].required, *TABLES["annotations"].optional})


@dataclass(frozen=True)
class Block:
    """A block of a card with its table.

    Attributes:
        at: Its place in the card.
        table: Its rows.
        items: The item that each row is about.
    """

    at: Place
    table: RawTable
    items: list[str]

    def rows(self) -> dict[str, Any]:
        """The columns with which every draft of this block begins."""
        return {
            "item_id": self.items,
            FILE: [file for file, _ in self.table.places],
            LINE: [line for _, line in self.table.places],
        }

    def filled(self, key: str, template: str, what: str) -> list[str]:
        """A template filled for every row, none of it empty.

        Raises:
            InputError: Naming the first row for which it is.
        """
        texts: list[str] = (self.at / key).call(self.table.filled, template)
        for row, text in enumerate(texts):
            if not text:
                raise self.table.error(row, f"There is no {what}: {template} is empty.")
        return texts


def open_block(
    block: Any, at: Place, tables: CardTables, default: tuple[FileCard, RawTable, str]
) -> Block:
    """Read the table of a block.

    Args:
        block: With `file` and `item`.
        at: Its place in the card.
        tables: The card's tables.
        default: The items' file, its table (all rows, joined columns too), and their id column.
    """
    items_file, items_table, item_id = default
    own = block.file is not None and block.file != items_file
    table = tables.get(block.file, at / "file") if own else items_table
    if block.item is None and item_id not in table.columns:
        raise at.error(
            f"{table.file} has no column {item_id!r}, as the items' id is called.",
            cure=table.hint
            or f"Write under `item` which column names the item. {nearest(item_id, table.columns)}",
        )
    items = (at / "item").call(table.required_texts, block.item or item_id, "item id")
    return Block(at, table, items)


def person_columns(
    block: Block, annotator_columns: Mapping[str, str], metadata: Mapping[str, str]
) -> dict[str, Any]:
    """Columns about the annotators (as `annotator_<name>`), and further ones.

    Raises:
        InputError: If a column is absent, or a name is taken.
    """
    columns: dict[str, Any] = {}
    for name, column in annotator_columns.items():
        cells = (block.at / "annotator_columns").call(block.table.texts, column)
        columns[annotator_column(name, block.at / "annotator_columns")] = cells
    for name, column in metadata.items():
        at = block.at / "metadata"
        if name in _TAKEN or name.startswith("annotator_"):
            raise at.error(
                f"{name!r} is a word of the table of annotations.",
                cure=f"Give it another name: `{{my_{name}: {column}}}`.",
            )
        columns[name] = metadata_column(at.call(block.table.column, column))
    return columns


def annotator_column(name: str, at: Place) -> str:
    """The name that tables give a column about annotators.

    Raises:
        InputError: If the name is taken.
    """
    full = name if name.startswith("annotator_") else f"annotator_{name}"
    if full in {"annotator_id", "annotator_group"}:
        raise at.error(f"{name!r} is a word of the tables.", cure="Give it another name.")
    return full


def keep(columns: Mapping[str, Any], rows: Sequence[bool]) -> pd.DataFrame:
    """A table of these columns with only the rows that are marked."""
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    return pd.DataFrame(columns)[list(rows)].reset_index(drop=True)
