"""Tables are read as they stand: texts stay texts, and what is broken is named with its line."""

from __future__ import annotations

import csv
import io
import json
from contextlib import suppress
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllmsent.data.table_files import read_table_file
from mllmsent.foundation import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from mllmsent.data.raw_table import RawTable

cells = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


def read(folder: Path, content: str | bytes, name: str = "t.csv", **options: str) -> RawTable:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_table_file(path, name=name, **options)  # type: ignore[arg-type]


def test_codes_and_the_word_na_stay_what_was_written(tmp_path: Path) -> None:
    table = read(tmp_path, "id,label,country\n007,NA,NO\n")
    assert [table.column(name)[0] for name in table.columns] == ["007", "NA", "NO"]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("id,mood\ncafé,gut\n".encode("utf-8-sig"), "utf-8"),
        ("id,mood\r\ncafé,gut\r\n".encode(), "utf-8"),
        ("id,mood\rcafé,gut\r".encode(), "utf-8"),
        ("id,mood\ncafé,gut\n".encode("latin-1"), "latin-1"),
        ("id,mood\ncafé,gut\n".encode("utf-16"), "utf-16"),
        ("\n id , mood \n\ncafé,gut\n,\n".encode(), "utf-8"),
    ],
    ids=["byte-order mark", "CRLF", "CR", "Latin-1", "UTF-16", "blank lines and spaces"],
)
def test_one_table_however_it_was_saved(tmp_path: Path, content: bytes, encoding: str) -> None:
    table = read(tmp_path, content, encoding=encoding)
    assert {name: list(column) for name, column in table.columns.items()} == {
        "id": ["café"],
        "mood": ["gut"],
    }


def test_a_long_description_with_line_breaks_is_one_cell(tmp_path: Path) -> None:
    """Longer than the 128 KiB at which the csv module gives up by default."""
    text = "Ein Satz, mit Komma\n" * 20_000
    before = csv.field_size_limit()
    table = read(tmp_path, f'id,text\n1,"{text}"\n2,short\n')
    assert table.column("text") == [text, "short"]
    assert table.places == [("t.csv", 2), ("t.csv", 20_003)], "lines as an editor counts them"
    assert csv.field_size_limit() == before, "the setting of other code is left alone"


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("", ["t.csv", "empty"]),
        ("  \n\n", ["t.csv", "empty"]),
        ("id,mood\n", ["t.csv", "no rows"]),
        ("id,mood\na,b\nc\n", ["t.csv:3", "1 fields, the header 2"]),
        ("id,mood\na,b,c\n", ["t.csv:2", "3 fields, the header 2"]),
        ('id,mood\na,b\nc,"open\nd,e\n', ["t.csv:3", "never closed"]),
        ("id,mood,id\na,b,c\n", ["t.csv:1", "'id' more than once"]),
        (b"id,mood\na,b\nc\xe9,d\n", ["t.csv:3", "not utf-8", "cp1252"]),
        ("id,mood\na,b\n".encode("utf-16"), ["t.csv", "UTF-16", "encoding: utf-16"]),
        (b"id,mood\na,\0\n", ["t.csv:2", "zero bytes"]),
    ],
)
def test_a_broken_csv_is_named_with_its_line(
    tmp_path: Path, content: str | bytes, parts: list[str]
) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, content)
    for part in parts:
        assert part in str(caught.value)


@pytest.mark.parametrize(("sign", "shown"), [(";", '";"'), ("\t", r'"\t"'), ("|", '"|"')])
def test_a_wrong_delimiter_is_told_with_the_likely_one(
    tmp_path: Path, sign: str, shown: str
) -> None:
    table = read(tmp_path, sign.join(["id", "mood"]) + "\n" + sign.join(["a", "b"]) + "\n")
    with pytest.raises(InputError, match=r"t.csv has no column 'mood'") as caught:
        table.column("mood")
    assert f"delimiter: {shown}" in caught.value.cure


def test_a_missing_column_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Did you mean 'sentiment'"):
        read(tmp_path, "id,sentiment\na,b\n").column("sentimnt")


def test_an_encoding_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no encoding 'latin1x'"):
        read(tmp_path, "id\na\n", encoding="latin1x")


