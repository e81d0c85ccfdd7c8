"""Sound runs in dimensions, made from a seed, in which faults can be planted.

Systems are strong, weak and blind; direct ones answer in whole numbers, some hear valence in
everything, some crowd the middle; trained ones learn, in each fold, hardly more than the mean of the
others.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from mllmsent.affect.scheme import Dimension, Scheme
    from mllmsent.audit.runs.tables import RunTables

SCHEMES = ("valence-arousal", "vad", "intensity")
SIZES = (120, 40, 200, 600, 80)


@lru_cache(maxsize=8)
def sound_ratings(seed: int, scheme_name: str = "") -> RunTables:
    """Two models asked directly, and read by two regressors that were trained in five folds."""
    rng = np.random.default_rng([seed, 3])
    scheme = get_scheme(scheme_name or SCHEMES[seed % len(SCHEMES)])
    n = SIZES[seed % len(SIZES)]
    items = [f"item{number:04}" for number in range(n)]
    folds = rng.permutation(np.arange(n) % FOLDS) + 1
    # People's dimensions go together, more or less: each has a share of the first.
    own = rng.normal(size=(n, len(scheme.dimensions)))
    shares = np.concatenate([[1.0], rng.uniform(-0.5, 0.5, len(scheme.dimensions) - 1)])
    felt = shares * own[:, :1] + np.sqrt(1 - shares**2) * own
    felt[:, 0] = own[:, 0]
    truth = np.stack(
        [on_scale(felt[:, at], scale) for at, scale in enumerate(scheme.dimensions)], axis=1
    )
    systems, predictions, responses, descriptions = [], [], [], []
    for who in DESCRIBERS:
        system = f"{who}-direct"
        systems.append(system_row(system, who, "direct", "", ""))
        values = asked(felt, scheme, rng)
        silent = rng.random(n) < rng.choice([0, 0, 0.02])
        for at, item in enumerate(items):
            key = f"{who}-{item}"
            said = ", ".join(
                f"{name}: {value:g}"
                for name, value in zip(scheme.dimension_names, values[at], strict=True)
            )
            text = "It is a picture of many things." if silent[at] else said
            responses.append(response_row(key, item, who, text, scheme.name))
            predictions.append(
                rating_row(system, item, scheme, None if silent[at] else values[at], None, [key])
            )
        descriptions += [
            {
                "item_id": item, "describer": who, "text": text, "condition": "none", "repeat": 0,
                "request_key": f"{who}-{item}-described",
            }
            for item, text in zip(items, texts_by(who, items, rng), strict=True)
        ]  # fmt: skip
        for name in CLASSIFIERS[:2]:
            system = f"{who}-{name}"
            systems.append(system_row(system, who, "described", name, "folds 5 seed 0"))
            values = learned(truth, folds, scheme, rng)
            predictions += [
                rating_row(system, item, scheme, values[at], int(folds[at]), [])
                for at, item in enumerate(items)
            ]
    targets = [
        {
            "item_id": item, "scheme": scheme.name, "dimension": name, "annotator_group": "all",
            "mean": float(truth[at, column]), "sd": 1.0, "n": 20,
        }
        for at, item in enumerate(items)
        for column, name in enumerate(scheme.dimension_names)
    ]  # fmt: skip
    tables = {
        "items": items_table(items, rng),
        "systems": pd.DataFrame(systems),
        "predictions": pd.DataFrame(predictions),
        "targets": pd.DataFrame(targets),
        "descriptions": pd.DataFrame(descriptions),
        "responses": pd.DataFrame(responses),
    }
    return checked_run(tables, scheme)


def on_scale(felt: np.ndarray, scale: Dimension) -> np.ndarray:
    """What is felt, with mean 0 and SD 1, as a number on a scale."""
    middle = (scale.low + scale.high) / 2
    return np.clip(middle + 0.2 * scale.span * felt, scale.low, scale.high)


def asked(felt: np.ndarray, scheme: Scheme, rng: Rng) -> np.ndarray:
    """Whole numbers of some skill, bias and boldness; arousal may be mostly heard as valence."""
    skill = rng.choice([0.0, rng.uniform(0.2, 0.9), rng.uniform(0.6, 0.98)])
    heard = felt.copy()
    if rng.random() < 0.3:
        heard[:, 1:] = 0.8 * heard[:, :1] + 0.6 * heard[:, 1:]
    said = skill * heard + np.sqrt(1 - skill**2) * rng.normal(size=felt.shape)
    said = rng.uniform(0.3, 1.3) * said + rng.uniform(-0.8, 0.8)
    found = np.stack([on_scale(said[:, at], one) for at, one in enumerate(scheme.dimensions)], 1)
    steps = [1 if one.span >= 4 else one.span / 10 for one in scheme.dimensions]
    return np.round(found / steps) * steps


def learned(truth: np.ndarray, folds: np.ndarray, scheme: Scheme, rng: Rng) -> np.ndarray:
    """What a regressor says out of fold: the mean of the other folds, and as much as it learned."""
    skill = rng.choice([0.0, rng.uniform(0.1, 0.9)])
    found = np.zeros_like(truth)
    for fold in np.unique(folds):
        inside = folds == fold
        mean = truth[~inside].mean(axis=0)
        noise = rng.normal(size=truth[inside].shape) * truth.std(axis=0)
        found[inside] = mean + skill * (
            skill * (truth[inside] - mean) + np.sqrt(1 - skill**2) * noise
        )
        found[inside] += 0.1 * noise
    ends = [(one.low, one.high) for one in scheme.dimensions]
    return np.stack([np.clip(found[:, at], *one) for at, one in enumerate(ends)], axis=1)


def rating_row(
    system: str,
    item: str,
    scheme: Scheme,
    values: np.ndarray | None,
    fold: int | None,
    keys: list[str],
) -> dict[str, Any]:
    names = scheme.dimension_names
    read = None if values is None else dict(zip(names, map(float, values), strict=True))
    return {
        "item_id": item, "system_id": system, "scheme": scheme.name, "condition": "none",
        "repeat": 0, "status": "unparsed" if values is None else "ok", "fold": fold,
        "request_keys": keys, "values": read,
    }  # fmt: skip
