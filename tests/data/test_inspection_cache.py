"""Photographs are decoded once, not at every command; what is kept is never believed blindly."""

from __future__ import annotations

import os
import sqlite3
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.data.cards import picture, read_card, write

from mllmsent.data import ImageInfo, item_images
from mllmsent.data.image_faults import ImageFault
from mllmsent.data.images import inspect_image
from mllmsent.data.inspection_cache import file_key, known_images, remember_images
from mllmsent.foundation import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from mllmsent.data import Dataset

CARD = "name: t\nemotion_target: evoked\nitems: {file: items.csv, id: id, image: '{id}.png'}\n"
texts = st.text(st.characters(codec="utf-8"), max_size=10)
faults = st.builds(ImageFault, texts, st.sampled_from(["info", "warning", "error"]), texts, texts)
infos = st.builds(
    ImageInfo, texts, texts, st.integers(1, 99), st.integers(1, 99), st.lists(faults).map(tuple)
)


@pytest.fixture
def dataset_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, looked_at: list[str]) -> Path:
    """Three pictures, an hour old, in a dataset for which the cache is used."""
    del looked_at
    monkeypatch.setenv("MLLMSENT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(item_images, "_WORTH_KEEPING", 2)
    folder = tmp_path / "dataset"
    for seed, name in enumerate("abc"):
        aged(picture(folder / f"{name}.png", seed))
    return write(folder, items_csv="id\na\nb\nc\n")


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the pictures that were truly inspected."""
    names: list[str] = []

    def inspect(path: Path) -> ImageInfo:
        names.append(path.name)
        return inspect_image(path)

    monkeypatch.setattr(item_images, "inspect_image", inspect)
    return names


def aged(path: Path, seconds: float = 3600) -> Path:
    then = time.time() - seconds
    os.utime(path, (then, then))
    return path


def read(folder: Path) -> Dataset:
    return read_card(CARD, folder)


def test_a_picture_is_inspected_once_until_it_changes(
    dataset_folder: Path, looked_at: list[str]
) -> None:
    first = read(dataset_folder)
    assert sorted(looked_at) == ["a.png", "b.png", "c.png"]
    looked_at.clear()
    again = read(dataset_folder)
    assert looked_at == []
    assert again.digest == first.digest
    aged(picture(dataset_folder / "b.png", 7), 1800)
    changed = read(dataset_folder)
    assert looked_at == ["b.png"]
    assert changed.digest != first.digest


def test_a_picture_that_was_just_written_is_not_kept(
    dataset_folder: Path, looked_at: list[str]
) -> None:
    """Within one tick of the clock it could change again unseen."""
    picture(dataset_folder / "b.png", 7)
    assert file_key(dataset_folder / "b.png") is None
    read(dataset_folder)
    looked_at.clear()
    read(dataset_folder)
    assert looked_at == ["b.png"]


def test_a_file_changed_behind_its_time_is_refused_when_it_is_sent(dataset_folder: Path) -> None:
    read(dataset_folder)
    status = (dataset_folder / "b.png").stat()
    data = bytearray((dataset_folder / "b.png").read_bytes())
    data[-20] ^= 1
    (dataset_folder / "b.png").write_bytes(data)
    os.utime(dataset_folder / "b.png", ns=(status.st_atime_ns, status.st_mtime_ns))
    image = read(dataset_folder).image("b")
    assert image is not None
    with pytest.raises(InputError, match="has changed since"):
        image.read_bytes()


def test_a_broken_cache_is_as_good_as_none(dataset_folder: Path, tmp_path: Path) -> None:
    expected = read(dataset_folder).digest
    cache = tmp_path / "cache" / "images.sqlite"
    with sqlite3.connect(cache) as connection:
        connection.execute("UPDATE images SET info = '{\"sha256\": 1}'")
    assert read(dataset_folder).digest == expected
    for leftover in cache.parent.iterdir():
        leftover.unlink()
    cache.write_bytes(b"not a database at all" * 100)
    assert read(dataset_folder).digest == expected


def test_a_cache_that_cannot_be_written_is_done_without(
    dataset_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (dataset_folder.parent / "file").touch()
    monkeypatch.setenv("MLLMSENT_CACHE", str(dataset_folder.parent / "file"))
    assert len(read(dataset_folder)) == 3


def test_the_cache_holds_no_names(dataset_folder: Path, tmp_path: Path) -> None:
    read(dataset_folder)
    content = b"".join(path.read_bytes() for path in (tmp_path / "cache").iterdir())
    assert content
    assert dataset_folder.name.encode() not in content
    assert b".png" not in content


@given(st.dictionaries(st.text("abcdef0123456789", min_size=1), infos, max_size=5))
def test_what_is_kept_comes_back_as_it_was(found: dict[str, ImageInfo]) -> None:
    remember_images(found)
    assert known_images(found) == found


def test_many_files_are_looked_up_at_once() -> None:
    info = ImageInfo("0" * 64, "image/png", 1, 1)
    keys = [f"many-{number}" for number in range(1201)]
    remember_images(dict.fromkeys(keys, info))
    assert len(known_images(keys)) == 1201
