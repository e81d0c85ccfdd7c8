"""A table as it stands in a file: cells as they were written, each row with its line.

Everything that reads a cell names the file, the line and the column when the cell is not what it
should be, so that a person finds it in an editor.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mllmsent.foundation import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["RawTable", "cell_text", "is_missing_number"]

# What spreadsheets and statistics programs write where a number is missing.
_NO_NUMBER = frozenset({"", "na", "n/a", "nan", "null", "none", "."})


@dataclass(frozen=True, eq=False)
class RawTable:
    """Columns of cells, and where each row stands.

    Attributes:
        columns: Name to cells. A cell is a text, a number, a boolean, a list or None.
        places: For each row the file it is from (as messages show it) and its line there, counted
            from 1.
        file: Name of the file, or of the first one, for messages about the whole table.
        unit: What the numbers of `places` count: "line", or "row" where a file has no lines.
        decimal: The sign before decimal places in texts that are numbers.
        hint: A cure that stands wherever a column is missing; the likely delimiter, for example.
    """

    columns: Mapping[str, Sequence[Any]]
    places: Sequence[tuple[str, int]]
    file: str
    unit: Literal["line", "row"] = "line"
    decimal: Literal[".", ","] = "."
    hint: str = ""

    def __len__(self) -> int:
        return len(self.places)

    def column(self, name: str) -> Sequence[Any]:
        """The cells of a column.

        Raises:
            InputError: If there is no such column; the message offers the nearest.
        """
        if name not in self.columns:
            raise InputError(
                f"{self.file} has no column {name!r}.",
                cure=self.hint or nearest(name, self.columns),
            )
        return self.columns[name]

    def texts(self, name: str, *, strip: bool = True) -> list[str | None]:
        """The cells of a column as texts; None where a cell is empty."""
        cells = (cell_text(cell) for cell in self.column(name))
        return [(text.strip() if strip else text) or None for text in cells]

    def required_texts(self, name: str, what: str) -> list[str]:
        """The cells of a column as texts, none of them empty.

        Args:
            name: The column.
            what: What an empty cell lacks, for the message: "item id".

        Raises:
            InputError: Naming the first row whose cell is empty.
        """
        texts = self.texts(name)
        for row, text in enumerate(texts):
            if text is None:
                raise self.error(row, f"There is no {what}: column {name!r} is empty.")
        return [text for text in texts if text is not None]

    def numbers(self, name: str, missing: Iterable[str] = ()) -> list[float | None]:
        """The cells of a column as numbers; None where a cell is empty or says "NA".

        Args:
            name: The column.
            missing: Other texts that stand for a missing number.

        Raises:
            InputError: Naming the first row whose cell is not a finite number.
        """
        gone = {str(word) for word in missing}
        return [self._number(name, row, cell, gone) for row, cell in enumerate(self.column(name))]

    def _number(self, name: str, row: int, cell: Any, gone: set[str]) -> float | None:
        text = cell_text(cell).strip()
        if text in gone or is_missing_number(text):
            return None
        number = parse_number(text, self.decimal)
        if number is None or isinstance(cell, bool):
            cure = ""
            if self.decimal == "." and parse_number(text, ",") is not None:
                cure = 'If that is a decimal comma, write `decimal: ","` under `file`.'
            raise self.error(row, f"Column {name!r} is {text[:40]!r}, not a number.", cure=cure)
        return number

    def filled(self, template: str) -> list[str]:
        """A template filled with each row's cells: `{column}` is replaced by the cell's text.

        Raises:
            InputError: If a named column is absent.
        """
        parts = template_parts(template)
        columns = {name: self.texts(name) for name, is_column in parts if is_column}
        return [
            "".join((columns[part][row] or "") if is_column else part for part, is_column in parts)
            for row in range(len(self))
        ]

    def take(self, rows: Sequence[int]) -> RawTable:
        """The rows at these positions, in this order."""
        return RawTable(
            {name: [cells[row] for row in rows] for name, cells in self.columns.items()},
            [self.places[row] for row in rows],
            self.file,
            self.unit,
            self.decimal,
            self.hint,
        )

    def error(self, row: int, message: str, *, cure: str = "") -> InputError:
        """An `InputError` about the row at a position."""
        file, line = self.places[row]
        if self.unit == "line":
            return InputError(message, cure=cure, file=file, line=line)
        return InputError(message, cure=cure, file=file, item=f"row {line}")


def template_parts(template: str) -> list[tuple[str, bool]]:
    """The parts of a template: (text, False) or (column, True).

    Braces do not nest, and nothing but a column's name stands between them, so a cell or a card
    cannot reach anything else through it.
    """
    parts: list[tuple[str, bool]] = []
    rest = template
    while rest:
        before, brace, after = rest.partition("{")
        name, closing, following = after.partition("}")
        if not brace or not closing:
            parts.append((rest, False))
            break
        if before:
            parts.append((before, False))
        parts.append((name, True))
        rest = following
    return parts


def cell_text(cell: Any) -> str:
    """A cell as text: "" for a missing one, "3" for 3.0, JSON for lists."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    if isinstance(cell, (list, dict)):
        return json.dumps(cell, ensure_ascii=False, default=str)
    return str(cell)


def is_missing_number(text: str) -> bool:
    """Whether a text is what programs write where a number is missing."""
    return text.casefold() in _NO_NUMBER


def parse_number(text: str, decimal: str = ".") -> float | None:
    """The finite number that a text is; None where it is none."""
    if decimal == ",":
        if "." in text:
            return None
        text = text.replace(",", ".")
    try:
        number = float(text)
    except ValueError:
        return None
    # float() also reads "1_000", "inf" and other scripts' digits, which no table means.
    return number if math.isfinite(number) and text.isascii() and "_" not in text else None
