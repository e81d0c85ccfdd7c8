"""CSV, JSON Lines, JSON and Parquet files into raw tables; nothing is guessed, nothing is coerced.

Cells of CSV files stay texts: an id `007`, a label `NA` and a country `NO` survive. What breaks the
form of a file (a short row, an open quote, another encoding) is an error that names the line.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, get_args

from mllmsent.data.raw_table import RawTable
from mllmsent.foundation import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["TableFormat", "read_table_file", "table_format"]

TableFormat = Literal["csv", "jsonl", "json", "parquet"]

_ENDINGS: dict[str, TableFormat] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
}
_DELIMITERS = {"\t": r"\t", ";": ";", "|": "|", ",": ","}
_LONGEST_FIELD = 16 * 1024 * 1024  # characters; a longer one is a quote that was never closed


def table_format(path: Path) -> TableFormat:
    """The format that a file's name ends in.

    Raises:
        InputError: If the ending is none of those known.
    """
    ending = path.suffix.lower()
    if ending in _ENDINGS:
        return _ENDINGS[ending]
    if ending in {".xlsx", ".xls", ".ods"}:
        raise InputError(
            "Spreadsheets are not read.", file=path.name, cure="Save it as CSV (UTF-8)."
        )
    raise InputError(
        f"What kind of table is this? Its name ends in {ending!r}.",
        file=path.name,
        cure=f"Write `format:` under `file`, one of {', '.join(get_args(TableFormat))}.",
    )


def read_table_file(
    path: Path,
    *,
    name: str,
    format: TableFormat | None = None,  # noqa: A002 - the word that cards use
    delimiter: str | None = None,
    encoding: str = "utf-8",
    decimal: Literal[".", ","] = ".",
) -> RawTable:
    """Read a table.

    Args:
        path: The file.
        name: How messages call it.
        format: What it is; by default what its name ends in.
        delimiter: Between the fields of CSV; by default a comma, a tab for `.tsv`.
        encoding: Of texts; a byte-order mark is dropped.
        decimal: The sign before decimal places.

    Raises:
        InputError: If the file is absent, empty, or not in that form; naming the line.
    """
    kind = format or table_format(path)
    try:
        if kind == "parquet":
            table = _of_records(_parquet(path, name), name, "row", decimal)
        else:
            text = _decode(path.read_bytes(), encoding, name)
            if kind == "csv":
                tab = "\t" if path.suffix.lower() == ".tsv" else ","
                table = _csv(text, delimiter or tab, name, decimal)
            elif kind == "jsonl":
                table = _of_records(_jsonl(text, name), name, "line", decimal)
            else:
                table = _of_records(_json(text, name), name, "row", decimal)
    except FileNotFoundError:
        raise InputError("There is no such file.", file=name, cure=_neighbor(path)) from None
    except IsADirectoryError:
        raise InputError("This is a folder; a table is needed.", file=name) from None
    except OSError as error:
        raise InputError(f"It cannot be read: {error.strerror}.", file=name) from None
    if not len(table):
        raise InputError("This table has no rows.", file=name)
    return table


def _decode(data: bytes, encoding: str, name: str) -> str:
    if not data.strip():
        raise InputError("This file is empty.", file=name)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) and not encoding.startswith(
        ("utf-16", "utf-32")
    ):
        raise InputError(
            "This is UTF-16 text.", file=name, cure="Write `encoding: utf-16` under `file`."
        )
    codec = "utf-8-sig" if encoding.lower().replace("_", "-") in {"utf-8", "utf8"} else encoding
    try:
        text = data.decode(codec)
    except LookupError:
        raise InputError(
            f"There is no encoding {encoding!r}.",
            file=name,
            cure=nearest(
                encoding, ["utf-8", "utf-16", "latin-1", "cp1252", "shift_jis", "gb18030"]
            ),
        ) from None
    except UnicodeDecodeError as error:
        raise InputError(
            f"This is not {encoding} text.",
            file=name,
            line=data.count(b"\n", 0, error.start) + 1,
            cure="Save it as UTF-8, or write `encoding: cp1252` (Windows) or `latin-1` under `file`.",
        ) from None
    if "\0" in text:
        raise InputError(
            "This is not text: it has zero bytes.",
            file=name,
            line=text.count("\n", 0, text.index("\0")) + 1,
        )
    return text


def _csv(text: str, delimiter: str, name: str, decimal: Literal[".", ","]) -> RawTable:
    header: list[str] = []
    rows: list[list[str]] = []
    places: list[tuple[str, int]] = []
    with _long_fields():
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        line = 0
        try:
            for row in reader:
                start, line = line + 1, reader.line_num
                if not any(cell.strip() for cell in row):
                    continue
                if not header:
                    header = _header(row, name, start)
                elif len(row) != len(header):
                    raise InputError(
                        f"This row has {len(row)} fields, the header {len(header)}.",
                        file=name,
                        line=start,
                        cure="Quote cells that hold the delimiter or a line break.",
                    )
                else:
                    rows.append(row)
                    places.append((name, start))
        except csv.Error as error:
            raise InputError(
                f"This is not CSV: {error}.",
                file=name,
                line=line + 1,
                cure="Look for a quotation mark that is never closed.",
            ) from None
    columns = {column: [row[index] for row in rows] for index, column in enumerate(header)}
    return RawTable(columns, places, name, "line", decimal, _delimiter_hint(header, delimiter))


@contextmanager
def _long_fields() -> Iterator[None]:
    # The csv module keeps its limit for the whole process, and 128 KiB is a long description.
    before = csv.field_size_limit(_LONGEST_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _header(row: list[str], name: str, line: int) -> list[str]:
    header = [cell.strip() or f"column_{index + 1}" for index, cell in enumerate(row)]
    doubled = [column for column, count in Counter(header).items() if count > 1]
    if doubled:
        raise InputError(
            f"The header has {doubled[0]!r} more than once.",
            file=name,
            line=line,
            cure="Give each column a name of its own.",
        )
    return header


def _delimiter_hint(header: list[str], delimiter: str) -> str:
    if len(header) != 1:
        return ""
    likely = Counter({sign: header[0].count(sign) for sign in _DELIMITERS if sign != delimiter})
    sign, count = likely.most_common(1)[0]
    if not count:
        return ""
    return f'The header is one column: write `delimiter: "{_DELIMITERS[sign]}"` under `file`.'


def _jsonl(text: str, name: str) -> list[tuple[int, dict[str, Any]]]:
    records = []
    # Not splitlines(): a text may hold other line separators, which JSON does not escape.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise InputError(
                f"This is not JSON: {error.msg} (column {error.colno}).",
                file=name,
                line=number,
                cure="JSON Lines has one object per line.",
            ) from None
        except (RecursionError, ValueError):
            raise InputError("This is not JSON that can be read.", file=name, line=number) from None
        if not isinstance(record, dict):
            raise InputError("This line is not an object ({...}).", file=name, line=number)
        records.append((number, _flat(record)))
    return records


def _json(text: str, name: str) -> list[tuple[int, dict[str, Any]]]:
    try:
        records = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(
            f"This is not JSON: {error.msg} (column {error.colno}).", file=name, line=error.lineno
        ) from None
    except (RecursionError, ValueError):
        raise InputError("This is not JSON that can be read.", file=name) from None
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise InputError("A table in JSON is a list of objects: [{...}, {...}].", file=name)
    return [(number, _flat(record)) for number, record in enumerate(records, start=1)]


def _flat(record: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _of_records(
    records: list[tuple[int, dict[str, Any]]],
    name: str,
    unit: Literal["line", "row"],
    decimal: Literal[".", ","],
) -> RawTable:
    names = dict.fromkeys(key for _, record in records for key in record)
    columns = {key: [record.get(key) for _, record in records] for key in names}
    return RawTable(columns, [(name, number) for number, _ in records], name, unit, decimal)


def _parquet(path: Path, name: str) -> list[tuple[int, dict[str, Any]]]:
    import pyarrow as pa  # noqa: PLC0415 - `--help` does without pyarrow
    import pyarrow.parquet as pq  # noqa: PLC0415 - likewise

    if not path.stat().st_size:
        raise InputError("This file is empty.", file=name)
    try:
        records = pq.read_table(path).to_pylist()
    except pa.ArrowException as error:
        first = (str(error).splitlines() or ["unreadable"])[0]
        raise InputError(f"This is not a readable Parquet file: {first}.", file=name) from None
    return [(number, _flat(record)) for number, record in enumerate(records, start=1)]


def _neighbor(path: Path) -> str:
    if not path.parent.is_dir():
        return "There is no such folder either: is `root` the folder that holds the dataset?"
    names = [other.name for other in path.parent.iterdir() if other.is_file()]
    return nearest(path.name, names)
