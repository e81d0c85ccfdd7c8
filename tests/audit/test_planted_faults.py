"""Every kind of fault, planted twenty times, is found every time, and in the right rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.audit.planting import (
    POLARITY3,
    VALENCE,
    added,
    changed,
    sound_dataset,
    truth_of,
)

from mllmsent.audit import audit_dataset
from mllmsent.data.dataset import Dataset

Rng = np.random.Generator
Plant = Callable[[Dataset, Rng], tuple[Dataset, set[str]]]
"""Plants a fault and tells whom it concerns: items, or annotators."""


def some_items(dataset: Dataset, rng: Rng, most: int = 4) -> list[str]:
    return [
        str(item)
        for item in rng.choice(
            dataset.items["item_id"], int(rng.integers(1, most + 1)), replace=False
        )
    ]


def some_person(dataset: Dataset, rng: Rng) -> str:
    return str(rng.choice(dataset.annotations["annotator_id"].unique()))


def one_id_twice(dataset: Dataset, rng: Rng) -> tuple[Dataset, set[str]]:
    items = some_items(dataset, rng)
    rows = dataset.items[dataset.items["item_id"].isin(items)]
    return replace(dataset, items=pd.concat([dataset.items, rows], ignore_index=True)), set(items)


def ids_that_read_alike(dataset: Dataset, rng: Rng) -> tuple[Dataset, set[str]]:
    (item,) = some_items(dataset, rng, 1)
    twin = rng.choice([item.upper(), f"{item} ", item.replace("item", "ｉtem")])
    rows = added("items", dataset.items, {"item_id": twin, "split": "test"})
    return replace(dataset, items=rows), {str(twin)}


def votes_on_a_ghost(dataset: Dataset, rng: Rng) -> tuple[Dataset, set[str]]:
    vote = {
        "item_id": "ghost",
        "annotator_id": "person1",
        "scheme": "polarity3",
        "label": "neutral",
    }
    return replace(dataset, annotations=added("annotations", dataset.annotations, vote)), {"ghost"}


def labels_of_no_scheme(dataset: Dataset, rng: Rng) -> tuple[Dataset, set[str]]:
    items = some_items(dataset, rng)
    votes = dataset.annotations
    rows = (
        votes["item_id"].isin(items) & (votes["annotator_id"] == "person2") & votes["label"].notna()
    )
    label = str(rng.choice(["Positive", "posiitve", "2", "joy"]))
    return replace(dataset, annotations=changed(votes, rows, label=label)), set(items)


def ratings_off_the_scale(dataset: Dataset, rng: Rng) -> tuple[Dataset, set[str]]:
    items = some_items(dataset, rng)
    votes = dataset.annotations
    rows = (
        votes["item_id"].isin(items) & (votes["annotator_id"] == "person2") & votes["value"].notna()
    )
    value = float(rng.choice([-99, 0, 10, 55]))
    return replace(dataset, annotations=changed(votes, rows, value=value)), set(items)


def means_off_the_scale(dataset: Dataset, rng: Rng) -> tuple[Dataset, set[str]]:
    items = some_items(dataset, rng)
    rows = dataset.norms["item_id"].isin(items)
    return replace(dataset, norms=changed(dataset.norms, rows, mean=9.4)), set(items)


def a_scale_declared_too_long(dataset: Dataset, rng: Rng) -> tuple[Dataset, set[str]]:
    scale = replace(VALENCE.dimensions[0], low=0, high=int(rng.choice([50, 100, 1000])))
    return replace(dataset, schemes=(POLARITY3, replace(VALENCE, dimensions=(scale,)))), set()


def spreads_that_cannot_be(dataset: Dataset, rng: Rng) -> tuple[Dataset, set[str]]:
    items = some_items(dataset, rng)
    rows = dataset.norms["item_id"].isin(items)
    sd = float(rng.choice([-1.0, 4.6, 16.0]))
    return replace(dataset, norms=changed(dataset.norms, rows, sd=sd)), set(items)


def a_group_in_two_splits(dataset: Dataset, rng: Rng) -> tuple[Dataset, set[str]]:
    train, test = (
        str(rng.choice(dataset.items["item_id"][dataset.items["split"] == split]))
        for split in ("train", "test")
    )
    rows = dataset.items["item_id"].isin([train, test])
    return replace(dataset, items=changed(dataset.items, rows, group="scene 7")), {train, test}


def norm(item: str, scheme: str, label: str, agreement: int) -> dict[str, object]:
    return {
        "item_id": item, "scheme": scheme, "annotator_group": "panel",
        "min_agreement": agreement, "label": label,
    }  # fmt: skip


def two_labels_for_one_item(dataset: Dataset, rng: Rng) -> tuple[Dataset, set[str]]:
    items = some_items(dataset, rng)
    rows = [
        norm(item, "polarity3", label, agreement)
        for item in dataset.items["item_id"]
        for agreement, label in ((3, "neutral"), (5, "positive" if item in items else "neutral"))
    ]
    return replace(dataset, norms=added("targets", dataset.norms, *rows)), set(items)


def positive_here_and_negative_there(dataset: Dataset, rng: Rng) -> tuple[Dataset, set[str]]:
    items = some_items(dataset, rng)
    sides = ["slightly negative", "positive"]
    rows = []
    for item in dataset.items["item_id"]:
        label = str(rng.choice(sides))
        coarse = "negative" if (label == sides[0]) != (item in items) else "positive"
        rows += [norm(item, "polarity5", label, 3), norm(item, "polarity3", coarse, 3)]
    return replace(dataset, norms=added("targets", dataset.norms, *rows)), set(items)


def items_that_nobody_judged(dataset: Dataset, rng: Rng) -> tuple[Dataset, set[str]]:
    items = some_items(dataset, rng)
    return (
        replace(
            dataset,
            annotations=dataset.annotations[~dataset.annotations["item_id"].isin(items)],
            norms=dataset.norms[~dataset.norms["item_id"].isin(items)],
        ),
        set(items),
    )


def items_that_few_judged(dataset: Dataset, rng: Rng) -> tuple[Dataset, set[str]]:
    items = some_items(dataset, rng)
    votes = dataset.annotations
    stay = votes["annotator_id"].isin(["person0", "person4"][: int(rng.integers(1, 3))])
    return replace(dataset, annotations=votes[~votes["item_id"].isin(items) | stay]), set(items)


def votes_without_a_winner(dataset: Dataset, rng: Rng) -> tuple[Dataset, set[str]]:
    (item,) = some_items(dataset, rng, 1)
    votes = dataset.annotations.copy()
    for position, row in enumerate(
        votes.index[(votes["item_id"] == item) & votes["label"].notna()]
    ):
        votes.loc[row, "label"] = ("positive", "negative")[position % 2]
    return replace(dataset, annotations=votes), {item}


def a_class_with_few_items(dataset: Dataset, rng: Rng) -> tuple[Dataset, set[str]]:
    keep = {
        truth: int(rng.integers(1, 9)) if truth == "neutral" else 99
        for truth in POLARITY3.label_names
    }
    chosen, few = [], set()
    for item in dataset.items["item_id"]:
        truth = truth_of(dataset, item)
        if keep.get(truth):
            keep[truth] -= 1
            chosen.append(item)
            few |= {str(item)} if truth == "neutral" else set()
    return dataset.subset(chosen), few


def a_class_with_no_items(dataset: Dataset, rng: Rng) -> tuple[Dataset, set[str]]:
    absent = str(rng.choice(POLARITY3.label_names))
    votes = dataset.annotations
    other = "neutral" if absent != "neutral" else "positive"
    return replace(
        dataset, annotations=changed(votes, votes["label"] == absent, label=other)
    ), set()


def a_class_that_is_not_tested(dataset: Dataset, rng: Rng) -> tuple[Dataset, set[str]]:
    absent = str(rng.choice(POLARITY3.label_names))
    truths = dataset.items["item_id"].map(lambda item: truth_of(dataset, item))
    return replace(dataset, items=changed(dataset.items, truths == absent, split="train")), set()


def an_annotator_with_one_answer(dataset: Dataset, rng: Rng) -> tuple[Dataset, set[str]]:
    person, votes = some_person(dataset, rng), dataset.annotations
    column, value = (("label", "neutral"), ("value", 5.0))[int(rng.integers(2))]
    rows = (votes["annotator_id"] == person) & votes[column].notna()
    return replace(dataset, annotations=changed(votes, rows, **{column: value})), {person}


def an_annotator_who_guesses(dataset: Dataset, rng: Rng) -> tuple[Dataset, set[str]]:
    person, votes = some_person(dataset, rng), dataset.annotations
    column = str(rng.choice(["label", "value"]))
    rows = (votes["annotator_id"] == person) & votes[column].notna()
    guesses = rng.permutation(votes.loc[rows, column].to_numpy())
    return replace(dataset, annotations=changed(votes, rows, **{column: guesses})), {person}


def an_annotator_with_the_scale_reversed(dataset: Dataset, rng: Rng) -> tuple[Dataset, set[str]]:
    person, votes = some_person(dataset, rng), dataset.annotations
    rows = (votes["annotator_id"] == person) & votes["value"].notna()
    return replace(
        dataset, annotations=changed(votes, rows, value=10 - votes.loc[rows, "value"])
    ), {person}


def texts_that_are_empty(dataset: Dataset, rng: Rng) -> tuple[Dataset, set[str]]:
    items = some_items(dataset, rng)
    rows = dataset.items["item_id"].isin(items)
    return replace(
        dataset, items=changed(dataset.items, rows, text=str(rng.choice(["", " \n"])))
    ), set(items)


def descriptions_that_are_empty(dataset: Dataset, rng: Rng) -> tuple[Dataset, set[str]]:
    items = some_items(dataset, rng)
    rows = [
        {"item_id": item, "describer": "a-model", "text": "" if item in items else text}
        for item, text in zip(dataset.items["item_id"], dataset.items["text"], strict=True)
    ]
    return (
        replace(
            dataset,
            items=changed(dataset.items, slice(None), text=None),
            descriptions=added("descriptions", dataset.descriptions, *rows),
        ),
        set(items),
    )


def two_texts(dataset: Dataset, rng: Rng) -> tuple[str, str, str]:
    first, second = rng.choice(dataset.items["item_id"], 2, replace=False)
    return str(first), str(second), str(dataset.items.set_index("item_id")["text"][first])


def one_text_twice(dataset: Dataset, rng: Rng) -> tuple[Dataset, set[str]]:
    first, second, text = two_texts(dataset, rng)
    rows = dataset.items["item_id"] == second
    text = str(rng.choice([text, text.upper(), f"  {text}\n"]))
    return replace(dataset, items=changed(dataset.items, rows, text=text)), {first, second}


def one_text_nearly_twice(dataset: Dataset, rng: Rng) -> tuple[Dataset, set[str]]:
    first, second, text = two_texts(dataset, rng)
    words = text.split()
    if rng.random() < 0.5:
        words = words[: int(len(words) * 0.6)]
    else:
        words[int(rng.integers(len(words)))] = "other"
        words[int(rng.integers(len(words)))] = "another"
    rows = dataset.items["item_id"] == second
    return replace(dataset, items=changed(dataset.items, rows, text=" ".join(words))), {
        first,
        second,
    }


def no_emotion_target(dataset: Dataset, rng: Rng) -> tuple[Dataset, set[str]]:
    return replace(dataset, emotion_target=rng.choice(["", "unknown"])), set()


def a_scheme_undeclared(dataset: Dataset, rng: Rng) -> tuple[Dataset, set[str]]:
    return replace(dataset, schemes=(dataset.schemes[int(rng.integers(2))],)), set()


def no_judgments(dataset: Dataset, rng: Rng) -> tuple[Dataset, set[str]]:
    return replace(dataset, annotations=dataset.annotations[:0], norms=dataset.norms[:0]), set()


def one_annotator_per_item(dataset: Dataset, rng: Rng) -> tuple[Dataset, set[str]]:
    votes = dataset.annotations
    return replace(
        dataset, annotations=votes[votes["annotator_id"] == some_person(dataset, rng)]
    ), set()


PLANTS: list[tuple[str, str, Plant]] = [
    ("duplicate-id", "item-ids", one_id_twice),
    ("confusable-ids", "item-ids", ids_that_read_alike),
    ("unknown-item", "orphans", votes_on_a_ghost),
    ("label-outside-scheme", "out-of-scheme", labels_of_no_scheme),
    ("value-outside-scale", "out-of-scheme", ratings_off_the_scale),
    ("value-outside-scale", "out-of-scheme", means_off_the_scale),
    ("scale-mismatch", "out-of-scheme", a_scale_declared_too_long),
    ("impossible-norms", "impossible-norms", spreads_that_cannot_be),
    ("group-across-splits", "leaks", a_group_in_two_splits),
    ("contradictory-labels", "contradictions", two_labels_for_one_item),
    ("contradictory-polarity", "contradictions", positive_here_and_negative_there),
    ("unannotated-items", "coverage", items_that_nobody_judged),
    ("few-annotators", "coverage", items_that_few_judged),
    ("no-annotations", "coverage", no_judgments),
    ("single-annotator", "coverage", one_annotator_per_item),
    ("ties", "ties", votes_without_a_winner),
    ("tiny-class", "class-sizes", a_class_with_few_items),
    ("empty-class", "class-sizes", a_class_with_no_items),
    ("class-absent-from-split", "class-sizes", a_class_that_is_not_tested),
    ("constant-annotator", "constant-annotators", an_annotator_with_one_answer),
    ("chance-annotator", "unrelated-annotators", an_annotator_who_guesses),
    ("reversed-annotator", "unrelated-annotators", an_annotator_with_the_scale_reversed),
    ("empty-texts", "texts", texts_that_are_empty),
    ("empty-descriptions", "texts", descriptions_that_are_empty),
    ("duplicate-texts", "texts", one_text_twice),
    ("near-duplicate-texts", "texts", one_text_nearly_twice),
    ("emotion-target-undeclared", "declarations", no_emotion_target),
    ("unknown-scheme", "declarations", a_scheme_undeclared),
]


@pytest.mark.parametrize(
    ("code", "audit", "plant"), PLANTS, ids=[plant.__name__ for _, _, plant in PLANTS]
)
def test_a_planted_fault_is_found_in_its_rows(code: str, audit: str, plant: Plant) -> None:
    """Twenty datasets each; nothing else is found by the same audit, and no other row."""
    for seed in range(20):
        dataset, concerned = plant(sound_dataset(seed), np.random.default_rng(1000 + seed))
        findings = audit_dataset(dataset, only=[audit])
        assert code in [finding.code for finding in findings], seed
        others = {finding.code for finding in findings} - {code}
        assert others <= {"ties", "empty-class", "class-absent-from-split"}, (seed, others)
        rows = [row for finding in findings if finding.code == code for row in finding.rows]
        found = {row.item_id or row.annotator_id for row in rows}
        if code == "ties":  # honest ties stand beside the planted one
            assert concerned <= found, seed
        else:
            assert concerned == found, seed


@pytest.mark.parametrize("seed", range(50))
def test_a_sound_dataset_is_left_alone(seed: int) -> None:
    """Fifty datasets without a fault: besides honest ties, nothing is said."""
    assert {finding.code for finding in audit_dataset(sound_dataset(seed))} <= {"ties"}
