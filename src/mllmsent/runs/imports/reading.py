"""Tables of predictions from disk: whatever their delimiter, with cures in the words of `import`."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.data.raw_table import RawTable, cell_text
from mllmsent.data.table_files import read_table_file
from mllmsent.foundation.digest import file_sha256
from mllmsent.foundation.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

__all__ = ["Reading", "cells", "read_table", "relative_names", "source_of"]

_DELIMITERS = (",", ";", "\t", "|")
_FIRST_BYTES = 64 * 1024
_IN_CARD = re.compile(r"[Ww]rite `(\w+): ?([^`]+)` under `file`")
_ENDING = re.compile(r"[Ww]rite `format:` under `file`, one of .*")
_QUOTED = re.compile(r'"[^"]*"')
_HALF = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Reading:
    """How files are read.

    Attributes:
        encoding: Of their texts.
        delimiter: Between fields of CSV; None to see for ourselves.
    """

    encoding: str = "utf-8"
    delimiter: str | None = None


def read_table(path: Path, name: str, reading: Reading) -> RawTable:
    """Read a table.

    Args:
        path: The file.
        name: How messages and tables call it.
        reading: How.

    Raises:
        InputError: If it is absent, empty or malformed; naming the line, and what to do.
    """
    try:
        return read_table_file(
            path,
            name=name,
            delimiter=reading.delimiter or _delimiter(path, reading.encoding),
            encoding=reading.encoding,
        )
    except InputError as error:
        # The reader speaks of cards, which an import has none of.
        cure = _IN_CARD.sub(r"say --\1 \2", error.cure)
        cure = _ENDING.sub("Name it with the ending .csv, .tsv, .jsonl, .json or .parquet.", cure)
        cure = cure.replace("or `latin-1` under `file`", "or --encoding latin-1")
        cure = cure.replace("write `encoding: cp1252` (Windows)", "say --encoding cp1252 (Windows)")
        raise InputError(
            error.message,
            cure=cure[:1].upper() + cure[1:],
            file=error.file,
            line=error.line,
            item=error.item,
        ) from None


def cells(table: RawTable, column: str | None) -> list[str]:
    """The cells of a column as texts that any file can hold; all empty where there is no column."""
    if column is None:
        return [""] * len(table)
    # JSON may have half of a pair of surrogates, which no encoding knows.
    texts = [cell_text(cell) for cell in table.column(column)]
    return [text if text.isascii() else _HALF.sub("\ufffd", text) for text in texts]


def _common_root(paths: Collection[Path]) -> Path:
    """The folder that all paths lie in."""
    parents = [path.resolve().parent for path in paths]
    root = parents[0]
    while not all(parent.is_relative_to(root) for parent in parents):
        root = root.parent
    return root


def relative_names(paths: Sequence[Path]) -> dict[Path, str]:
    """Path to its name relative to the folder that all lie in, with `/` between folders."""
    root = _common_root(paths)
    return {path: path.resolve().relative_to(root).as_posix() for path in paths}


def source_of(path: Path, name: str) -> dict[str, str]:
    """A file for the manifest: name and digest."""
    return {"file": name, "sha256": file_sha256(path)}


def _delimiter(path: Path, encoding: str) -> str | None:
    """The delimiter that the header has most of; None where there is nothing to see."""
    if path.suffix.lower() not in {".csv", ".txt"}:
        return None
    try:
        with path.open("rb") as file:
            text = file.read(_FIRST_BYTES).decode(encoding, errors="replace")
    except (OSError, LookupError):
        return None  # the reader says what is wrong
    header = next((line for line in text.lstrip("\ufeff").splitlines() if line.strip()), "")
    counts = Counter(_QUOTED.sub("", header))
    best = max(_DELIMITERS, key=lambda sign: counts[sign])
    return best if counts[best] else None
