"""Balanced, a dataset has as many of each class; otherwise it is what it always was."""

import hashlib
import json
from collections import Counter
from pathlib import Path

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mllmsent.cli.datasets import make_dioramas_command
from mllmsent.data import Dataset, TargetSpec, compute_targets, load_dataset
from mllmsent.dioramas import annotate, dioramas_dataset, make_dioramas, sample_diorama
from mllmsent.dioramas.annotators import majority
from mllmsent.dioramas.recipe import BALANCES, Recipe
from mllmsent.foundation import InputError


@pytest.fixture(scope="module")
def balanced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dioramas(
        tmp_path_factory.mktemp("balanced") / "d", n=50, seed=7, size=32, balanced="polarity3"
    )


def targets(dataset: Dataset, min_agreement: int = 3) -> dict[str, str]:
    """What a study takes the majority for."""
    spec = TargetSpec(
        scheme="polarity3", source="polarity5", fold="polarity5-to-polarity3",
        min_agreement=min_agreement,
    )  # fmt: skip
    rows = compute_targets(dataset, spec)
    return dict(zip(rows["item_id"], rows["label"], strict=True))


def test_every_item_has_a_majority_and_the_classes_are_as_even_as_they_can_be(
    balanced: Path,
) -> None:
    dataset = load_dataset(balanced)
    found = targets(dataset)
    assert set(found) == set(dataset.items["item_id"])
    assert Counter(found.values()) == {"negative": 17, "neutral": 17, "positive": 16}


def test_pictures_votes_and_truth_are_those_of_the_same_scenes_unbalanced(balanced: Path) -> None:
    plain = load_dataset(make_dioramas(balanced.parent / "plain", n=40, seed=7, size=32))
    dataset = load_dataset(balanced)
    shared = set(plain.items["item_id"]) & set(dataset.items["item_id"])
    assert len(shared) > 15
    columns = ["item_id", "annotator_id", "scheme", "dimension", "label", "value"]
    votes = [
        each.annotations[each.annotations["item_id"].isin(shared)][columns].to_numpy().tolist()
        for each in (plain, dataset)
    ]
    assert str(votes[0]) == str(votes[1])
    for item in shared:
        names = [folder / "images" / f"{item}.png" for folder in (balanced, plain.root)]
        assert names[0].read_bytes() == names[1].read_bytes()


def test_twins_are_twins_of_items_that_are_there(balanced: Path) -> None:
    items = load_dataset(balanced).items.set_index("item_id")
    twins = items[items["twin_of"].notna()]
    assert len(twins) >= 3
    assert set(twins["twin_of"]) <= set(items.index)
    assert twins["changed"].notna().all()
    for item, twin in twins.iterrows():
        assert items.loc[twin["twin_of"], "group"] == twin["group"], item
    sizes = items["group"].value_counts()
    assert (sizes == 2).sum() == len(twins), "an orphaned twin is a group of its own"
    rows = [json.loads(line) for line in (balanced / "scenes.jsonl").read_text().splitlines()]
    assert {row["item_id"] for row in rows if row["twin_of"]} == set(twins.index)


def test_the_folder_says_that_it_is_balanced_and_how_to_make_it_again(balanced: Path) -> None:
    dataset = load_dataset(balanced)
    assert dataset.version.endswith("seed 7, n 50, 32 px, balanced polarity3")
    readme = (balanced / "README.md").read_text()
    assert "balanced over polarity3" in readme
    assert "--n 50 --seed 7 --size 32 --balanced polarity3 --out" in readme


def test_it_is_drawn_in_one_process_as_in_two(balanced: Path, tmp_path: Path) -> None:
    again = make_dioramas(tmp_path, n=50, seed=7, size=32, balanced="polarity3", workers=1)
    files = sorted(path.relative_to(balanced) for path in balanced.rglob("*") if path.is_file())
    assert len(files) == 50 * 2 + 6
    for name in files:
        assert (again / name).read_bytes() == (balanced / name).read_bytes()


@pytest.mark.parametrize("scheme", BALANCES)
@given(n=st.integers(1, 40), seed=st.integers(0, 10_000))
@settings(max_examples=8, deadline=None)
def test_classes_differ_by_one_at_most_whatever_the_seed_and_number(
    scheme: str, n: int, seed: int
) -> None:
    chosen = Recipe(n, seed, balanced=scheme).dioramas()
    labels = Counter(majority(annotate(each, seed), scheme, 3) for each in chosen)
    classes = {"polarity3": 3, "polarity5": 5, "mikels": 8}[scheme]
    assert None not in labels
    assert len(chosen) == n
    assert len(labels) == min(n, classes)
    assert max(labels.values()) - min(labels.values()) <= 1
    assert [each.index for each in chosen] == sorted({each.index for each in chosen})


def test_without_the_option_everything_is_as_it_was_to_the_byte(tmp_path: Path) -> None:
    """Written down before there was a balance."""
    made = make_dioramas(tmp_path / "d", n=12, seed=7, size=64)
    files = sorted(path for path in made.rglob("*") if path.is_file() and path.suffix != ".png")
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in files} == {
        "README.md": "48b3e1a6c8bb6f7b",
        "annotations.csv": "31b7dcd7f32cea51",
        "dataset.yaml": "05919768812da35a",
        "descriptions.csv": "782b13433b1d1c4c",
        "items.csv": "dc88c72ff926dee2",
        "scenes.jsonl": "972acc1fa1724f6a",
    }
    assert Recipe(12, 7, 64).dioramas() == [sample_diorama(7, index) for index in range(12)]
    assert Recipe(300, 7).folder == "dioramas-300-7-384-v1"


def test_balanced_and_plain_datasets_are_kept_apart(tmp_path: Path) -> None:
    plain = dioramas_dataset(4, 1, tmp_path, size=32)
    even = dioramas_dataset(4, 1, tmp_path, size=32, balanced="polarity5")
    assert plain.root != even.root
    assert dioramas_dataset(4, 1, tmp_path, size=32).digest == plain.digest


@pytest.mark.parametrize("balanced", ["polarity33", "../../etc", "valence-arousal"])
def test_an_unknown_balance_is_refused_before_anything_is_made(
    tmp_path: Path, balanced: str
) -> None:
    with pytest.raises(InputError, match="cannot be balanced"):
        make_dioramas(tmp_path / "new", n=4, seed=1, balanced=balanced)
    with pytest.raises(InputError, match="cannot be balanced"):
        dioramas_dataset(4, 1, tmp_path, balanced=balanced)
    assert list(tmp_path.iterdir()) == []


def test_the_command_line_offers_the_same_balances() -> None:
    (option,) = (each for each in make_dioramas_command.params if each.name == "balanced")
    assert isinstance(option.type, click.Choice)
    assert tuple(option.type.choices) == BALANCES
