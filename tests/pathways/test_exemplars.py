"""Few-shot examples: balanced, seeded, and never from the fold that is asked about."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.runs.conftest import draw

from mllmsent.data import FoldSpec, TargetSpec, assign_folds, compute_targets, load_dataset
from mllmsent.foundation import InputError
from mllmsent.pathways.exemplars import choose_exemplars
from mllmsent.pathways.interface import Inquiry, Task
from mllmsent.prompts import get_strategy

FEW_SHOT = get_strategy("few-shot")


@pytest.fixture(scope="module")
def inquiry(tmp_path_factory: pytest.TempPathFactory) -> Inquiry:
    dataset = load_dataset(draw(tmp_path_factory.mktemp("images") / "photos", 10))
    targets = compute_targets(dataset, TargetSpec(scheme="polarity3"))
    folds = assign_folds(dataset.items, targets, FoldSpec(n=5))
    spec = TargetSpec(scheme="polarity3").target_scheme()
    task = Task(
        scheme=spec,
        items=tuple(dataset.items["item_id"]),
        targets=targets,
        folds={str(item): int(fold) for item, fold in folds.items()},
    )
    return Inquiry(
        dataset=dataset, tasks=(task,), models=(), strategies=(FEW_SHOT,), conditions=("none",),
        repeats=1, seed=1,
    )  # fmt: skip


@given(seed=st.integers(0, 10_000), fold=st.integers(1, 5))
@settings(max_examples=40, deadline=None)
def test_examples_are_balanced_and_from_other_folds(inquiry: Inquiry, seed: int, fold: int) -> None:
    asked = replace(inquiry, seed=seed)
    (task,) = asked.tasks
    chosen = choose_exemplars(asked, task, FEW_SHOT, fold)
    assert sorted(example.answer for example in chosen) == ["negative", "neutral", "positive"]
    assert all(task.folds[example.item_id] != fold for example in chosen)
    labels = task.labels()
    assert all(labels[example.item_id] == example.answer for example in chosen)
    assert chosen == choose_exemplars(asked, task, FEW_SHOT, fold), "a seed says all"


def test_the_seed_changes_who_is_shown(inquiry: Inquiry) -> None:
    (task,) = inquiry.tasks
    shown = {
        tuple(e.item_id for e in choose_exemplars(replace(inquiry, seed=s), task, FEW_SHOT, 1))
        for s in range(8)
    }
    assert len(shown) > 4


def test_an_item_without_a_fold_cannot_be_kept_apart(inquiry: Inquiry) -> None:
    with pytest.raises(InputError, match="no fold to keep them apart"):
        choose_exemplars(inquiry, inquiry.tasks[0], FEW_SHOT, None)


def test_other_strategies_show_none(inquiry: Inquiry) -> None:
    assert choose_exemplars(inquiry, inquiry.tasks[0], get_strategy("zero-shot"), None) == ()


def test_on_scales_the_examples_spread_over_the_range(shared_data: Path) -> None:
    dataset = load_dataset("bass", root=shared_data / "bass")
    spec = TargetSpec(scheme="valence-arousal")
    targets = compute_targets(dataset, spec)
    folds = assign_folds(dataset.items, targets, FoldSpec(n=5))
    task = Task(
        scheme=spec.target_scheme(),
        items=tuple(dataset.items["item_id"]),
        targets=targets,
        folds={str(item): int(fold) for item, fold in folds.items()},
    )
    asked = Inquiry(
        dataset=dataset, tasks=(task,), models=(), strategies=(FEW_SHOT,), conditions=("none",),
        repeats=1, seed=3,
    )  # fmt: skip
    chosen = choose_exemplars(asked, task, FEW_SHOT, 2)
    valences = sorted(task.values()[example.item_id]["valence"] for example in chosen)
    assert len(chosen) == 5
    assert valences[0] < 3.5
    assert valences[-1] > 6
    assert all(
        "valence: " in example.answer and "arousal: " in example.answer for example in chosen
    )
