"""A run of any size in which everything is planted: people, systems, descriptions, metadata.

It has what analyses ask for: votes of five people in two cultures, scores, folds, two describers with
two readers each, two wordings, and a subgroup (rain) in which one system is worse. No model is asked
and no picture is drawn; measures of pictures are drawn by chance and put into the table `features`.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mllmsent.affect import dump_scheme, get_scheme
from mllmsent.features import feature_names
from mllmsent.features.measuring import VERSION
from mllmsent.foundation.version import __version__
from mllmsent.pathways.system import System, systems_table
from mllmsent.runs.folder import RunFolder
from mllmsent.runs.study import parse_study

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme

__all__ = ["N_SYSTEMS", "planted_run"]

N_SYSTEMS = 10
"""Systems of a planted run."""

PEOPLE = ("a0", "a1", "a2", "a3", "a4")
WEATHER = ("clear", "clear", "cloudy", "rain")
SETTINGS = ("city", "forest", "harbor", "room")
MOODS = {
    -1: ("gloomy", "empty", "broken", "lonely", "cold"),
    0: ("plain", "quiet", "gray", "usual", "still"),
    1: ("bright", "playful", "warm", "blooming", "smiling"),
}


def planted_run(folder: Path, n_items: int, *, kind: str = "labels", seed: int = 0) -> RunFolder:
    """Write a run of `N_SYSTEMS` systems and `n_items` items.

    Args:
        folder: Where to.
        n_items: How many items; predictions are `N_SYSTEMS` times as many.
        kind: "labels" (polarity, five classes) or "numbers" (valence of valence-arousal).
        seed: Of everything.
    """
    rng = np.random.default_rng(seed)
    scheme = get_scheme("polarity5" if kind == "labels" else "valence-arousal")
    ids = np.array([f"item-{number:07}" for number in range(n_items)])
    mood = np.clip(rng.normal(0, 1, n_items), -2, 2)
    items = _items(ids, mood, rng)
    votes = np.clip(mood[:, None] + rng.normal(0, 0.6, (n_items, len(PEOPLE))), -2, 2)
    votes[:, 3:] = np.clip(votes[:, 3:] + 0.15, -2, 2)
    systems = _systems()
    tables = {
        "items": items,
        "systems": systems_table(systems),
        "annotations": _annotations(ids, votes, scheme),
        "targets": _targets(ids, votes, scheme),
        "predictions": _predictions(ids, mood, items, systems, scheme=scheme, rng=rng),
        "descriptions": _descriptions(ids, mood, items, rng),
        "features": _features(items, mood, rng),
    }
    study = parse_study(
        f"name: planted\ndataset: dioramas\nschemes: [{scheme.name}]\n"
        "models: [simulated/keen]\npathways: [direct]\n"
    )
    run = RunFolder(folder)
    run.write(study, _manifest(scheme, n_items), tables)
    return run


def _items(ids: NDArray[Any], mood: NDArray[Any], rng: np.random.Generator) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "item_id": ids,
            # Pictures that are measured already; nothing reads them.
            "path": [f"{item}.png" for item in ids],
            "sha256": [hashlib.sha256(item.encode()).hexdigest() for item in ids.tolist()],
            "weather": rng.choice(WEATHER, len(ids)),
            "setting": rng.choice(SETTINGS, len(ids)),
            "hour": rng.integers(0, 24, len(ids)).astype(float),
            "crowd": np.round(np.exp(rng.normal(1, 0.5, len(ids)) + 0.1 * mood), 2),
        }
    )


def _systems() -> list[System]:
    made: list[tuple[str, str, str, str]] = [
        *((f"model-{letter}", "direct", "zero-shot", "") for letter in "abcd"),
        *((f"model-{letter}", "direct", "definitions", "") for letter in "ab"),
        *(
            (f"model-{letter}", "described", "describe", reader)
            for letter in "ab"
            for reader in ("linear", "embedding")
        ),
    ]
    return [
        System(
            pathway=pathway,
            model=f"planted/{model}",
            identity={"name": model},
            settings={"temperature": 0.0},
            strategy=strategy,
            strategy_version="1",
            readout="text",
            classifier=reader,
            training="stratified 5" if reader else "",
            note="planted",
        )
        for model, pathway, strategy, reader in made
    ]


def _annotations(ids: NDArray[Any], votes: NDArray[Any], scheme: Scheme) -> Any:
    table = pd.DataFrame(
        {
            "item_id": np.repeat(ids, len(PEOPLE)),
            "annotator_id": np.tile(PEOPLE, len(ids)),
            "annotator_culture": np.tile(["us", "us", "us", "cn", "cn"], len(ids)),
            "scheme": scheme.name,
        }
    )
    said = votes.ravel()
    if scheme.labels:
        table["label"] = np.array(scheme.label_names)[np.rint(said).astype(int) + 2]
    else:
        table["dimension"], table["value"] = "valence", _rating(said, scheme)
    return table


def _rating(mood: NDArray[Any], scheme: Scheme) -> NDArray[Any]:
    scale = scheme.dimension("valence")
    return np.clip((scale.low + scale.high) / 2 + mood * scale.span / 5, scale.low, scale.high)


def _targets(ids: NDArray[Any], votes: NDArray[Any], scheme: Scheme) -> Any:
    who = {"all": slice(None), "culture=us": slice(0, 3), "culture=cn": slice(3, 5)}
    return pd.concat(
        [_targets_of(ids, votes[:, part], scheme, group) for group, part in who.items()],
        ignore_index=True,
    )


def _targets_of(ids: NDArray[Any], votes: NDArray[Any], scheme: Scheme, group: str) -> Any:
    table: Any = pd.DataFrame({"item_id": ids, "scheme": scheme.name, "annotator_group": group})
    table["n"] = votes.shape[1]
    if not scheme.labels:
        ratings = _rating(votes, scheme)
        table["dimension"], table["mean"] = "valence", ratings.mean(axis=1)
        table["sd"] = ratings.std(axis=1, ddof=1)
        return table
    names = np.array(scheme.label_names)
    counts = (np.rint(votes)[:, :, None] == np.arange(-2, 3)).sum(axis=1)
    table["label"] = names[counts.argmax(axis=1)]
    shares = counts / counts.sum(axis=1, keepdims=True)
    table["distribution"] = [
        {name: share for name, share in zip(names, row, strict=True) if share}
        for row in shares.tolist()
    ]
    return table


def _predictions(
    ids: NDArray[Any],
    mood: NDArray[Any],
    items: pd.DataFrame,
    systems: list[System],
    *,
    scheme: Scheme,
    rng: np.random.Generator,
) -> Any:
    rainy = (items["weather"] == "rain").to_numpy()
    hard = rng.normal(0, 0.4, len(ids))
    parts = []
    for number, system in enumerate(systems):
        noise = 0.5 + 0.06 * number + (1.0 * rainy if number == 3 else 0)
        seen = np.clip(mood + hard + rng.normal(0, 1, len(ids)) * noise, -2, 2)
        table: Any = pd.DataFrame({"item_id": ids, "system_id": system.system_id})
        table["scheme"], table["condition"], table["repeat"] = scheme.name, "none", 0
        table["status"] = np.where(rng.random(len(ids)) < 0.01, "unparsed", "ok")
        if system.classifier:
            table["fold"] = rng.integers(0, 5, len(ids))
        read = (table["status"] == "ok").to_numpy()
        if scheme.labels:
            _label(table, seen, read, scheme)
        else:
            table["values"] = [
                {"valence": value} if ok else None
                for value, ok in zip(np.round(_rating(seen, scheme), 1).tolist(), read, strict=True)
            ]
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


def _label(table: Any, seen: NDArray[Any], read: NDArray[Any], scheme: Scheme) -> None:
    names = scheme.label_names
    nearness = -2.0 * (seen[:, None] - np.arange(-2, 3)) ** 2
    shares = np.exp(nearness - nearness.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    told = np.array(names)[shares.argmax(axis=1)]
    table["label"] = np.where(read, told, None)
    table["score_kind"] = "likelihood"
    table["scores"] = [
        dict(zip(names, row, strict=True)) if ok else None
        for row, ok in zip(shares.round(4).tolist(), read, strict=True)
    ]


def _descriptions(
    ids: NDArray[Any], mood: NDArray[Any], items: pd.DataFrame, rng: np.random.Generator
) -> Any:
    side = np.sign(np.rint(mood)).astype(int)
    parts = []
    for letter in "ab":
        words = np.array([MOODS[place][number] for place, number in zip(
            side.tolist(), rng.integers(0, 5, len(ids)).tolist(), strict=True
        )])  # fmt: skip
        texts = [
            f"A {word} {setting} under {weather} skies, around {hour:.0f} o'clock, with {crowd:.0f} "
            f"people and something {word} about it."
            for word, setting, weather, hour, crowd in zip(
                words, items["setting"], items["weather"], items["hour"], items["crowd"],
                strict=True,
            )
        ]  # fmt: skip
        parts.append(
            pd.DataFrame({"item_id": ids, "describer": f"planted/model-{letter}", "text": texts})
        )
    return pd.concat(parts, ignore_index=True)


def _features(items: pd.DataFrame, mood: NDArray[Any], rng: np.random.Generator) -> Any:
    table: Any = items[["item_id", "sha256"]].assign(measures_version=VERSION)
    for number, name in enumerate(feature_names()):
        lean = 0.3 if number % 5 == 0 else 0.0
        table[name] = lean * mood + rng.normal(0, 1, len(items))
    return table


def _manifest(scheme: Scheme, n_items: int) -> dict[str, Any]:
    return {
        "mllmsent": __version__,
        "created_at": "2026-01-05T10:00:00+00:00",
        "finished_at": "2026-01-05T10:04:11+00:00",
        "status": "complete",
        "dataset": {
            "name": "planted", "version": "1", "title": "Planted predictions", "root": ".",
            "digest": "0" * 16, "synthetic": True, "emotion_target": "evoked", "license": "",
            "citation": "", "n_items": n_items,
        },
        "schemes": {scheme.name: dump_scheme(scheme)},
        "protocols": {scheme.name: {"name": "planted", "metric": None}},
        "models": {},
        "strategies": {},
        "conditions": ["none"],
        "seed": 0,
        "notes": [],
    }  # fmt: skip
