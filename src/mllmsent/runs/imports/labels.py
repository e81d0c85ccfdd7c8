"""Cells into labels: codes by what they are said to stand for, words as any model's answer is read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.affect import read_answer
from mllmsent.data.raw_table import parse_number
from mllmsent.foundation.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mllmsent.affect.scheme import Scheme
    from mllmsent.runs.imports.sheets import Asked, Sheet

__all__ = ["Cell", "ReadSheet", "read_sheets"]

MOST_UNREADABLE = 0.5
"""Where a larger share of a scheme's cells is no label, the codes are wrong and not the cells."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that was to hold a label.

    Attributes:
        label: The label, several joined with "|"; None where it cannot be read.
        status: "ok", "unparsed" or "refused".
        note: Why it is not ok.
    """

    label: str | None
    status: str
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class ReadSheet:
    """A sheet whose cells are read.

    Attributes:
        sheet: As it was in the file.
        labels: What the system answered, row by row.
        targets: What people said, row by row.
    """

    sheet: Sheet
    labels: Sequence[Cell]
    targets: Sequence[str | None]


def read_sheets(sheets: Sequence[Sheet]) -> list[ReadSheet]:
    """Read the answers and targets of every sheet.

    A cell that is no label stays one that is none: it is never guessed.

    Raises:
        InputError: If most cells of a scheme are no labels of it; the message names one.
    """
    readers: dict[str, _Reader] = {}
    read = []
    for sheet in sheets:
        reader = readers.setdefault(sheet.asked.name, _Reader(sheet.asked))
        read.append(
            ReadSheet(
                sheet,
                [reader.read(cell) for cell in sheet.raw_labels],
                [reader.read(cell).label for cell in sheet.raw_targets],
            )
        )
    for name in readers:
        own = [each for each in read if each.sheet.asked.name == name]
        _check_readable(own, "label")
        _check_readable(own, "target")
    return read


class _Reader:
    """Reads the cells of one scheme, each spelling once."""

    def __init__(self, asked: Asked) -> None:
        self._scheme: Scheme = asked.scheme
        self._codes = asked.codes
        self._known: dict[str, Cell] = {}

    def read(self, cell: str) -> Cell:
        found = self._known.get(cell)
        if found is None:
            found = self._known[cell] = self._read(cell.strip())
        return found

    def _read(self, text: str) -> Cell:
        if not text:
            return Cell(None, "unparsed", "empty")
        number = parse_number(text)
        if number is not None and number.is_integer() and text not in self._codes:
            # A table with one empty cell has its codes as 0.0, 1.0, 2.0.
            text = str(int(number))
        if text in self._codes or text in self._scheme.label_names:
            return Cell(self._codes.get(text, text), "ok")
        if number is not None:
            return Cell(None, "unparsed", f"{text[:40]} is no code of {self._scheme.name}")
        if self._scheme.multi_label:
            text = text.replace("|", ", ")
        reading = read_answer(text, self._scheme)
        if reading.status != "ok":
            return Cell(None, reading.status, reading.reason)
        return Cell("|".join(reading.labels), "ok")


def _check_readable(read: Sequence[ReadSheet], what: str) -> None:
    """Refuse a scheme whose cells are mostly no labels of it."""
    cells = [
        (each, row) for each in read for row, raw in enumerate(_raw(each, what)) if raw.strip()
    ]
    wrong = [(each, row) for each, row in cells if _label_of(each, row, what) is None]
    if not wrong or len(wrong) <= MOST_UNREADABLE * len(cells):
        return
    first, row = wrong[0]
    sheet = first.sheet
    asked, column = sheet.asked, sheet.label_column if what == "label" else sheet.target_column
    spelled = Counter(_raw(one, what)[place].strip()[:30] for one, place in wrong)
    numbered = all(parse_number(word) is not None for word in spelled)
    codes = sorted(spelled, key=lambda word: parse_number(word) or 0.0) if numbered else []
    example = ",".join(
        f"{code}={label}" for code, label in zip(codes, asked.scheme.label_names, strict=False)
    )
    raise InputError(
        f"{len(wrong):,} of {len(cells):,} cells of this column are no label of "
        f"{asked.scheme.name}: {', '.join(repr(word) for word, _ in spelled.most_common(6))}.",
        file=sheet.file,
        line=sheet.rows[row] if sheet.unit == "line" else None,
        item=f"column {column!r}" if sheet.unit == "line" else f"row {sheet.rows[row]}, {column!r}",
        cure=f"Say what the codes stand for, for example --codes {example}."
        if codes
        else f"Labels of {asked.scheme.name}: {', '.join(asked.scheme.label_names[:12])}. Name the "
        f"scheme with --scheme, the column with --{what}, or what cells stand for with --codes.",
    )


def _raw(each: ReadSheet, what: str) -> Sequence[str]:
    return each.sheet.raw_labels if what == "label" else each.sheet.raw_targets


def _label_of(each: ReadSheet, row: int, what: str) -> str | None:
    return each.labels[row].label if what == "label" else each.targets[row]
