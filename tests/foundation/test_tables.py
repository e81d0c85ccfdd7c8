"""Tables are checked when they are written and when they are read."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllmsent.foundation import InputError
from mllmsent.foundation.tables import (
    TABLES,
    check_table,
    empty_table,
    read_table,
    write_table,
)


@pytest.mark.parametrize("name", TABLES)
def test_every_table_can_be_empty_and_survives_the_disk(name: str, tmp_path: Path) -> None:
    write_table(name, empty_table(name), tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(read_table(name, tmp_path / "t.parquet"), empty_table(name))


def test_maps_lists_and_gaps_survive_the_disk(tmp_path: Path) -> None:
    rows = pd.DataFrame(
        {
            "item_id": ["a", "b"],
            "system_id": "s",
            "scheme": "polarity3",
            "condition": "none",
            "repeat": 0,
            "status": ["ok", "unparsed"],
            "scores": [{"positive": 0.75, "negative": 0.25}, None],
            "request_keys": [["k1", "k2"], None],
            "label": ["positive", None],
        }
    )
    write_table("predictions", rows, tmp_path / "p.parquet")
    back = read_table("predictions", tmp_path / "p.parquet")
    assert back["scores"].tolist() == [{"positive": 0.75, "negative": 0.25}, None]
    assert back["request_keys"].tolist() == [["k1", "k2"], None]
    assert back["label"].isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ({"path": ["x.png"]}, "no column 'item_id'"),
        ({"item_id": ["a", None]}, "row 1: 'item_id' is missing"),
        ({"item_id": ["a", "a"]}, "row 1: a second row for item_id='a'"),
        ({"item_id": ["a", "b"], "width": [10, "wide"]}, "row 1: 'width' is 'wide', not a number"),
    ],
)
def test_a_broken_table_names_its_row_and_column(rows: dict[str, list[object]], said: str) -> None:
    with pytest.raises(InputError, match=said):
        check_table("items", pd.DataFrame(rows))


def test_a_closed_table_refuses_an_unknown_column_and_offers_the_nearest() -> None:
    rows = empty_table("predictions").assign(lable="x")
    with pytest.raises(InputError, match=r"'lable'.*\n.*'label'"):
        check_table("predictions", rows)


def test_an_open_table_keeps_metadata() -> None:
    rows = check_table("items", pd.DataFrame({"item_id": ["a"], "theme": ["dog"]}))
    assert rows["theme"].tolist() == ["dog"]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not parquet at all"])
def test_a_file_that_is_no_table_says_so(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "items.parquet"
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"items\.parquet: .*not a readable Parquet file"):
        read_table("items", file)


@given(st.lists(st.text(min_size=1), unique=True, max_size=5))
def test_any_text_is_an_item_id(names: list[str]) -> None:
    table = check_table("items", pd.DataFrame({"item_id": pd.Series(names, dtype="string")}))
    assert table["item_id"].tolist() == names
