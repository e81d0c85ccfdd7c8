"""The examples of `docs/datasets.md` are complete: what a reader copies runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.data.cards import picture

from mllmsent.data import Dataset, TargetSpec, compute_targets, load_dataset
from mllmsent.data.card import Card

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "datasets.md").read_text(encoding="utf-8")
SECTIONS = {part.partition("\n")[0]: part for part in re.split(r"^## ", GUIDE, flags=re.MULTILINE)}


def write_files(section: str, folder: Path) -> Dataset:
    text = next(part for title, part in SECTIONS.items() if title.startswith(section))
    files = re.findall(r"\*\*`([^`]+)`\*\*\n```\w+\n(.*?)```", text, flags=re.DOTALL)
    assert len(files) >= 3
    for name, content in files:
        (folder / name).write_text(content, encoding="utf-8")
    return load_dataset(folder)


def test_the_first_example_is_read_and_its_tie_has_no_label(tmp_path: Path) -> None:
    for seed, name in enumerate(["harbor", "harbor-2", "stairs", "market"]):
        picture(tmp_path / "photos" / f"{name}.png", seed)
    dataset = write_files("First example", tmp_path)
    assert dataset.summary()["images"] == 4
    assert dataset.summary()["groups"] == 2
    assert not len(dataset.faults)
    spec = TargetSpec(scheme="polarity3", min_agreement=2, annotator_groups=("gender",))
    targets = compute_targets(dataset, spec)
    everybody = targets[targets["annotator_group"] == "all"].set_index("item_id")
    assert everybody["label"].fillna("-").to_dict() == {
        "harbor.png": "positive",
        "harbor-2.png": "positive",
        "stairs.png": "negative",
        "market.png": "-",
    }
    assert set(everybody["distribution"]["market.png"].values()) == {1 / 3}
    assert set(targets["annotator_group"]) == {"all", "gender=f", "gender=m"}


def test_the_second_example_is_read_with_both_its_scales(tmp_path: Path) -> None:
    picture(tmp_path / "part1" / "1.jpg", 1)
    picture(tmp_path / "part2" / "2.jpg", 2)
    picture(tmp_path / "part2" / "3.png", 3)
    dataset = write_files("Second example", tmp_path)
    assert dataset.items["path"].tolist() == ["part1/1.jpg", "part2/2.jpg", "part2/3.png"]
    assert {scheme.name for scheme in dataset.schemes} == {"valence-0-100", "valence-1-9"}
    assert dataset.descriptions["text"][0] == "A lake at dawn, without wind."
    rated = compute_targets(dataset, TargetSpec(scheme="valence-arousal", source="valence-0-100"))
    assert rated["mean"].tolist() == pytest.approx([1 + 76.25 * 0.08, 1 + 64 * 0.08, 1 + 12 * 0.08])
    cut = TargetSpec(scheme="polarity3", source="valence-0-100", cuts=(40, 60), min_agreement=2)
    labels = compute_targets(dataset, cut)["label"]
    assert labels.fillna("-").tolist() == ["positive", "-", "-"]


def test_the_guide_names_every_key_of_a_card() -> None:
    assert [key for key in Card.model_fields if f"`{key}`" not in GUIDE] == []
