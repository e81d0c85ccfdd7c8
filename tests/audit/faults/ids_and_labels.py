"""Ids and labels that are not what they should be."""

from __future__ import annotations

import numpy as np
import pandas as pd
from tests.audit.faults.planting import Planted, good_system, rows_of, some, some_system
from tests.audit.sound_runs import Rng, changed, sound_import, sound_study


def a_shuffled_loader(seed: int, rng: Rng) -> Planted:
    """Targets and answers come in the loader's order, ids and texts in the table's."""
    run = sound_import(seed)
    system = some_system(run, rng).system_id
    rows, own = rows_of(run, system)
    folds = rows["fold"].to_numpy()[own]
    # Often all folds, sometimes one.
    hit = np.unique(folds) if rng.random() < 0.7 else rng.choice(np.unique(folds), 1)
    columns = ["target", "label", "raw_target", "raw_label"]
    for fold in hit:
        at = own[folds == fold]
        rows.loc[at, columns] = rows.loc[rng.permutation(at), columns].to_numpy()
    return Planted(changed(run, {"imported_rows": rows}), frozenset({system}))


def ids_in_another_order(seed: int, rng: Rng) -> Planted:
    run = sound_import(seed)
    system = some_system(run, rng).system_id
    rows, own = rows_of(run, system)
    folds = rows["fold"].to_numpy()[own]
    shift = int(rng.integers(1, 9))
    for fold in np.unique(folds):
        at = own[folds == fold]
        rows.loc[at, "item_id"] = np.roll(rows.loc[at, "item_id"].to_numpy(), shift)
        rows.loc[at, "text"] = np.roll(rows.loc[at, "text"].to_numpy(), shift)
    return Planted(changed(run, {"imported_rows": rows}), frozenset({system}))


def targets_in_another_code(seed: int, rng: Rng) -> Planted:
    run = sound_import(seed)
    sheet = some_system(run, rng)
    names = sheet.scheme.label_names
    other = derangement_of_some(len(names), rng)
    mapping = {names[old]: names[new] for old, new in enumerate(other)}
    rows, own = rows_of(run, sheet.system_id)
    columns = ["target", "label"] if rng.random() < 0.5 else ["target"]
    for column in columns:
        rows.loc[own, column] = rows.loc[own, column].map(mapping)
    moved = [name for name in names if mapping[name] != name]
    items = rows.loc[own, "item_id"][rows.loc[own, "target"].isin(moved)]
    return Planted(
        changed(run, {"imported_rows": rows}), frozenset({sheet.system_id}), frozenset(items)
    )


def derangement_of_some(n: int, rng: Rng, least: int = 2) -> np.ndarray:
    """A permutation that moves at least two of n."""
    while True:
        moved = rng.choice(n, int(rng.integers(least, n + 1)), replace=False)
        result = np.arange(n)
        result[moved] = np.roll(moved, 1)
        if (result != np.arange(n)).any():
            return result


def labels_that_contradict(seed: int, rng: Rng) -> Planted:
    if rng.random() < 0.3:
        return two_agreements(seed, rng)
    run = sound_import(seed)
    sheet = some_system(run, rng)
    items = some(sheet.items, rng, 1, 5)
    rows, own = rows_of(run, sheet.system_id)
    names = sheet.scheme.label_names
    hit = own[rows["item_id"].isin(items).to_numpy()[own]]
    rows.loc[hit, "target"] = [
        str(rng.choice([name for name in names if name != old])) for old in rows.loc[hit, "target"]
    ]
    return Planted(
        changed(run, {"imported_rows": rows}), frozenset({sheet.system_id}), frozenset(items)
    )


def two_agreements(seed: int, rng: Rng) -> Planted:
    run = sound_study(seed)
    targets = run.table("targets")
    items = some(targets["item_id"], rng, 1, 5)
    names = next(iter(run.schemes.values())).label_names
    again = targets[targets["item_id"].isin(items)].assign(min_agreement=5)
    again["label"] = [str(rng.choice([n for n in names if n != old])) for old in again["label"]]
    both = pd.concat([targets, again], ignore_index=True)
    return Planted(changed(run, {"targets": both}), items=frozenset(items))


def texts_of_others(seed: int, rng: Rng) -> Planted:
    run = sound_import(seed)
    system = some_system(run, rng).system_id
    rows, own = rows_of(run, system)
    at = rng.choice(own, int(rng.integers(2, 12)), replace=False)
    rows.loc[at, "text"] = np.roll(rows.loc[at, "text"].to_numpy(), 1)
    items = frozenset(str(item) for item in rows.loc[at, "item_id"])
    return Planted(changed(run, {"imported_rows": rows}), frozenset({system}), items)


def permuted_answers(seed: int, rng: Rng) -> Planted:
    imported = rng.random() < 0.5
    run = sound_import(seed) if imported else sound_study(seed)
    sheet = good_system(run, rng)
    names = sheet.scheme.label_names
    other = derangement_of_some(len(names), rng)
    mapping = {names[old]: names[new] for old, new in enumerate(other)}
    name = "imported_rows" if imported else "predictions"
    table = run.table(name).copy()
    own = table["system_id"] == sheet.system_id
    table.loc[own, "label"] = table.loc[own, "label"].map(mapping)
    if not imported and sheet.system_id.endswith("direct"):
        run = changed(run, {"responses": run.table("responses").iloc[:0]})
    return Planted(changed(run, {name: table}), frozenset({sheet.system_id}))


def answers_that_avoid_the_truth(seed: int, rng: Rng) -> Planted:
    run = sound_import(seed)
    if len(run.sheets[0].scheme.labels) < 3:
        run = sound_import(seed + 1)
    sheet = some_system(run, rng)
    names = np.array(sheet.scheme.label_names)
    rows, own = rows_of(run, sheet.system_id)
    avoid = rng.random(len(own)) < rng.uniform(0.85, 1.0)
    rows.loc[own, "label"] = [
        str(rng.choice(names[names != true] if away else names))
        for true, away in zip(rows.loc[own, "target"], avoid, strict=True)
    ]
    return Planted(changed(run, {"imported_rows": rows}), frozenset({sheet.system_id}))