@pytest.mark.parametrize("name", ["t.jsonl", "t.json"])
def test_json_is_read_with_dots_for_what_is_nested(tmp_path: Path, name: str) -> None:
    records = [{"id": 1, "who": {"age": 3}}, {"id": 2, "tags": ["a", "b"]}]
    text = "\n".join(map(json.dumps, records)) if name == "t.jsonl" else json.dumps(records)
    table = read(tmp_path, text, name)
    assert table.texts("id") == ["1", "2"]
    assert table.texts("who.age") == ["3", None]
    assert table.column("tags") == [None, ["a", "b"]]


@pytest.mark.parametrize(
    ("content", "name", "parts"),
    [
        ('{"id": 1}\n{"id": \n', "t.jsonl", ["t.jsonl:2", "not JSON"]),
        ('{"id": 1}\n[1]\n', "t.jsonl", ["t.jsonl:2", "not an object"]),
        ('[{"id": 1},\n{"id" 2}]', "t.json", ["t.json:2", "not JSON"]),
        ('{"id": 1}', "t.json", ["t.json", "list of objects"]),
        ("[" * 100_000, "t.jsonl", ["t.jsonl"]),
        (b"PAR1 nonsense", "t.parquet", ["t.parquet", "not a readable Parquet file"]),
        (b"", "t.parquet", ["t.parquet", "empty"]),
        (b"PK", "t.xlsx", ["t.xlsx", "Save it as CSV"]),
        (b"id\n1\n", "t.dat", ["t.dat", "'.dat'", "format"]),
    ],
)
def test_other_broken_files_are_named_too(
    tmp_path: Path, content: str | bytes, name: str, parts: list[str]
) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, content, name)
    for part in parts:
        assert part in str(caught.value)


def test_an_absent_file_is_answered_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "votes.csv").write_text("id\na\n")
    with pytest.raises(InputError, match=r"Did you mean 'votes.csv'"):
        read_table_file(tmp_path / "vote.csv", name="vote.csv")


def test_parquet_keeps_numbers_and_missing_cells(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": [1, 2], "x": [0.5, None]}), tmp_path / "t.parquet")
    table = read_table_file(tmp_path / "t.parquet", name="t.parquet")
    assert table.numbers("x") == [0.5, None]
    assert table.texts("id") == ["1", "2"]


@pytest.mark.parametrize("text", ["nan", "NA", "", "n/a", ".", "NULL"])
def test_what_programs_write_for_a_missing_number_is_none(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, f"id,x\na,{text}\nb,2\n").numbers("x") == [None, 2.0]


@pytest.mark.parametrize("text", ["3;5", "inf", "1_000", "٣", "three", "1e999"])
def test_what_is_no_number_is_named_with_its_row(tmp_path: Path, text: str) -> None:
    table = read(tmp_path, f"id,x\na,1\nb,{text}\n")
    with pytest.raises(InputError, match="not a number") as caught:
        table.numbers("x")
    assert caught.value.line == 3


def test_a_decimal_comma_is_read_where_it_is_declared_and_named_where_it_is_not(
    tmp_path: Path,
) -> None:
    content = "id;x\na;3,5\n"
    with pytest.raises(InputError, match='decimal: ","'):
        read(tmp_path, content, delimiter=";").numbers("x")
    assert read(tmp_path, content, delimiter=";", decimal=",").numbers("x") == [3.5]


@given(st.lists(st.lists(cells, min_size=2, max_size=2), min_size=1, max_size=5))
def test_every_text_comes_back_from_csv(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    """Whatever a cell holds: quotes, delimiters, line breaks, spaces, other scripts."""
    rows = [[f"x{first}", second] for first, second in rows]
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([["a", "b"], *rows])
    folder = tmp_path_factory.mktemp("csv")
    table = read(folder, out.getvalue().encode())
    assert [list(row) for row in zip(*table.columns.values(), strict=True)] == rows


@given(st.binary(max_size=200))
def test_no_bytes_at_all_break_the_reader(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    """A table comes out, or an error that a person can read."""
    folder = tmp_path_factory.mktemp("bytes")
    for name in ("t.csv", "t.jsonl", "t.json", "t.parquet"):
        (folder / name).write_bytes(content)
        with suppress(InputError):
            assert len(read_table_file(folder / name, name=name)) > 0
