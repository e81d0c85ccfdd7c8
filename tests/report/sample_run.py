"""Run folders made from nothing: drawn pictures, simulated people, systems with known faults.

`make_run` writes a folder as the runner does, so that reports are tested on what they will read.
"""

from __future__ import annotations

import colorsys
import json
import math
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd
from PIL import Image, ImageDraw

from mllmsent.affect import dump_scheme, get_scheme
from mllmsent.foundation.digest import file_sha256
from mllmsent.pathways.system import System, systems_table
from mllmsent.prompts import get_strategy
from mllmsent.runs.folder import RunFolder
from mllmsent.runs.study import parse_study

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mllmsent.affect.scheme import Scheme

MODELS = {"simulated/keen": 0.86, "simulated/hasty": 0.68, "simulated/gloomy": 0.6}
"""Model to the chance that it knows an item; `gloomy` sees negative where it does not."""

SKILL = {"direct": 1.0, "described": 0.86, "scene": 1.06}
STRATEGY = {"direct": "zero-shot", "described": "describe", "scene": "scene"}
STAGE = {"direct": "direct", "described": "description", "scene": "scene"}


@dataclass(frozen=True)
class Recipe:
    """What run to make; every field has a default that makes an ordinary one."""

    n_items: int = 100
    schemes: Sequence[str] = ("polarity3", "mikels", "valence-arousal")
    models: Mapping[str, float] = field(default_factory=lambda: dict(MODELS))
    pathways: Sequence[str] = ("direct", "described", "scene")
    classifiers: Sequence[str] = ("vader", "linear")
    images: bool = True
    labelled: bool = True
    synthetic: bool = True
    status_shares: Mapping[str, float] = field(
        default_factory=lambda: {"unparsed": 0.04, "refused": 0.02, "failed": 0.002}
    )
    title: str = "How simulated models read the mood of drawn scenes"
    note: str = "Everything here is synthetic: drawn pictures, simulated people, simulated models."
    answer: str | None = None
    """What every model says, word for word, in place of a sensible answer."""
    item_name: str = "scene-{:04d}"
    notes: Sequence[str] = ()
    themes: Sequence[str] = ("harbor", "indoors", "indoors")
    """Themes of the items, in turn."""
    blind: Mapping[str, str] = field(default_factory=dict)
    """Model to the theme in which it knows nothing."""
    analyses: Sequence[str] | None = ("agreement",)
    """Analyses that the study asks for; None for all, which takes its time."""
    resamples: int = 200
    seed: int = 7


@dataclass
class _Item:
    name: str
    valence: float
    arousal: float
    label: dict[str, str]
    theme: str


def make_run(folder: Path, recipe: Recipe | None = None) -> RunFolder:
    """Write a run folder, with its pictures beside it, and open it."""
    recipe = recipe or Recipe()
    rng = random.Random(recipe.seed)
    schemes = {name: get_scheme(name) for name in recipe.schemes}
    items = [_item(recipe, schemes, number, rng) for number in range(recipe.n_items)]
    root = folder.parent / f"{folder.name}-data"
    annotations = _annotations(items, schemes, rng) if recipe.labelled else []
    systems = _systems(recipe)
    answers = _answers(recipe, schemes, items, systems, rng)
    tables = {
        "items": _items_table(recipe, items, root),
        "systems": systems_table(systems),
        "predictions": pd.DataFrame(answers["predictions"]),
        "responses": pd.DataFrame(list(answers["responses"].values())),
    }
    if annotations:
        tables["annotations"] = pd.DataFrame(annotations)
        tables["targets"] = pd.DataFrame(_targets(annotations, schemes))
    for name in ("readings", "descriptions"):
        if answers[name]:
            tables[name] = pd.DataFrame(answers[name])
    run = RunFolder(folder)
    run.write(_study(recipe), _manifest(recipe, schemes, tables, f"../{root.name}"), tables)
    return run


def _item(recipe: Recipe, schemes: Mapping[str, Scheme], number: int, rng: random.Random) -> _Item:
    valence = min(9.0, max(1.0, rng.gauss(5.6, 2.1)))
    arousal = min(9.0, max(1.0, 5 + abs(valence - 5) * 0.5 + rng.gauss(-0.6, 1.6)))
    label = {}
    for name, scheme in schemes.items():
        if scheme.kind == "ordered":
            rank = min(len(scheme.labels) - 1, int((valence - 1) / 8 * len(scheme.labels)))
            label[name] = scheme.label_names[rank]
        elif scheme.kind == "categorical":
            label[name] = rng.choice(_plausible(scheme, valence))
    theme = recipe.themes[number % len(recipe.themes)]
    return _Item(recipe.item_name.format(number), valence, arousal, label, theme)


