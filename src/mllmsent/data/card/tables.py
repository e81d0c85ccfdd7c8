"""The tables that a card names, read once each, with errors that name the card's line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mllmsent.data.paths import contained_path
from mllmsent.data.raw_table import RawTable, cell_text, parse_number
from mllmsent.data.table_files import read_table_file
from mllmsent.foundation import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from mllmsent.data.card.model import FileCard, StackedFolds
    from mllmsent.foundation.config import Document

__all__ = ["CardTables", "Place"]


@dataclass(frozen=True)
class Place:
    """A place in a card, for messages: `at / "votes" / "label"`.

    Attributes:
        document: The card.
        path: Keys and indexes that lead there.
    """

    document: Document
    path: tuple[str | int, ...] = ()

    def __truediv__(self, key: str | int) -> Place:
        return Place(self.document, (*self.path, key))

    def error(self, message: str, *, cure: str = "") -> InputError:
        """An `InputError` about this place."""
        return self.document.error(message, at=self.path, cure=cure)

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function; an `InputError` without a place of its own is given this one."""
        try:
            return function(*arguments)
        except InputError as error:
            if error.file is not None:
                raise
            message = error.message if error.item is None else f"{error.item}: {error.message}"
            raise self.error(message, cure=error.cure) from None

    def blocks(self, key: str, blocks: Sequence[Any]) -> list[tuple[Place, Any]]:
        """The blocks under a key with their places, whether they are written as a list or not."""
        below = self / key
        if isinstance(self.document.value.get(key), dict):
            return [(below, block) for block in blocks]
        return [(below / index, block) for index, block in enumerate(blocks)]


@dataclass
class CardTables:
    """Reads the tables of a card under its root.

    Attributes:
        root: The dataset's folder, resolved.
        given: Tables that are already there, by the path under which a card names them.
    """

    root: Path
    given: Mapping[str, RawTable] = field(default_factory=dict)
    _read: dict[str, RawTable] = field(default_factory=dict)

    def get(self, card: FileCard, at: Place) -> RawTable:
        """The table that a card's `file` means.

        Raises:
            InputError: If a file is absent or malformed, a column of `where` is absent, or no row
                is left.
        """
        key = card.model_dump_json()
        if key not in self._read:
            parts = [at.call(self._file, name, card) for name in card.path]
            table = parts[0] if len(parts) == 1 else _stacked(parts)
            for column, wanted in card.where.items():
                table = _where(table, column, wanted, at / "where" / column)
            if card.stacked_folds is not None:
                table = _unstacked(table, card.stacked_folds)
            self._read[key] = table
        return self._read[key]

    def _file(self, name: str, card: FileCard) -> RawTable:
        if name in self.given:
            return self.given[name]
        return read_table_file(
            contained_path(self.root, name),
            name=name,
            format=card.format,
            delimiter=card.delimiter,
            encoding=card.encoding,
            decimal=card.decimal,
        )


def _stacked(parts: list[RawTable]) -> RawTable:
    names = dict.fromkeys(name for part in parts for name in part.columns)
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for part in parts:
        for name, cells in columns.items():
            cells.extend(part.columns.get(name, [None] * len(part)))
    first = parts[0]
    places = [place for part in parts for place in part.places]
    return RawTable(columns, places, first.file, first.unit, first.decimal, first.hint)


def _where(table: RawTable, column: str, wanted: Any, at: Place) -> RawTable:
    values = wanted if isinstance(wanted, tuple) else (wanted,)
    cells = [cell_text(cell).strip() for cell in at.call(table.column, column)]
    rows = [row for row, cell in enumerate(cells) if any(_equal(cell, value) for value in values)]
    if not rows:
        raise at.error(
            f"No row of {table.file} has {column} = {', '.join(map(str, values))}.",
            cure=nearest(str(values[0]), {cell for cell in cells if cell}),
        )
    return table.take(rows)


def _equal(cell: str, value: Any) -> bool:
    if isinstance(value, bool):
        return cell.casefold() == cell_text(value)
    if isinstance(value, (int, float)):
        return parse_number(cell) == value
    return cell == str(value)


def _unstacked(table: RawTable, folds: StackedFolds) -> RawTable:
    from sklearn.model_selection import KFold  # noqa: PLC0415 - a second that `--help` does without

    splitter = KFold(folds.n, shuffle=True, random_state=folds.seed)
    origin = [row for _, part in splitter.split(range(len(table))) for row in part]
    # Row `position` of the file was row `origin[position]` before it was divided.
    return table.take(sorted(range(len(table)), key=origin.__getitem__))
