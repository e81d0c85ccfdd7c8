"""Tables of answers given earlier, read and checked for `replay`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from mllmsent.data.table_files import read_table_file
from mllmsent.foundation.config import Config
from mllmsent.foundation.errors import InputError, nearest

if TYPE_CHECKING:
    from pathlib import Path

    from mllmsent.data.raw_table import RawTable

__all__ = ["APART", "COUNTS", "SHOWN", "TEXTS", "ReplayOptions", "Row", "read_answers"]

Row = dict[str, str]
"""Column to cell; empty cells are absent."""

SHOWN = ("item_id", "image_sha256", "image")
"""Columns that say what was shown."""

APART = (
    "stage", "prompt", "scheme", "condition", "repeat", "sample", "fold", "describer", "classifier",
)  # fmt: skip
"""Columns that tell several answers about one image apart."""

TEXTS = ("reasoning", "stop_reason", "reported_model")
"""Columns that are taken over as they are."""

COUNTS = ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens")
"""Columns that are taken over as whole numbers."""

_STATUSES = ("ok", "refused", "failed")


class ReplayOptions(Config):
    """What a study may say about recorded answers."""

    columns: dict[str, str] = Field(default_factory=dict)
    """The table's own names, where they differ: `{text: answer, image: filename}`."""
    where: dict[str, str] = Field(default_factory=dict)
    """Only rows whose column has this value: `{model: openai/gpt-4o}`."""
    identity: dict[str, Any] | None = None
    """Identity of the model that answered; with it, rows are found by `request_key`."""
    name: str | None = Field(default=None, min_length=1)
    """What tables call the model, by default the file's name."""


def read_answers(path: Path, options: ReplayOptions) -> tuple[Row, ...]:
    """The rows of a table of answers.

    Args:
        path: CSV, JSON Lines, JSON or Parquet.
        options: How its columns are called, and which rows count.

    Raises:
        InputError: If the table is absent, unreadable, or lacks a column that is needed.
    """
    table = read_table_file(path, name=str(path))
    written = {column: column for column in table.columns} | options.columns
    needed = ("request_key",) if options.identity is not None else SHOWN
    if "text" not in written:
        raise InputError(
            "The table has no column 'text' with the answers.",
            file=path,
            cure=f"Say which it is: options: {{columns: {{text: {next(iter(table.columns))}}}}}.",
        )
    if not set(written).intersection(needed):
        raise InputError(
            f"No column says what the answers are about: {', '.join(needed)}.",
            file=path,
            cure="Add one of these columns, or say which it is: options: {columns: {image: ...}}.",
        )
    rows = _rows(table, [*needed, *APART, *TEXTS, *COUNTS, "text", "status", "error"], written)
    kept = _kept(table, options.where)
    if not kept:
        raise InputError(f"No row has {options.where}.", file=path)
    for row in kept:
        status = rows[row].get("status", "ok")
        if status not in _STATUSES:
            raise table.error(row, f"The status is {status!r}.", cure=nearest(status, _STATUSES))
    return tuple(rows[row] for row in kept)


def _rows(table: RawTable, wanted: list[str], written: dict[str, str]) -> list[Row]:
    rows: list[Row] = [{} for _ in range(len(table))]
    for column in wanted:
        if column not in written:
            continue
        # The spaces around an answer are the model's.
        for row, cell in zip(
            rows, table.texts(written[column], strip=column != "text"), strict=True
        ):
            if cell is not None:
                row[column] = cell
    return rows


def _kept(table: RawTable, where: dict[str, str]) -> list[int]:
    kept = list(range(len(table)))
    for column, value in where.items():
        cells = table.texts(column)
        kept = [row for row in kept if cells[row] == value]
    return kept
