"""Texts to read, from tables and from plain lines."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.data.raw_table import cell_text
from mllmsent.data.table_files import read_table_file
from mllmsent.foundation.errors import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import TextIO

    from mllmsent.data.raw_table import RawTable

__all__ = [
    "ID_COLUMNS",
    "TABLES",
    "TEXT_COLUMNS",
    "Texts",
    "find_column",
    "read_text_stream",
    "read_texts",
]

TABLES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
"""What names of tables end in; of everything else each line is a text."""

TEXT_COLUMNS = ("text", "description", "caption", "response")
"""What a column of texts is usually called."""

ID_COLUMNS = ("id", "item_id", "item", "image", "file")
"""What a column of names is usually called."""


@dataclass(frozen=True)
class Texts:
    """Texts with names.

    Attributes:
        ids: (n,) a name for each: its id, or its line, counted from 1.
        texts: (n,) the texts.
    """

    ids: Sequence[str]
    texts: Sequence[str]


def read_texts(path: Path, *, text: str | None = None, item_id: str | None = None) -> Texts:
    """The texts of a file.

    Args:
        path: A table (CSV, TSV, JSON Lines, Parquet), or anything else with a text on each line.
        text: Of a table, the column of the texts; by default one that is usually called so.
        item_id: Of a table, the column of their names; by default one that is usually called so,
            else lines are counted.

    Raises:
        InputError: If the file is absent, not of its form, or has no such column; with what it has.
    """
    if path.suffix.lower() in TABLES:
        return _of_table(read_table_file(path, name=path.name), text, item_id)
    try:
        content = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(
            "This is not UTF-8 text.", file=path, cure="Save the file as UTF-8."
        ) from None
    except OSError as error:
        near = [each.name for each in path.parent.glob("*")] if path.parent.is_dir() else []
        raise InputError(
            f"It cannot be read: {error.strerror}.", file=path, cure=nearest(path.name, near)
        ) from None
    return _of_lines(content, str(path))


def read_text_stream(
    stream: TextIO, *, text: str | None = None, item_id: str | None = None
) -> Texts:
    """The texts of standard input: JSON Lines where its first line is an object, else plain lines.

    Args:
        stream: What is read, to its end.
        text: Of JSON Lines, the key of the text.
        item_id: Of JSON Lines, the key of its name.

    Raises:
        InputError: If a line of JSON Lines is none, or holds no text.
    """
    try:
        content = stream.read()
    except UnicodeDecodeError:
        raise InputError(
            "What came in is not text in the terminal's encoding.", file="-", cure="Send UTF-8."
        ) from None
    if not content.lstrip().startswith("{"):
        return _of_lines(content, "-")
    ids, texts = [], []
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise InputError("This is no JSON object.", file="-", line=number)
        key = text or next((name for name in TEXT_COLUMNS if name in row), None)
        if key is None or key not in row:
            raise InputError(
                f"There is no {text or 'text'!r} here.",
                file="-",
                line=number,
                cure=f"Say --text KEY; it has {', '.join(row)}.",
            )
        named = item_id or next((name for name in ID_COLUMNS if name in row), None)
        ids.append(cell_text(row.get(named)) if named else str(number))
        texts.append(cell_text(row[key]))
    return Texts(ids, texts)


def find_column(table: RawTable, named: str | None, usual: Sequence[str], option: str) -> str:
    """A column by its name, or the first of the usual names that there is.

    Args:
        table: The table.
        named: What the user calls it; None where nothing was said.
        usual: What it is usually called, the most usual first.
        option: The option by which it could be named, without dashes: "text".

    Raises:
        InputError: If there is none; with the columns that there are.
    """
    if named is not None:
        table.column(named)
        return named
    for name in usual:
        if name in table.columns:
            return name
    raise InputError(
        f"Which column is the {option}? None is called {', '.join(usual[:-1])} or {usual[-1]}.",
        file=table.file,
        cure=f"Say --{option} COLUMN; there are {', '.join(map(str, table.columns))}.",
    )


def _of_table(table: RawTable, text: str | None, item_id: str | None) -> Texts:
    texts = [
        cell_text(cell) for cell in table.column(find_column(table, text, TEXT_COLUMNS, "text"))
    ]
    if item_id is not None:
        table.column(item_id)
    named = item_id or next((name for name in ID_COLUMNS if name in table.columns), None)
    if named is None:
        return Texts([str(line) for _, line in table.places], texts)
    return Texts([cell_text(cell) for cell in table.column(named)], texts)


def _of_lines(content: str, file: str) -> Texts:
    # Only line feeds end a line: a text may hold the other characters that Python counts as such.
    lines = content.replace("\r\n", "\n").removesuffix("\n").split("\n")
    if not any(line.strip() for line in lines):
        raise InputError("There is no text here.", file=file)
    return Texts([str(number) for number in range(1, len(lines) + 1)], lines)
