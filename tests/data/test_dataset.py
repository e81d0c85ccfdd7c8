"""A dataset is its content: where it lies and what it is called make no difference."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from tests.data.cards import CARD, ITEMS, VOTES, picture, small

from mllmsent.data import load_dataset
from mllmsent.foundation import InputError

if TYPE_CHECKING:
    from pathlib import Path

PICTURED = CARD.replace("  id: id\n", "  id: id\n  image: 'images/{id}.png'\n")


@pytest.fixture
def pictured(tmp_path: Path) -> Path:
    folder = tmp_path / "here"
    for seed, item in enumerate("abc"):
        picture(folder / "images" / f"{item}.png", seed)
    small(folder, dataset_yaml=PICTURED)
    return folder


def test_the_digest_does_not_depend_on_where_the_folder_lies(
    pictured: Path, tmp_path: Path
) -> None:
    there = tmp_path / "elsewhere" / "under another name"
    shutil.copytree(pictured, there)
    shutil.move(there / "images", there / "pictures")
    (there / "dataset.yaml").write_text(
        PICTURED.replace("images/", "pictures/").replace("name: small", "name: large")
    )
    assert load_dataset(there).digest == load_dataset(pictured).digest


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("items.csv", ITEMS.replace("sad", "sadder")),
        ("items.csv", "id,mood\nb,glad\na,sad\nc,glad\n"),
        ("votes.csv", VOTES.replace("a,y,m,neutral", "a,y,m,positive")),
        ("votes.csv", VOTES.replace(",m,", ",d,")),
        ("dataset.yaml", PICTURED.replace("evoked", "depicted")),
    ],
    ids=["metadata", "order of items", "a vote", "an annotator", "emotion target"],
)
def test_the_digest_changes_with_the_content(pictured: Path, name: str, content: str) -> None:
    before = load_dataset(pictured).digest
    (pictured / name).write_text(content)
    assert load_dataset(pictured).digest != before


def test_the_digest_changes_with_a_picture(pictured: Path) -> None:
    before = load_dataset(pictured).digest
    picture(pictured / "images" / "b.png", 99)
    assert load_dataset(pictured).digest != before


def test_a_subset_keeps_the_datasets_order_and_what_belongs_to_its_items(pictured: Path) -> None:
    dataset = load_dataset(pictured)
    part = dataset.subset(["b", "a"])
    assert part.items["item_id"].tolist() == ["a", "b"]
    assert len(part.annotations) == 4
    assert part.image("b") == dataset.image("b")
    assert part.subset(["a"]).annotations["item_id"].unique().tolist() == ["a"]
    assert part.digest != dataset.digest
    assert dataset.subset(dataset.items["item_id"]).digest == dataset.digest
    with pytest.raises(InputError, match="no item 'bb'"):
        dataset.subset(["bb"])
    with pytest.raises(InputError, match="no item 'c'"):
        part.image("c")


def test_the_summary_is_plain_json_and_counts(pictured: Path) -> None:
    summary = load_dataset(pictured).summary()
    json.dumps(summary)
    assert summary["items"] == summary["images"] == 3
    assert summary["annotators"] == 2
    assert summary["annotator_columns"] == ["annotator_sex"]
    assert summary["votes"] == {"polarity3": 4}
    assert summary["ratings"] == {}


def test_a_dataset_without_items_of_its_scheme_says_what_it_has(pictured: Path) -> None:
    with pytest.raises(InputError, match="Did you mean 'polarity3'"):
        load_dataset(pictured).scheme("polarity")
