"""Copies of pictures are found however they were made, and different pictures are left alone."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageOps
from tests.audit.planting import changed, sound_dataset

from mllmsent.audit import Finding, audit_dataset
from mllmsent.audit.copies import clusters
from mllmsent.audit.picture_likeness import alike, thumbnail
from mllmsent.data import load_dataset
from mllmsent.data.conditions import apply_condition
from mllmsent.data.images import open_image
from mllmsent.foundation.tables import check_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mllmsent.data.dataset import Dataset


def picture(seed: int, size: tuple[int, int] = (240, 180)) -> Image.Image:
    """Blobs of light and color on several scales, as different from another seed as photographs."""
    rng = np.random.default_rng(seed)
    total = np.zeros((size[1], size[0], 3))
    for cells in (3, 6, 12, 40):
        small = rng.integers(0, 256, (cells, cells, 3), dtype=np.uint8)
        total += np.asarray(Image.fromarray(small).resize(size, Image.Resampling.BICUBIC))
    return ImageOps.autocontrast(Image.fromarray((total / 4).astype(np.uint8)))


def dataset_of(pictures: list[Image.Image], root: Path) -> Dataset:
    """The first items of a sound dataset, with these pictures."""
    dataset = replace(sound_dataset(0), root=root)
    items = dataset.subset(list(dataset.items["item_id"][: len(pictures)])).items.copy()
    for row, image in enumerate(pictures):
        path = root / f"{row}.png"
        image.save(path, compress_level=1)
        items.loc[row, "path"] = path.name
        items.loc[row, "sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    return replace(dataset.subset(list(items["item_id"])), items=check_table("items", items))


def of_code(dataset: Dataset, code: str, *audits: str) -> list[Finding]:
    return [finding for finding in audit_dataset(dataset, only=audits) if finding.code == code]


COPIES: dict[str, Callable[[Image.Image, int], Image.Image]] = {
    "compressed": lambda image, seed: apply_condition(image, "jpeg:quality=15", seed),
    "half the size": lambda image, _: image.resize((image.width // 2, image.height // 2)),
    "another shape": lambda image, _: image.resize((image.width, image.width)),
    "brighter": lambda image, seed: apply_condition(image, "brighten:stops=0.5", seed),
    "darker": lambda image, seed: apply_condition(image, "darken:stops=1", seed),
    "grey": lambda image, seed: apply_condition(image, "grey", seed),
    "warmer": lambda image, seed: apply_condition(image, "warm", seed),
    "blurred": lambda image, seed: apply_condition(image, "blur:sigma=2", seed),
    "noisy": lambda image, seed: apply_condition(image, "noise:sd=15", seed),
    "mirrored": lambda image, seed: apply_condition(image, "flip", seed),
    "cut a little": lambda image, seed: apply_condition(image, "crop:keep=0.97", seed),
    "framed": lambda image, _: ImageOps.expand(image, 4, "black"),
}


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_is_found_however_it_was_made(how: str) -> None:
    """Twenty pictures each, among twelve others."""
    others = [thumbnail(picture(seed)) for seed in range(100, 112)]
    for seed in range(20):
        original = picture(seed)
        copy = COPIES[how](original, seed)
        pairs = list(alike([*others, thumbnail(original), thumbnail(copy)], 0.9))
        assert [(one, other) for one, other, *_ in pairs] == [(12, 13)], seed
        assert pairs[0][3] == (how == "mirrored")


def test_different_pictures_are_not_alike() -> None:
    thumbnails = [thumbnail(picture(seed)) for seed in range(150)]
    assert list(alike(thumbnails, 0.6)) == []


def test_flat_pictures_are_like_nothing() -> None:
    """Two white pages are two failed downloads, which another audit tells, and no copies."""
    pages = [thumbnail(Image.new("RGB", (90, 90), color)) for color in ("white", "white", "black")]
    assert list(alike(pages, 0.9)) == []
    assert list(alike(pages[:1], 0.9)) == []
    assert list(alike([], 0.9)) == []


def test_near_duplicates_are_told_with_their_partner(tmp_path: Path) -> None:
    pictures = [picture(seed) for seed in range(6)]
    pictures.append(COPIES["compressed"](pictures[2], 0))
    pictures.append(COPIES["mirrored"](pictures[2], 0))
    (finding,) = of_code(
        dataset_of(pictures, tmp_path), "near-duplicate-images", "near-duplicate-images"
    )
    assert [row.item_id for row in finding.rows] == ["item002", "item006", "item007"]
    assert "a copy of 'item002'" in finding.rows[1].note
    assert "mirrored" in finding.rows[2].note
    assert finding.message.startswith("3 items show only 1 picture, ")


def test_the_same_file_twice_is_a_duplicate_and_not_a_near_one(tmp_path: Path) -> None:
    pictures = [picture(seed) for seed in (0, 1, 2, 1)]
    dataset = dataset_of(pictures, tmp_path)
    assert of_code(dataset, "near-duplicate-images", "near-duplicate-images") == []
    (finding,) = of_code(dataset, "duplicate-images", "duplicate-images")
    assert [row.item_id for row in finding.rows] == ["item001", "item003"]
    assert [row.file for row in finding.rows] == ["1.png", "3.png"]


@pytest.mark.parametrize("audit", ["duplicate-images", "near-duplicate-images"])
def test_copies_are_harmless_within_a_group_and_grave_across_splits(
    audit: str, tmp_path: Path
) -> None:
    copy = picture(1) if audit == "duplicate-images" else COPIES["darker"](picture(1), 0)
    dataset = dataset_of([picture(0), picture(1), picture(2), copy], tmp_path)
    items = changed(dataset.items, slice(None), split="train")
    assert of_code(replace(dataset, items=items), audit, audit)[0].severity == "warning"
    torn = changed(items, 3, split="test")
    assert of_code(replace(dataset, items=torn), audit, audit)[0].severity == "error"
    together = changed(torn, [1, 3], group="pair")
    assert of_code(replace(dataset, items=together), audit, audit) == []


def test_copies_that_are_judged_differently_are_told(tmp_path: Path) -> None:
    dataset = dataset_of([picture(seed) for seed in (0, 1, 2, 1)], tmp_path)
    votes = dataset.annotations
    rows = (votes["item_id"] == "item001") & votes["label"].notna()
    others = (votes["item_id"] == "item003") & votes["label"].notna()
    votes = changed(changed(votes, rows, label="positive"), others, label="negative")
    same = votes[votes["label"].notna()]
    (finding,) = of_code(
        replace(dataset, annotations=same, norms=dataset.norms[:0]),
        "contradictory-copies",
        "contradictions",
    )
    assert {row.item_id: row.note for row in finding.rows} == {
        "item001": "'positive'; the same picture is 'negative' as 'item003'",
        "item003": "'negative'; the same picture is 'positive' as 'item001'",
    }
    agreed = changed(same, same["item_id"] == "item003", label="positive")
    sound = replace(dataset, annotations=agreed, norms=dataset.norms[:0])
    assert of_code(sound, "contradictory-copies", "contradictions") == []


def test_a_picture_that_is_gone_by_now_is_passed_over(tmp_path: Path) -> None:
    dataset = dataset_of([picture(seed) for seed in range(3)], tmp_path)
    (tmp_path / "1.png").unlink()
    assert audit_dataset(dataset, only=["near-duplicate-images"]) == []


def test_clusters_are_what_pairs_connect() -> None:
    assert clusters([(5, 2), (7, 8), (2, 9), (8, 7)]) == [[2, 5, 9], [7, 8]]
    assert clusters([]) == []


@pytest.mark.slow
def test_bass_has_one_player_with_two_rackets(shared_data: Path) -> None:
    """Of 583 silhouettes, badminton.png and tennis2.png are one drawing, and no others are."""
    dataset = load_dataset("bass", root=shared_data / "bass")
    (finding,) = audit_dataset(dataset)
    assert finding.code == "near-duplicate-images"
    assert {row.item_id for row in finding.rows} == {"badminton.png", "tennis2.png"}


def test_photographs_of_oasis_are_all_different(shared_data: Path) -> None:
    assert audit_dataset(load_dataset("oasis-dev", root=shared_data / "oasis-dev")) == []


def test_copies_of_real_photographs_are_found(shared_data: Path) -> None:
    files = sorted((shared_data / "oasis-dev" / "images").glob("*.jpg"))[:30]
    thumbnails, copies = [], []
    for number, file in enumerate(files):
        image = open_image(file)
        how = list(COPIES)[number % len(COPIES)]
        thumbnails.append(thumbnail(open_image(file, at_least=192)))
        copies.append(thumbnail(COPIES[how](image, number)))
    found = {(one, other) for one, other, *_ in alike([*thumbnails, *copies], 0.9)}
    assert found == {(number, number + len(files)) for number in range(len(files))}
