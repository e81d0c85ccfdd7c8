"""Measuring a dataset's pictures: each once, and again only where something has changed."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.runs.conftest import draw

from mllmsent.data import load_dataset
from mllmsent.data.cache_folder import cache_folder
from mllmsent.features import feature_names, measure, measure_items, measuring


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLLMSENT_CACHE", str(tmp_path / "cache"))
    return draw(tmp_path / "photos", 4)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows with each picture that is measured in this process."""
    seen: list[int] = []

    def counted(image: object) -> dict[str, float]:
        seen.append(1)
        return measure(image)  # type: ignore[arg-type]

    monkeypatch.setattr(measuring, "measure", counted)
    return seen


def test_a_row_per_item_and_a_column_per_feature_and_the_second_time_nothing_is_measured(
    photos: Path, opened: list[int]
) -> None:
    dataset = load_dataset(photos)
    told: list[int] = []
    first = measure_items(dataset, done=told.append)
    assert list(first.index) == list(dataset.items["item_id"])
    assert tuple(first.columns) == feature_names()
    assert first.notna().all(axis=None)
    assert (sum(told), len(opened)) == (12, 12)
    again = measure_items(load_dataset(photos), list(first.index[:5]), done=told.append)
    assert (sum(told), len(opened)) == (17, 12)
    pd.testing.assert_frame_equal(again, first.iloc[:5])


def test_processes_change_nothing(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = load_dataset(photos)
    alone = measure_items(dataset, workers=1)
    monkeypatch.setenv("MLLMSENT_CACHE", str(tmp_path / "another"))
    pd.testing.assert_frame_equal(measure_items(dataset, workers=2), alone)


def test_a_changed_picture_is_another_one(photos: Path, opened: list[int]) -> None:
    dataset = load_dataset(photos)
    plain = measure_items(dataset)
    gray = measure_items(dataset, condition="grey")
    assert len(opened) == 24
    np.testing.assert_allclose(gray["chroma"], 0, atol=0.1)
    assert (plain["chroma"] > 1).any()


def test_a_picture_that_broke_has_a_row_of_nothing_and_the_others_are_measured(
    photos: Path,
) -> None:
    dataset = load_dataset(photos)
    broken = photos / "neutral" / "001.png"
    broken.write_bytes(broken.read_bytes()[:60])
    table = measure_items(dataset)
    assert list(table.index[table.isna().all(axis=1)]) == ["neutral/001.png"]
    assert table.notna().all(axis=1).sum() == 11


def test_a_cache_that_is_no_cache_is_as_good_as_none(photos: Path, opened: list[int]) -> None:
    dataset = load_dataset(photos)
    first = measure_items(dataset)
    file = cache_folder() / "image-features.sqlite"
    with closing(sqlite3.connect(file)) as cache, cache:
        cache.execute("UPDATE results SET result = ? WHERE rowid % 2 = 0", [b'{"hue": "many"}'])
    pd.testing.assert_frame_equal(measure_items(dataset), first)
    assert len(opened) == 18
    for each in file.parent.glob("image-features*"):
        each.unlink()
    file.write_bytes(b"no database " * 100)
    pd.testing.assert_frame_equal(measure_items(dataset), first)
    assert len(opened) == 30
