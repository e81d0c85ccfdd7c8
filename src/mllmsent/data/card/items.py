"""The items of a card: ids, image paths, texts, groups and metadata."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mllmsent.data.draft import FILE, IMAGES, LINE
from mllmsent.data.paths import contained_path, relative_name
from mllmsent.data.raw_table import (
    RawTable,
    cell_text,
    is_missing_number,
    parse_number,
    template_parts,
)
from mllmsent.foundation import InputError
from mllmsent.foundation.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from mllmsent.data.card.model import ItemsCard, JoinCard
    from mllmsent.data.card.tables import CardTables, Place

__all__ = ["image_patterns", "items_table", "metadata_column", "read_items"]

_TAKEN = frozenset({*TABLES["items"].required, *TABLES["items"].optional})
_CODE = re.compile(r"[+-]?0\d")


def items_table(card: ItemsCard, tables: CardTables, at: Place) -> RawTable:
    """The table of items with the columns of its joined tables.

    Raises:
        InputError: If a joined table names an item twice.
    """
    table = tables.get(card.file, at / "file")
    for index, join in enumerate(card.join):
        table = _joined(table, card, join, tables, at / "join" / index)
    return table


def read_items(card: ItemsCard, table: RawTable, root: Path, at: Place) -> pd.DataFrame:
    """Draft of the items; see `draft`."""
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    if card.distinct:
        first: dict[str | None, int] = {}
        for row, item in enumerate((at / "id").call(table.texts, card.id)):
            first.setdefault(item, row)
        table = table.take(list(first.values()))
    columns: dict[str, Any] = {
        "item_id": (at / "id").call(table.required_texts, card.id, "item id"),
        FILE: [file for file, _ in table.places],
        LINE: [line for _, line in table.places],
    }
    if card.text is not None:
        columns["text"] = (at / "text").call(lambda: table.texts(card.text or "", strip=False))
    for key in ("group", "split"):
        column = getattr(card, key)
        if column is not None:
            columns[key] = (at / key).call(table.texts, column)
    if card.image:
        columns[IMAGES] = _images(card.image, table, root, at / "image")
    for name, column in card.metadata.items():
        place = at / "metadata"
        if name in _TAKEN:
            raise place.error(
                f"{name!r} is a word of the table of items.",
                cure=f"Give it another name: `{{my_{name}: {column}}}`.",
            )
        columns[name] = metadata_column(place.call(table.column, column))
    return pd.DataFrame(columns)


def metadata_column(cells: Sequence[Any]) -> Any:
    """A column of metadata: numbers where every cell is one, else texts.

    Codes with leading zeros stay texts.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    if any(isinstance(cell, bool) for cell in cells) and all(
        cell is None or isinstance(cell, bool) for cell in cells
    ):
        return pd.array(list(cells), dtype="boolean")
    texts = [cell_text(cell).strip() for cell in cells]
    numbers = [None if is_missing_number(text) else parse_number(text) for text in texts]
    readable = all(
        is_missing_number(text) if number is None else not _CODE.match(text)
        for text, number in zip(texts, numbers, strict=True)
    )
    if readable and any(number is not None for number in numbers):
        whole = all(number is None or number.is_integer() for number in numbers)
        return pd.array(numbers, dtype="Int64" if whole else "Float64")
    return pd.array([text or None for text in texts], dtype="string")


def image_patterns(templates: Iterable[str], root: Path) -> list[str]:
    """Templates with the `*` of their folders replaced by the folders that are there.

    Args:
        templates: `part*/{id}.jpg`; a `*` stands in folders before the first column only.
        root: The dataset's folder.

    Raises:
        InputError: If a `*` stands elsewhere, or no such folder is there.
    """
    patterns: list[str] = []
    for template in templates:
        if "*" not in template:
            patterns.append(template)
            continue
        folder, _, rest = _split_folder(template)
        contained_path(root, folder.replace("*", "x"))
        found = sorted(
            path for path in root.glob(folder) if path.is_dir() and path.is_relative_to(root)
        )
        if not found:
            raise InputError(f"There is no folder {folder!r}.", item=template)
        patterns += [f"{relative_name(root, path)}/{rest}" for path in found]
    return patterns


def _split_folder(template: str) -> tuple[str, str, str]:
    fixed = template.partition("{")[0]
    folder, slash, begin = fixed.rpartition("/")
    rest = begin + template[len(fixed) :]
    if "*" in rest or not slash:
        raise InputError(
            "A `*` stands for folders only.",
            item=template,
            cure="Write it before the last `/` and before the first column: `part*/{id}.jpg`.",
        )
    return folder, slash, rest


def _images(
    templates: Sequence[str], table: RawTable, root: Path, at: Place
) -> list[tuple[str, ...] | None]:
    for template in templates:
        if not _columns_of(template):
            cure = f"Write `{{{template}}}` if that is the column with the path."
            raise at.error(
                f"{template!r} is the same image for every item: it names no column.",
                cure=cure if template in table.columns else "Write a column in braces.",
            )
    patterns = at.call(image_patterns, templates, root)
    columns = [at.call(table.filled, pattern) for pattern in patterns]
    # A row whose cell is empty has no image; that is not the folder `images/`.
    complete = [
        [None not in cells for cells in zip(*map(table.texts, _columns_of(pattern)), strict=True)]
        for pattern in patterns
    ]
    rows = (
        tuple(paths[row] for paths, full in zip(columns, complete, strict=True) if full[row])
        for row in range(len(table))
    )
    return [paths or None for paths in rows]


def _columns_of(template: str) -> list[str]:
    return [part for part, is_column in template_parts(template) if is_column]


def _joined(
    table: RawTable, card: ItemsCard, join: JoinCard, tables: CardTables, at: Place
) -> RawTable:
    other = tables.get(join.file, at / "file")
    names = (at / "column").call(other.texts, join.column)
    rows: dict[str, int] = {}
    for row, name in enumerate(names):
        if name is not None and rows.setdefault(name, row) != row:
            raise other.error(row, f"{name!r} stands here a second time.", cure="Keep one row.")
    own = (at / "matches").call(table.texts, join.matches or card.id)
    partners = [rows.get(name or "") for name in own]
    if not any(partner is not None for partner in partners):
        raise at.error(
            f"No row of {other.file} is about an item: {names[0]!r} is not one.",
            cure="Do `column` and `matches` hold the same names?",
        )
    columns = dict(table.columns)
    for name, cells in other.columns.items():
        if name == join.column:
            continue
        # Where both tables have a column, the items' own keeps the name.
        shown = name if name not in columns else f"{Path(other.file).stem}.{name}"
        columns[shown] = [None if row is None else cells[row] for row in partners]
    return RawTable(columns, table.places, table.file, table.unit, table.decimal, table.hint)
