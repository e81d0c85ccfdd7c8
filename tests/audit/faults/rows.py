"""Classes and rows that are missing, too many, or of no scheme."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
from tests.audit.faults.planting import Planted, rows_of, some, some_system
from tests.audit.sound_runs import DESCRIBERS, FOLDS, Rng, changed, sound_import, sound_study

from mllmsent.audit.runs.tables import RunTables


def classes_of(run: RunTables) -> pd.Series:
    rows = run.table("imported_rows")
    return rows.drop_duplicates("item_id").set_index("item_id")["target"]


def a_tiny_class(seed: int, rng: Rng) -> Planted:
    run = sound_import(seed)
    truth = classes_of(run)
    name = str(rng.choice(truth.unique()))
    members = [str(item) for item in truth.index[truth == name]]
    kept = set(rng.choice(members, int(rng.integers(1, 10)), replace=False))
    rows = run.table("imported_rows")
    rows = rows[~rows["item_id"].isin(set(members) - kept)].reset_index(drop=True)
    return Planted(changed(run, {"imported_rows": rows}), items=frozenset(kept))


def a_fold_without_a_class(seed: int, rng: Rng) -> Planted:
    run = sound_import(seed)
    rows = run.table("imported_rows")
    name, fold = str(rng.choice(rows["target"].unique())), int(rng.integers(1, FOLDS + 1))
    rows = rows[~((rows["target"] == name) & (rows["fold"] == fold))].reset_index(drop=True)
    return Planted(changed(run, {"imported_rows": rows}), frozenset(rows["system_id"]))


def rows_that_are_not_there(seed: int, rng: Rng) -> Planted:
    imported = rng.random() < 0.5
    run = sound_import(seed) if imported else sound_study(seed)
    name = "imported_rows" if imported else "predictions"
    sheet = some_system(run, rng)
    if imported and rng.random() < 0.3:
        items = [i for i, f in zip(sheet.items, sheet.folds, strict=True) if f == 2]
    else:
        items = some(sheet.items, rng, 1, 30)
    table = run.table(name)
    gone = (table["system_id"] == sheet.system_id) & table["item_id"].isin(items)
    tables = {name: table[~gone].reset_index(drop=True)}
    if imported:
        tables["imported_claims"] = run.table("imported_claims").iloc[:0]
    return Planted(changed(run, tables), frozenset({sheet.system_id}), frozenset(items))


def rows_that_are_there_twice(seed: int, rng: Rng) -> Planted:
    run = sound_import(seed)
    sheet = some_system(run, rng)
    items = some(sheet.items, rng, 1, 6)
    rows, own = rows_of(run, sheet.system_id)
    again = rows.loc[own][rows.loc[own, "item_id"].isin(items)]
    if rng.random() < 0.5:
        again = again.assign(fold=again["fold"] % FOLDS + 1)
    more = pd.concat([rows, again], ignore_index=True)
    return Planted(
        changed(run, {"imported_rows": more}), frozenset({sheet.system_id}), frozenset(items)
    )


def labels_of_no_scheme(seed: int, rng: Rng) -> Planted:
    run = sound_import(seed)
    sheet = some_system(run, rng)
    rows, own = rows_of(run, sheet.system_id)
    at = rng.choice(own, int(rng.integers(1, 8)), replace=False)
    column = "label" if rng.random() < 0.7 else "target"
    word = str(rng.choice(["92", "-1", "7", "mixed feelings", "Awe", "1.5"]))
    rows.loc[at, column] = None
    rows.loc[at, f"raw_{column}"] = word
    items = frozenset(str(item) for item in rows.loc[at, "item_id"])
    return Planted(changed(run, {"imported_rows": rows}), frozenset({sheet.system_id}), items)


def labels_of_unreadable_answers(seed: int, rng: Rng) -> Planted:
    """What cannot be read becomes the first class, or the commonest."""
    if rng.random() < 0.4:
        return labels_of_no_text(seed, rng)
    run = sound_study(seed)
    who = str(rng.choice(DESCRIBERS))
    names = next(iter(run.schemes.values())).label_names
    predictions, responses = run.table("predictions").copy(), run.table("responses").copy()
    items = some(predictions["item_id"], rng, 3, 25)
    own = (predictions["system_id"] == f"{who}-direct") & predictions["item_id"].isin(items)
    predictions.loc[own, ["status", "label"]] = ["ok", names[0]]
    said = (responses["model"] == who) & responses["item_id"].isin(items)
    words = ["I'm sorry, but I can't help with that.", "A man and two dogs.", "###", "As an AI,"]
    responses.loc[said, "text"] = rng.choice(words, said.sum())
    return Planted(
        changed(run, {"predictions": predictions, "responses": responses}),
        frozenset({f"{who}-direct"}),
        frozenset(items),
    )


def labels_of_no_text(seed: int, rng: Rng) -> Planted:
    run = sound_import(seed)
    sheet = some_system(run, rng)
    rows, own = rows_of(run, sheet.system_id)
    known = own[rows["label"].notna().to_numpy()[own]]
    at = rng.choice(known, int(rng.integers(3, 20)), replace=False)
    refusal = "I'm sorry, but I can't assist with that request."
    rows.loc[at, "text"] = "" if rng.random() < 0.5 else refusal
    rows.loc[at, "label"] = sheet.scheme.label_names[0]
    rows.loc[at, "raw_label"] = "0"
    items = frozenset(str(item) for item in rows.loc[at, "item_id"])
    return Planted(changed(run, {"imported_rows": rows}), frozenset({sheet.system_id}), items)


def one_label_for_all(seed: int, rng: Rng) -> Planted:
    run = sound_import(seed)
    sheet = some_system(run, rng)
    rows, own = rows_of(run, sheet.system_id)
    rows.loc[own, "label"] = str(rng.choice(sheet.scheme.label_names))
    return Planted(changed(run, {"imported_rows": rows}), frozenset({sheet.system_id}))


def a_scheme_without_rows(seed: int, rng: Rng) -> Planted:
    """Two schemes, one of which a system has nothing in."""
    run = sound_import(seed)
    sheet = some_system(run, rng)
    again = replace(sheet.scheme, name=f"{sheet.scheme.name}-sigma5")
    rows = run.table("imported_rows")
    others = rows[rows["system_id"] != sheet.system_id].assign(scheme=again.name)
    both = pd.concat([rows, others], ignore_index=True)
    tables = changed(run, {"imported_rows": both}).tables
    schemes = {**run.schemes, again.name: again}
    return Planted(
        RunTables(tables, schemes, run.root), frozenset({sheet.system_id}), frozenset(sheet.items)
    )
