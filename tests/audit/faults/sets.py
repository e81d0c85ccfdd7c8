"""Faults of answers that are sets of labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from tests.audit.faults.planting import Planted, rows_of, some, some_system
from tests.audit.sound_runs import Rng, changed
from tests.audit.sound_sets import SCHEME, sound_sets_import, sound_sets_study

from mllmsent.audit.runs.scores import scores_of

if TYPE_CHECKING:
    from mllmsent.audit.runs.sheets import Sheet
    from mllmsent.audit.runs.tables import RunTables

NAMES = SCHEME.label_names


def good_sets(seed: int, *, imported: bool, least: float) -> tuple[RunTables, Sheet]:
    """A run, and a system that knows something there."""
    while True:
        run = sound_sets_import(seed) if imported else sound_sets_study(seed)
        known = [sheet for sheet in run.sheets if scores_of(sheet).main >= least]
        if known:
            return run, known[seed % len(known)]
        seed += 1000


def read_as(label: str, mapping: dict[str, str]) -> str:
    held = {mapping[name] for name in label.split("|")}
    return "|".join(name for name in NAMES if name in held)


def labels_in_other_columns(seed: int, rng: Rng) -> Planted:
    imported = rng.random() < 0.5
    run, sheet = good_sets(seed, imported=imported, least=0.5)
    moved = rng.choice(len(NAMES), int(rng.integers(2, len(NAMES) + 1)), replace=False)
    order = np.arange(len(NAMES))
    order[moved] = np.roll(moved, 1)
    mapping = {NAMES[old]: NAMES[new] for old, new in enumerate(order)}
    name = "imported_rows" if imported else "predictions"
    table = run.table(name).copy()
    own = table["system_id"] == sheet.system_id
    table.loc[own, "label"] = [read_as(label, mapping) for label in table.loc[own, "label"]]
    tables = {name: table}
    if not imported:
        tables["responses"] = run.table("responses").iloc[:0]
    return Planted(changed(run, tables), frozenset({sheet.system_id}))


def zeros_for_ones(seed: int, rng: Rng) -> Planted:
    """What a system names is what it does not see."""
    run, sheet = good_sets(seed, imported=True, least=0.4)
    rows, own = rows_of(run, sheet.system_id)
    rows.loc[own, "label"] = [
        "|".join(name for name in NAMES if name not in label.split("|"))
        for label in rows.loc[own, "label"]
    ]
    return Planted(changed(run, {"imported_rows": rows}), frozenset({sheet.system_id}))


def shuffled_sets(seed: int, rng: Rng) -> Planted:
    run = sound_sets_import(seed)
    system = some_system(run, rng).system_id
    rows, own = rows_of(run, system)
    columns = ["target", "label", "raw_target", "raw_label"]
    folds = rows["fold"].to_numpy()[own]
    for fold in np.unique(folds):
        at = own[folds == fold]
        rows.loc[at, columns] = rows.loc[rng.permutation(at), columns].to_numpy()
    return Planted(changed(run, {"imported_rows": rows}), frozenset({system}))


def sets_that_contradict(seed: int, rng: Rng) -> Planted:
    run = sound_sets_import(seed)
    sheet = some_system(run, rng)
    items = some(sheet.items, rng, 1, 5)
    rows, own = rows_of(run, sheet.system_id)
    hit = own[rows["item_id"].isin(items).to_numpy()[own]]
    rows.loc[hit, "target"] = [
        f"{old}|{rng.choice([name for name in NAMES if name not in old.split('|')])}"
        for old in rows.loc[hit, "target"]
    ]
    return Planted(
        changed(run, {"imported_rows": rows}), frozenset({sheet.system_id}), frozenset(items)
    )


def sets_that_are_there_twice(seed: int, rng: Rng) -> Planted:
    run = sound_sets_import(seed)
    sheet = some_system(run, rng)
    items = some(sheet.items, rng, 1, 6)
    rows, own = rows_of(run, sheet.system_id)
    again = rows.loc[own][rows.loc[own, "item_id"].isin(items)]
    more = pd.concat([rows, again], ignore_index=True)
    return Planted(
        changed(run, {"imported_rows": more}), frozenset({sheet.system_id}), frozenset(items)
    )


def one_set_for_all(seed: int, rng: Rng) -> Planted:
    run = sound_sets_import(seed)
    system = some_system(run, rng).system_id
    rows, own = rows_of(run, system)
    rows.loc[own, "label"] = "|".join(sorted(some(NAMES, rng, 1, 3), key=NAMES.index))
    return Planted(changed(run, {"imported_rows": rows}), frozenset({system}))


def a_label_of_few_items(seed: int, rng: Rng) -> Planted:
    """One of the labels is taken from most of its items, which have another beside it."""
    run = sound_sets_import(seed)
    rows = run.table("imported_rows").copy()
    name = str(rng.choice(NAMES))
    truth = rows.drop_duplicates("item_id").set_index("item_id")["target"].str.split("|")
    members = [str(item) for item, held in truth.items() if name in held]
    kept = {str(item) for item in rng.choice(members, int(rng.integers(1, 10)), replace=False)}
    gone = rows["item_id"].isin(set(members) - kept)
    return Planted(
        changed(run, {"imported_rows": rows[~gone].reset_index(drop=True)}), items=frozenset(kept)
    )