def _plausible(scheme: Scheme, valence: float) -> Sequence[str]:
    dark = {"anger", "disgust", "fear", "sadness"}
    names = scheme.label_names or ("calm", "longing", "unease")
    fitting = [name for name in names if (name in dark) == (valence < 5)]
    return fitting or names


def _annotations(
    items: Sequence[_Item], schemes: Mapping[str, Scheme], rng: random.Random
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for item in items:
        for number in range(5):
            who = {"annotator_id": f"a{number}", "annotator_culture": "us" if number < 3 else "cn"}
            for name, scheme in schemes.items():
                place = {"item_id": item.name, "scheme": name, **who}
                if scheme.kind == "dimensional":
                    means = {"valence": item.valence, "arousal": item.arousal}
                    for scale in scheme.dimensions:
                        value = means.get(scale.name, 5.0) + rng.gauss(0, 1.1)
                        value = round(min(scale.high, max(scale.low, value)))
                        rows.append(place | {"dimension": scale.name, "value": float(value)})
                    continue
                label = item.label[name]
                if rng.random() > 0.72:
                    label = rng.choice(scheme.label_names or (label,))
                rows.append(place | {"label": label})
    return rows


def _targets(
    annotations: Sequence[Mapping[str, Any]], schemes: Mapping[str, Scheme]
) -> list[dict[str, Any]]:
    rows = []
    table = pd.DataFrame(annotations)
    if "dimension" not in table:
        table["dimension"] = None
    for (item, name, dimension), part in table.groupby(
        ["item_id", "scheme", "dimension"], dropna=False, sort=False
    ):
        place: dict[str, Any] = {
            "item_id": item, "scheme": name, "annotator_group": "all", "n": len(part),
        }  # fmt: skip
        if schemes[str(name)].kind == "dimensional":
            place |= {
                "dimension": dimension, "mean": part["value"].mean(), "sd": part["value"].std(),
            }  # fmt: skip
        else:
            shares = part["label"].value_counts(normalize=True)
            agreed = shares.iloc[0] * len(part) >= 3
            place |= {
                "min_agreement": 3,
                "label": shares.index[0] if agreed else None,
                "distribution": shares.to_dict(),
            }
        rows.append(place)
    return rows


def _systems(recipe: Recipe) -> list[System]:
    return [
        System(
            pathway=pathway,
            model=model,
            identity={"name": model, "revision": "1"},
            settings={"temperature": 0.0, "max_tokens": 512},
            strategy=STRATEGY[pathway],
            strategy_version=f"1+{get_strategy(STRATEGY[pathway]).digest}",
            readout="json" if pathway == "scene" else "text",
            classifier=classifier,
            training="stratified 5" if classifier == "linear" else "",
            note="simulated" if recipe.synthetic else "",
        )
        for model in recipe.models
        for pathway in recipe.pathways
        for classifier in (recipe.classifiers if pathway == "described" else ("",))
    ]


def _answers(
    recipe: Recipe,
    schemes: Mapping[str, Scheme],
    items: Sequence[_Item],
    systems: Sequence[System],
    rng: random.Random,
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "predictions": [], "responses": {}, "readings": [], "descriptions": {},
    }  # fmt: skip
    for system in systems:
        for item in items:
            for scheme in schemes.values():
                _answer(recipe, system, item, scheme, found, rng)
    found["descriptions"] = list(found["descriptions"].values())
    return found


def _answer(
    recipe: Recipe,
    system: System,
    item: _Item,
    scheme: Scheme,
    found: dict[str, Any],
    rng: random.Random,
) -> None:
    stage = STAGE[system.pathway]
    asked = None if stage == "description" else scheme.name
    key = f"{system.model}/{stage}/{asked}/{item.name}"
    status = _status(recipe, rng)
    if stage == "description":
        known = found["responses"].get(key)
        status = known["status"] if known else ("ok" if status == "unparsed" else status)
    answer = _verdict(recipe, system, item, scheme, rng)
    text, reading = _words(recipe, system, item, scheme, status, answer)
    if key not in found["responses"]:
        found["responses"][key] = {
            "request_key": key,
            "item_id": item.name,
            "stage": stage,
            "scheme": asked,
            "model": system.model,
            "settings": "{}",
            "prompt": system.strategy,
            "prompt_version": system.strategy_version,
            "condition": "none",
            "repeat": 0,
            "status": "ok" if status == "unparsed" else status,
            "text": "" if status == "failed" else text,
            "attempts": 3 if status == "failed" else 1,
            "created_at": pd.Timestamp("2026-01-05T10:00:00Z"),
            "error": "HTTP 500 after 3 attempts" if status == "failed" else None,
            "input_tokens": 900,
            "output_tokens": len(text) // 4,
        }
    place = {
        "item_id": item.name,
        "system_id": system.system_id,
        "scheme": scheme.name,
        "condition": "none",
        "repeat": 0,
    }
    if stage == "description" and status == "ok":
        found["descriptions"][key] = {
            "item_id": item.name, "describer": system.model, "text": text, "request_key": key,
        }  # fmt: skip
    if stage == "scene" and status == "ok" and reading:
        found["readings"].extend(place | {"request_key": key} | row for row in reading)
    note = {"unparsed": "several labels", "refused": "declined", "failed": "HTTP 500"}.get(status)
    found["predictions"].append(
        place
        | {"status": status, "request_keys": [key], "note": note}
        | (answer if status == "ok" else {})
    )


def _status(recipe: Recipe, rng: random.Random) -> str:
    drawn = rng.random()
    for status, share in recipe.status_shares.items():
        if drawn < share:
            return status
        drawn -= share
    return "ok"


def _verdict(
    recipe: Recipe, system: System, item: _Item, scheme: Scheme, rng: random.Random
) -> dict[str, Any]:
    skill = recipe.models[system.model] * SKILL[system.pathway]
    skill -= 0.08 if system.classifier == "vader" else 0
    if recipe.blind.get(system.model) == item.theme:
        skill = 0.0
    gloomy = "gloomy" in system.model
    if scheme.kind == "dimensional":
        means = {"valence": item.valence - (1.2 if gloomy else 0), "arousal": item.arousal}
        values = {
            scale.name: round(
                min(
                    scale.high,
                    max(scale.low, means.get(scale.name, 5.0) + rng.gauss(0, 3.4 - 3 * skill)),
                ),
                1,
            )
            for scale in scheme.dimensions
        }
        return {"values": values}
    names = scheme.label_names or ("calm", "longing", "unease", "joy")
    if rng.random() < skill:
        return {"label": item.label[scheme.name]}
    if gloomy and rng.random() < 0.6:
        return {"label": "sadness" if "sadness" in names else names[0]}
    return {"label": rng.choice(names)}


def _words(
    recipe: Recipe,
    system: System,
    item: _Item,
    scheme: Scheme,
    status: str,
    answer: Mapping[str, Any],
) -> tuple[str, list[dict[str, Any]]]:
    if recipe.answer is not None:
        return recipe.answer, []
    if status == "refused":
        return "I'm sorry, but I can't help with judging this picture.", []
    if status == "unparsed":
        return "It could be seen as positive, though some would call it negative.", []
    mood = "warm" if item.valence > 5 else "cold"
    if system.pathway == "described":
        return (
            f"A drawn scene in {mood} light. A small figure stands beside a round shape; the sky "
            f"is {'clear' if item.valence > 5 else 'heavy and gray'}, and nothing moves. The "
            f"colors are {'bright, almost playful' if item.arousal > 5 else 'muted and still'}."
        ), []
    said: Any = answer.get("label") or answer.get("values")
    if system.pathway == "direct":
        return said if isinstance(said, str) else json.dumps(said), []
    reading = [
        {"field": "atmosphere", "position": 0, "value": f"A {mood}, quiet evening light."},
        {
            "field": "subject", "position": 0, "value": "a small figure",
            "expression": "smiling" if item.valence > 5 else "turned away",
        },
        {
            "field": "cue", "position": 0, "value": f"{mood} palette",
            "direction": "positive" if item.valence > 5 else "negative",
        },
        {"field": "narrative", "position": 0, "value": "Somebody waits for a friend."},
    ]  # fmt: skip
    return json.dumps({"atmosphere": reading[0]["value"], "verdict": said}), reading


def _items_table(recipe: Recipe, items: Sequence[_Item], root: Path) -> pd.DataFrame:
    rows = []
    for number, item in enumerate(items):
        row: dict[str, Any] = {"item_id": item.name, "theme": item.theme}
        if recipe.images:
            path = root / "images" / f"{number:05d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            _draw(item).save(path, compress_level=1)
            row |= {
                "path": f"images/{path.name}", "sha256": file_sha256(path),
                "media_type": "image/png", "width": 192, "height": 144,
            }  # fmt: skip
        else:
            row["text"] = f"A {'bright' if item.valence > 5 else 'gloomy'} harbor at noon, empty."
        rows.append(row)
    return pd.DataFrame(rows)


def _draw(item: _Item) -> Image.Image:
    hue = 0.6 - 0.5 * (item.valence - 1) / 8
    rows = []
    for row in range(144):
        light = 0.35 + 0.5 * (item.valence - 1) / 8 - 0.2 * row / 144
        color = colorsys.hsv_to_rgb(hue, 0.25 + 0.05 * item.arousal, light)
        rows.append(bytes(int(255 * part) for part in color))
    sky = Image.frombytes("RGB", (1, 144), b"".join(rows))
    image = sky.resize((192, 144), Image.Resampling.NEAREST)
    draw = ImageDraw.Draw(image)
    for number in range(int(item.arousal)):
        x, y = 20 + number * 19, 96 + 18 * math.sin(number * item.valence)
        draw.ellipse([x, y, x + 16, y + 16], fill=(250, 240, 220) if number % 2 else (40, 44, 60))
    return image


def _study(recipe: Recipe) -> Any:
    lines = {
        "name": "sample",
        "title": recipe.title,
        "note": recipe.note,
        "dataset": {"source": "dioramas"},
        "schemes": list(recipe.schemes),
        "models": list(recipe.models),
        "pathways": list(recipe.pathways),
        "classifiers": list(recipe.classifiers),
        "intervals": {"resamples": recipe.resamples},
        "analyses": None if recipe.analyses is None else list(recipe.analyses),
    }
    return parse_study(json.dumps(lines))


def _manifest(
    recipe: Recipe,
    schemes: Mapping[str, Scheme],
    tables: Mapping[str, pd.DataFrame],
    root: str,
) -> dict[str, Any]:
    strategies = {STRATEGY[pathway]: get_strategy(STRATEGY[pathway]) for pathway in recipe.pathways}
    responses = tables["responses"]
    return {
        "mllmsent": "0.1.0",
        "created_at": "2026-01-05T10:00:00+00:00",
        "finished_at": "2026-01-05T10:04:11+00:00",
        "status": "complete",
        "dataset": {
            "name": "drawn",
            "version": "1",
            "title": "Drawn scenes",
            "root": root,
            "digest": "9f2c61d0aa3be7c4",
            "synthetic": recipe.synthetic,
            "emotion_target": "evoked",
            "license": "CC0-1.0",
            "citation": "Made by the tests of this project.",
            "n_items": recipe.n_items,
        },
        "schemes": {name: dump_scheme(scheme) for name, scheme in schemes.items()},
        "protocols": {
            name: {
                "hash": f"{number:x}c07a9b1e33f4d2a",
                "name": f"drawn/{name}",
                "version": "1",
                "min_agreement": None if scheme.kind == "dimensional" else 3,
                "folds": {"kind": "stratified", "n": 5, "seed": 42},
                "n_items": recipe.n_items,
                "metric": "ccc" if scheme.kind == "dimensional" else "macro_f1",
                "problem": None,
            }
            for number, (name, scheme) in enumerate(schemes.items())
        },
        "models": {
            name: {
                "identity": {"name": name, "revision": "1"},
                "note": "simulated" if recipe.synthetic else "",
            }
            for name in recipe.models
        },
        "strategies": {
            name: {
                "version": strategy.version,
                "digest": strategy.digest,
                "title": strategy.title,
                "pathway": strategy.pathway,
                "language": strategy.language,
                "messages": [turn.text for turn in strategy.messages],
            }
            for name, strategy in strategies.items()
        },
        "conditions": ["none"],
        "seed": 42,
        "hardware": {
            "platform": "Linux-6.1-x86_64", "python": "3.11.9", "cpus": 2, "memory_gb": 7.7,
        },
        "packages": {"numpy": "2.1.0", "pandas": "2.2.3", "plotly": "6.0.0"},
        "requests": {
            "planned": len(responses), "cached": 0, "sent": len(responses),
            "failed": int((responses["status"] == "failed").sum()),
            "refused": int((responses["status"] == "refused").sum()),
        },
        "tokens": {"input": 900 * len(responses), "output": 40 * len(responses)},
        "cost_usd": None,
        "notes": list(recipe.notes),
    }  # fmt: skip
