"""Scores and intervals that rows do not give, and training that saw the reported fold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from tests.audit.faults.planting import Planted, some_system
from tests.audit.sound_runs import (
    FOLDS,
    Rng,
    changed,
    curve_rows,
    fold_scores,
    interval_of,
    learning,
    sound_import,
    value_of,
)

if TYPE_CHECKING:
    from mllmsent.audit.runs.sheets import Sheet
    from mllmsent.audit.runs.tables import RunTables


def with_claims(
    run: RunTables, sheet: Sheet, values: dict[str, float], fold: int | None
) -> RunTables:
    """A run in which a system claims other numbers."""
    claims = run.table("imported_claims").copy()
    own = (claims["system_id"] == sheet.system_id) & (
        claims["fold"].isna() if fold is None else (claims["fold"] == fold).fillna(value=False)
    )
    for metric, value in values.items():
        at = own & (claims["metric"] == metric)
        assert at.any()
        claims.loc[at, "value"] = value
    return changed(run, {"imported_claims": claims})


def a_score_from_nowhere(seed: int, rng: Rng) -> Planted:
    run = sound_import(seed)
    sheet = some_system(run, rng)
    off = float(rng.choice([-1, 1]) * rng.uniform(0.006, 0.1))
    if rng.random() < 0.5:
        fold = int(rng.integers(1, FOLDS + 1))
        value = value_of(sheet, "weighted F1", fold=fold)
        return Planted(
            with_claims(run, sheet, {"f1_score": value + off}, fold), frozenset({sheet.system_id})
        )
    mean, half = interval_of(sheet)
    values = {"weighted_f1": mean + off, "weighted_f1_low": mean - half + off,
              "weighted_f1_high": mean + half + off}  # fmt: skip
    std = float(np.std(fold_scores(sheet), ddof=1))
    return Planted(
        with_claims(run, sheet, {**values, "weighted_f1_std": std}, None),
        frozenset({sheet.system_id}),
    )


def a_score_of_another_kind(seed: int, rng: Rng) -> Planted:
    run = sound_import(seed)
    others = [("macro F1", "mean over folds"), ("weighted F1", "best fold"), ("macro F1", "")]
    name, how = others[int(rng.integers(len(others)))]
    # It must differ from the right one for anybody to see it.
    sheet = max(
        run.sheets,
        key=lambda one: abs(value_of(one, name, how) - interval_of(one)[0]),
    )
    value, (mean, half) = value_of(sheet, name, how), interval_of(sheet)
    off = value - mean
    values = {"weighted_f1": value, "weighted_f1_low": mean - half + off,
              "weighted_f1_high": mean + half + off,
              "weighted_f1_std": float(np.std(fold_scores(sheet), ddof=1))}  # fmt: skip
    return Planted(with_claims(run, sheet, values, None), frozenset({sheet.system_id}))


def an_interval_that_is_none(seed: int, rng: Rng) -> Planted:
    run = sound_import(seed)
    sheet = some_system(run, rng)
    mean, half = interval_of(sheet)
    scores = fold_scores(sheet)
    sd = float(np.std(scores, ddof=1))
    halves = [sd / np.sqrt(FOLDS) / 2.5, half / 3, half * 6, sd / np.sqrt(FOLDS)]
    kind = int(rng.integers(6))
    values = {"weighted_f1": mean, "weighted_f1_std": sd}
    if kind < 3:
        # Narrower than anything sound, whatever the folds' scatter.
        width = min(halves[0], halves[1]) if kind < 2 else max(halves[2], 7 * sd)
        low, high = mean - width, mean + width
    elif kind == 3:
        low, high = mean + half, mean - half
    elif kind == 4:
        low, high = mean + half / 2, mean + 3 * half
    else:
        low, high = mean - half, mean + half
        values["weighted_f1_std"] = sd / np.sqrt(FOLDS)
    values |= {"weighted_f1_low": low, "weighted_f1_high": high}
    return Planted(with_claims(run, sheet, values, None), frozenset({sheet.system_id}))


def stopped_by_the_reported_fold(seed: int, rng: Rng) -> Planted:
    """The curve is of the reported fold: training stopped by it, or its best is what is reported."""
    run = sound_import(seed)
    sheet = some_system(run, rng)
    curves = run.table("training_curves")
    curves = curves[curves["system_id"] != sheet.system_id]
    patience = int(rng.integers(3, 12))
    is_best_reported = rng.random() < 0.5
    split = "test" if rng.random() < 0.3 else "validation"
    points = []
    for fold in range(1, FOLDS + 1):
        best = int(rng.integers(4, 20)) + fold  # so that not all stop at once
        reported = value_of(sheet, "weighted F1", fold=fold)
        top = reported if is_best_reported else reported / 0.97
        values = learning(best, best + patience, rng, top)
        if not is_best_reported:
            values[-1] = reported
        points += curve_rows(sheet, fold, f"{sheet.system_id}/curve{fold}.csv", split, values)
    more = pd.concat([curves, pd.DataFrame(points)], ignore_index=True)
    return Planted(changed(run, {"training_curves": more}), frozenset({sheet.system_id}))
