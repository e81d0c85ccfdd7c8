"""Filters and limits choose the items that were meant, and a larger limit only adds to them."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllmsent.data import Dataset, load_dataset
from mllmsent.foundation import InputError
from mllmsent.runs.selection import filtered_items, limited_items
from mllmsent.runs.study import parse_study
from mllmsent.runs.study_data import ItemFilter

ITEMS = [f"item {number}" for number in range(60)]


@given(seed=st.integers(0, 1000), small=st.integers(1, 60), more=st.integers(0, 60))
def test_a_larger_limit_takes_the_same_items_and_more(seed: int, small: int, more: int) -> None:
    few = limited_items(ITEMS, small, seed)
    many = limited_items(ITEMS, small + more, seed)
    assert set(few) <= set(many)
    assert len(few) == small
    assert many == [item for item in ITEMS if item in many], "in the dataset's order"


def test_another_seed_draws_other_items_and_no_limit_takes_all() -> None:
    assert limited_items(ITEMS, 10, 1) != limited_items(ITEMS, 10, 2)
    assert limited_items(ITEMS, None, 1) == ITEMS


def test_items_that_go_from_the_dataset_change_nobody_elses_place() -> None:
    drawn = limited_items(ITEMS, 20, 5)
    kept = [item for item in ITEMS if item in drawn or int(item[5:]) % 2]
    assert limited_items(kept, 20, 5) == drawn


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    (tmp_path / "dataset.yaml").write_text(
        "name: texts\ntitle: t\nemotion_target: evoked\n"
        "items: {file: items.csv, id: id, text: text, metadata: [year, theme, indoor]}\n"
    )
    (tmp_path / "items.csv").write_text(
        "id,text,year,theme,indoor\n1,a,2020,Dog,true\n2,b,2021,Cat,false\n"
        "3,c,,Dog,true\n007,d,2020,2.0,false\n"
    )
    return load_dataset(tmp_path / "dataset.yaml")


@pytest.mark.parametrize(
    ("where", "items"),
    [
        ({"year": 2020}, ["1", "007"]),
        ({"year": "2020"}, ["1", "007"]),
        ({"year": [2020, 2021]}, ["1", "2", "007"]),
        ({"theme": "Dog"}, ["1", "3"]),
        ({"indoor": True}, ["1", "3"]),
        ({"indoor": "true", "year": 2020}, ["1"]),
    ],
)
def test_metadata_is_compared_as_people_write_it(
    where: dict[str, Any], items: list[str], dataset: Dataset
) -> None:
    assert filtered_items(ItemFilter(where=where), dataset) == items


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ({"theme": "dog"}, "Did you mean 'Dog'"),
        ({"them": "Dog"}, "Did you mean 'theme'"),
        ({"year": 2021, "theme": "Dog"}, "No item is left"),
    ],
)
def test_a_filter_that_leaves_nothing_names_what_there_is(
    where: dict[str, Any], said: str, dataset: Dataset
) -> None:
    with pytest.raises(InputError, match=said):
        filtered_items(ItemFilter(where=where), dataset)


def test_ids_that_yaml_reads_as_numbers_are_texts(dataset: Dataset) -> None:
    study = parse_study(
        "name: a\ndataset: b\nschemes: [polarity3]\nmodels: [a/b]\nitems: {ids: [2, 1]}\n"
    )
    assert filtered_items(study.items, dataset) == ["1", "2"]
    with pytest.raises(InputError, match="Did you mean '007'"):
        filtered_items(ItemFilter(ids=("07",)), dataset)
