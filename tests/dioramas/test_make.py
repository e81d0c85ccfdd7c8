"""The made folder: complete, readable as any dataset, the same from the same seed, synthetic."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mllmsent.data import TargetSpec, compute_targets, load_dataset
from mllmsent.dioramas import (
    dioramas_dataset,
    feeling,
    load_masks,
    make_dioramas,
    render,
    render_masks,
    sample_diorama,
)
from mllmsent.foundation import InputError


def test_it_is_a_dataset_without_a_fault_that_says_it_is_synthetic(made: Path) -> None:
    dataset = load_dataset(made)
    assert len(dataset) == 30
    assert len(dataset.faults) == 0
    assert dataset.synthetic
    assert dataset.emotion_target == "evoked"
    assert {scheme.name for scheme in dataset.schemes} == {"polarity5", "mikels", "valence-arousal"}
    assert len(dataset.annotations) == 30 * 5 * 4
    assert set(dataset.annotations["annotator_cohort"]) == {"a", "b"}
    assert "ynthetic" in (made / "README.md").read_text()
    assert "ynthetic" in dataset.title


def test_its_targets_can_be_computed_with_agreement_and_by_cohort(made: Path) -> None:
    dataset = load_dataset(made)
    everybody = compute_targets(
        dataset,
        TargetSpec(
            scheme="polarity3", source="polarity5", fold="polarity5-to-polarity3", min_agreement=3
        ),
    )
    assert everybody["label"].notna().sum() >= 20
    cohorts = compute_targets(
        dataset, TargetSpec(scheme="valence-arousal", annotator_groups=("cohort",))
    )
    assert {"cohort=a", "cohort=b"} <= set(cohorts["annotator_group"])


def test_twins_are_one_group(made: Path) -> None:
    items = load_dataset(made).items.set_index("item_id")
    twins = items[items["twin_of"].notna()]
    assert len(twins) == 7
    groups = dict(zip(items.index, items["group"], strict=True))
    for twin_of, group in zip(twins["twin_of"], twins["group"], strict=True):
        assert groups[twin_of] == group


def test_pictures_and_masks_are_those_of_the_scenes(made: Path) -> None:
    for index in (0, 3, 8):
        diorama = sample_diorama(7, index)
        with Image.open(made / "images" / f"{diorama.item_id}.png") as image:
            assert (np.asarray(image) == render(diorama.scene, 128)).all()
        masks = load_masks(made, diorama.item_id)
        drawn = render_masks(diorama.scene, 128).as_dict()
        assert set(masks) == set(drawn)
        for name, mask in masks.items():
            assert (mask == drawn[name]).all()


def test_the_truth_is_written_beside_the_pictures(made: Path) -> None:
    rows = [json.loads(line) for line in (made / "scenes.jsonl").read_text().splitlines()]
    assert [row["item_id"] for row in rows] == [f"diorama-{index:05d}" for index in range(30)]
    for row in rows[:6]:
        truth = feeling(sample_diorama(7, int(row["item_id"][-5:])).scene)
        assert row["truth"]["polarity5"] == truth.polarity
        assert row["truth"]["valence"] == pytest.approx(truth.valence, abs=1e-3)
        for element in row["elements"]:
            left, top, right, bottom = element["box"]
            assert 0 <= left < right <= 1
            assert 0 <= top < bottom <= 1
            assert 0 < element["area"] <= (right - left) * (bottom - top) + 1e-4


def test_the_same_seed_makes_the_same_folder_in_one_process_or_in_two(
    made: Path, tmp_path: Path
) -> None:
    again = make_dioramas(tmp_path / "again", n=30, seed=7, size=128, workers=1)
    files = sorted(path.relative_to(made) for path in made.rglob("*") if path.is_file())
    assert len(files) == 30 * 2 + 6
    for name in files:
        assert (again / name).read_bytes() == (made / name).read_bytes()
    assert load_dataset(again).digest == load_dataset(made).digest


def test_progress_counts_up_to_the_end(tmp_path: Path) -> None:
    seen: list[int] = []
    make_dioramas(tmp_path / "few", n=5, seed=1, size=32, progress=seen.append)
    assert seen == [1, 2, 3, 4, 5]


def test_a_smaller_making_leaves_nothing_of_a_larger_one(tmp_path: Path) -> None:
    make_dioramas(tmp_path, n=4, seed=1, size=32)
    make_dioramas(tmp_path, n=2, seed=1, size=32)
    assert len(list((tmp_path / "images").iterdir())) == 2
    assert len(load_dataset(tmp_path)) == 2


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(InputError, match=r"something else: thesis\.txt"):
        make_dioramas(tmp_path, n=2, seed=1)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(("n", "size"), [(0, 384), (5, 4), (5, 100_000)])
def test_impossible_numbers_are_refused(tmp_path: Path, n: int, size: int) -> None:
    with pytest.raises(InputError, match="cannot be made"):
        make_dioramas(tmp_path / "new", n=n, seed=1, size=size)
    assert not (tmp_path / "new").exists()


def test_an_unfinished_making_is_no_dataset_and_can_be_made_again(tmp_path: Path) -> None:
    """The card comes last: a folder that was interrupted is not mistaken for a whole one."""
    folder = dioramas_dataset(2, 1, tmp_path, size=32).root
    (folder / "dataset.yaml").unlink()
    assert len(dioramas_dataset(2, 1, tmp_path, size=32)) == 2


def test_a_made_dataset_is_not_made_again(tmp_path: Path) -> None:
    first = dioramas_dataset(2, 1, tmp_path, size=32)
    stamp = (first.root / "dataset.yaml").stat().st_mtime_ns
    assert dioramas_dataset(2, 1, tmp_path, size=32).digest == first.digest
    assert (first.root / "dataset.yaml").stat().st_mtime_ns == stamp


def test_masks_of_an_unknown_diorama_are_an_input_error(made: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such diorama"):
        load_masks(made, "diorama-99999")
    with pytest.raises(InputError, match="no dioramas"):
        load_masks(tmp_path, "diorama-00000")
