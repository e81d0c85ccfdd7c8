"""Sound runs whose answers are sets of labels, made from a seed, in which faults can be planted."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from tests.audit.sound_runs import (
    CLASSIFIERS,
    DESCRIBERS,
    FOLDS,
    Rng,
    checked_run,
    items_table,
    response_row,
    system_row,
    texts_by,
)

from mllmsent.affect import get_scheme
from mllmsent.audit.runs.tables import RunTables
from mllmsent.foundation.tables import check_table

SCHEME = get_scheme("mikels-multi")
SIZES = (150, 90, 150, 500, 200)


@lru_cache(maxsize=8)
def sound_sets_import(seed: int) -> RunTables:
    """Two describers, each read by three classifiers that were trained in five folds, from files."""
    rng = np.random.default_rng([seed, 4])
    items, truth, folds = population(seed, rng)
    rows, systems = [], []
    for who in DESCRIBERS:
        texts = texts_by(who, items, rng)
        for name in CLASSIFIERS:
            system = f"{who}-{name}"
            systems.append(system_row(system, who, "described", name, "fine-tuned"))
            said = answers(truth, rng)
            for fold in range(1, FOLDS + 1):
                for line, at in enumerate(np.flatnonzero(folds == fold), start=2):
                    target, label = words(truth[at]), words(said[at])
                    rows.append(
                        {
                            "system_id": system, "scheme": SCHEME.name, "fold": fold,
                            "item_id": items[at], "file": f"{system}/fold{fold}.csv", "row": line,
                            "target": target, "label": label, "text": texts[at],
                            "raw_target": target, "raw_label": label, "id_from": "file",
                        }
                    )  # fmt: skip
    tables = {
        "items": check_table("items", items_table(items, rng)),
        "systems": check_table("systems", pd.DataFrame(systems)),
        "imported_rows": check_table("imported_rows", pd.DataFrame(rows)),
    }
    return RunTables(tables, {SCHEME.name: SCHEME})


@lru_cache(maxsize=8)
def sound_sets_study(seed: int) -> RunTables:
    """Two models asked directly, and read by one classifier that was trained in five folds."""
    rng = np.random.default_rng([seed, 5])
    items, truth, folds = population(seed, rng)
    systems, predictions, responses = [], [], []
    for who in DESCRIBERS:
        systems.append(system_row(f"{who}-direct", who, "direct", "", ""))
        systems.append(system_row(f"{who}-linear", who, "described", "linear", "folds 5 seed 0"))
        for system, trained in ((f"{who}-direct", False), (f"{who}-linear", True)):
            said = answers(truth, rng)
            for at, item in enumerate(items):
                label, key = words(said[at]), f"{who}-{item}"
                if not trained:
                    text = label.replace("|", ", ")
                    responses.append(response_row(key, item, who, text, SCHEME.name))
                predictions.append(
                    {
                        "item_id": item, "system_id": system, "scheme": SCHEME.name,
                        "condition": "none", "repeat": 0, "status": "ok", "label": label,
                        "fold": int(folds[at]) if trained else None,
                        "request_keys": [] if trained else [key],
                    }
                )  # fmt: skip
    targets = [
        {
            "item_id": item, "scheme": SCHEME.name, "annotator_group": "all", "min_agreement": 2,
            "label": words(truth[at]), "n": 5,
        }
        for at, item in enumerate(items)
    ]  # fmt: skip
    tables: dict[str, Any] = {
        "items": items_table(items, rng),
        "systems": pd.DataFrame(systems),
        "predictions": pd.DataFrame(predictions),
        "targets": pd.DataFrame(targets),
        "responses": pd.DataFrame(responses),
    }
    return checked_run(tables, SCHEME)


def population(seed: int, rng: Rng) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Items, one to three labels of each (some go together, none is rare), and folds with all."""
    n, n_labels = SIZES[seed % len(SIZES)], len(SCHEME.labels)
    first = rng.permutation(np.arange(n) % n_labels)
    truth = np.zeros((n, n_labels), dtype=bool)
    truth[np.arange(n), first] = True
    # Each label has a companion that often comes with it.
    truth[np.arange(n), (first + 1) % n_labels] |= rng.random(n) < 0.4
    truth[np.arange(n), rng.integers(n_labels, size=n)] |= rng.random(n) < 0.2
    folds = np.zeros(n, dtype=np.int64)
    for code in range(n_labels):
        own = rng.permutation(np.flatnonzero(first == code))
        folds[own] = np.arange(len(own)) % FOLDS + 1
    return [f"item{number:04}" for number in range(n)], truth, folds


def answers(truth: np.ndarray, rng: Rng) -> np.ndarray:
    """Sets of some skill: labels are missed, others named, some of them by habit."""
    _n, n_labels = truth.shape
    hit = float(rng.choice([0.0, rng.uniform(0.3, 0.95), rng.uniform(0.7, 0.98)]))
    habit = rng.dirichlet(np.full(n_labels, 0.7)) * rng.uniform(0.3, 1.5)
    said: np.ndarray = truth & (rng.random(truth.shape) < hit)
    said |= rng.random(truth.shape) < habit
    # Nobody is left without a label: a classifier has a highest score.
    empty = np.flatnonzero(~np.any(said, axis=1))
    said[empty, rng.integers(n_labels, size=len(empty))] = True
    return said


def words(held: np.ndarray) -> str:
    return "|".join(name for name, is_held in zip(SCHEME.label_names, held, strict=True) if is_held)
