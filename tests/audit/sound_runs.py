"""Sound runs, made from a seed, in which faults can be planted.

They are not easy ones: systems are good, poor, biased and silent at times; some share their mistakes;
one describer forgets full stops; training stops early, but by rows of its own.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mllmsent.affect import get_scheme
from mllmsent.audit.runs.recomputed import ways_of_scoring
from mllmsent.audit.runs.tables import RunTables
from mllmsent.foundation.tables import check_table
from mllmsent.metrics import LabelSample, Resampling, fold_mean, get_metric
from mllmsent.metrics.grouping import Grouping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.affect.scheme import Scheme
    from mllmsent.audit.runs.sheets import Sheet

Rng = np.random.Generator

FOLDS = 5
DESCRIBERS = ("alpha", "beta")
CLASSIFIERS = ("linear", "bert", "bart")
SCHEMES = ("polarity3", "polarity5", "ekman", "polarity2")
WORDS = [
    "".join(pair)
    for pair in zip(
        np.repeat(["ba", "do", "fi", "gu", "ka", "le", "mo", "nu", "pa", "ri", "so", "tu"], 60),
        np.tile([f"{a}{b}" for a in "bdfglmnprst" for b in "aeiou"] + list("xyzqw"), 12),
        strict=True,
    )
]


@lru_cache(maxsize=8)
def sound_import(seed: int, size: str = "usual") -> RunTables:
    """Two describers, each read by three classifiers that were trained in five folds, from files."""
    rng = np.random.default_rng([seed, 1])
    scheme = scheme_of(seed)
    items, truth, folds = population(rng, scheme, size)
    descriptions = {who: texts_by(who, items, rng) for who in DESCRIBERS}
    hard = rng.normal(size=len(items))
    rows, systems = [], []
    for who in DESCRIBERS:
        for name in CLASSIFIERS:
            system = f"{who}-{name}"
            systems.append(system_row(system, who, "described", name, "fine-tuned"))
            said = answers(truth, len(scheme.labels), hard, rng, size)
            for fold in range(1, FOLDS + 1):
                for line, at in enumerate(np.flatnonzero(folds == fold), start=2):
                    label = said[at]
                    rows.append(
                        {
                            "system_id": system,
                            "scheme": scheme.name,
                            "fold": fold,
                            "item_id": items[at],
                            "file": f"{system}/logs/test_logs_0{fold}.csv",
                            "row": line,
                            "target": scheme.label_names[truth[at]],
                            "label": None if label < 0 else scheme.label_names[label],
                            "text": descriptions[who][at],
                            "raw_target": str(truth[at]),
                            "raw_label": "" if label < 0 else str(label),
                            "id_from": "file",
                        }
                    )
    tables = {
        "items": check_table("items", items_table(items, rng)),
        "systems": check_table("systems", pd.DataFrame(systems)),
        "imported_rows": check_table("imported_rows", pd.DataFrame(rows)),
    }
    run = RunTables(tables, {scheme.name: scheme})
    tables = {
        **tables,
        "imported_claims": claims_of(run),
        "training_curves": curves_of(run, rng),
    }
    return RunTables(tables, run.schemes)


@lru_cache(maxsize=8)
def sound_study(seed: int, size: str = "usual") -> RunTables:
    """A run as `mllmsent run` makes one: two models asked directly, and read by two classifiers."""
    rng = np.random.default_rng([seed, 2])
    scheme = scheme_of(seed + 1)
    items, truth, folds = population(rng, scheme, size)
    hard = rng.normal(size=len(items))
    systems, predictions, responses, descriptions = [], [], [], []
    for who in DESCRIBERS:
        systems.append(system_row(f"{who}-direct", who, "direct", "", ""))
        said = answers(truth, len(scheme.labels), hard, rng, size)
        for at, item in enumerate(items):
            key = f"{who}-{item}"
            text, status = worded(said[at], scheme, rng)
            responses.append(response_row(key, item, who, text, scheme.name))
            predictions.append(
                prediction_row(f"{who}-direct", item, scheme, said[at], None, status, [key])
            )
        texts = texts_by(who, items, rng)
        descriptions += [
            {
                "item_id": item, "describer": who, "text": text, "condition": "none", "repeat": 0,
                "request_key": f"{who}-{item}-described",
            }
            for item, text in zip(items, texts, strict=True)
        ]  # fmt: skip
        for name in CLASSIFIERS[:2]:
            systems.append(system_row(f"{who}-{name}", who, "described", name, "folds 5 seed 0"))
            said = answers(truth, len(scheme.labels), hard, rng, size)
            said = np.where(said < 0, truth, said)  # a classifier always answers
            predictions += [
                prediction_row(f"{who}-{name}", item, scheme, said[at], int(folds[at]), "ok", [])
                for at, item in enumerate(items)
            ]
    targets = [
        {
            "item_id": item, "scheme": scheme.name, "annotator_group": "all", "min_agreement": 3,
            "label": scheme.label_names[truth[at]], "n": 5,
        }
        for at, item in enumerate(items)
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


def checked_run(tables: Mapping[str, pd.DataFrame], scheme: Scheme) -> RunTables:
    """The tables of a run in one scheme, each checked against its schema."""
    checked = {name: check_table(name, table) for name, table in tables.items()}
    return RunTables(checked, {scheme.name: scheme})


def scheme_of(seed: int) -> Scheme:
    return get_scheme(SCHEMES[seed % len(SCHEMES)])


def population(rng: Rng, scheme: Scheme, size: str) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Items, their classes (uneven, none of them tiny) and folds stratified by class."""
    n_classes = len(scheme.labels)
    if size == "small":
        counts = np.full(n_classes, max(10, 40 // n_classes))
    else:
        low, high = (20, 60) if size == "usual" else (60, 400)
        counts = rng.integers(low, high, n_classes)
    truth = rng.permutation(np.repeat(np.arange(n_classes), counts))
    folds = np.zeros(len(truth), dtype=np.int64)
    for code in range(n_classes):
        own = rng.permutation(np.flatnonzero(truth == code))
        folds[own] = np.arange(len(own)) % FOLDS + 1
    return [f"item{number:04}" for number in range(len(truth))], truth, folds


def answers(truth: np.ndarray, n_classes: int, hard: np.ndarray, rng: Rng, size: str) -> np.ndarray:
    """A system of some accuracy, with a bias to some class, that is silent once in a while.

    In runs of other than the usual size, some guess without looking and some are nearly always right.
    """
    accuracy = rng.uniform(1.15 / n_classes + 0.05, 0.93)
    kind = "usual" if size == "usual" else rng.choice(["blind", "usual", "strong"])
    if kind == "blind":
        return rng.choice(n_classes, len(truth), p=rng.dirichlet(np.full(n_classes, 2.0)))
    accuracy = 0.98 if kind == "strong" else accuracy
    ease = 0.6 * hard + 0.8 * rng.normal(size=len(truth))
    right = ease <= np.quantile(ease, accuracy)
    liked = rng.dirichlet(np.full(n_classes, 0.7))
    wrong = np.empty(len(truth), dtype=np.int64)
    for code in range(n_classes):
        weights = np.delete(liked, code) + 0.02
        others = np.delete(np.arange(n_classes), code)
        own = truth == code
        wrong[own] = rng.choice(others, own.sum(), p=weights / weights.sum())
    said = np.where(right, truth, wrong)
    return np.where(rng.random(len(truth)) < rng.choice([0, 0, 0.02]), -1, said)


def texts_by(who: str, items: list[str], rng: Rng) -> list[str]:
    """A description of each item, in the manner of its describer."""
    return [description(who, topic(item), rng) for item in items]


def topic(item: str) -> list[str]:
    """What is to be seen in an item, whoever describes it."""
    rng = np.random.default_rng(list(item.encode()))
    return [str(word) for word in rng.choice(WORDS, 30)]


def description(who: str, seen: list[str], rng: Rng) -> str:
    """Sentences about what is seen: alpha is wordy and formal, beta plain."""
    named = [str(word) for word in rng.choice(seen, int(rng.integers(14, 28)))]
    extra = [str(word) for word in rng.choice(WORDS, int(rng.integers(8, 20)))]
    words = [str(word) for word in rng.permutation([*named, *extra])]
    parts = [words[at : at + 6] for at in range(0, len(words), 6)]
    if who == "alpha":
        openings = [
            "The image captures",
            "In the background, we observe",
            "Additionally, notable is",
        ]
        sentences = [
            f"{openings[min(at, 2)]} {', '.join(part[:-1])}, and {part[-1]}."
            for at, part in enumerate(parts)
        ]
        text = " ".join([*sentences, "Overall, the composition evokes a serene atmosphere."])
    else:
        sentences = [f"There is a {' and '.join(part)}." for part in parts]
        text = " ".join(sentences)
    # Some people forget the full stop, whatever the length.
    return text[:-1] if who == "beta" and rng.random() < 0.03 else text


def worded(code: int, scheme: Scheme, rng: Rng) -> tuple[str, str]:
    """What a model writes for a label, or for none."""
    if code >= 0:
        name = scheme.label_names[code]
        forms = ["{}", "{}.", "The answer is {}.", "**{}**"]
        return str(rng.choice(forms)).format(name.capitalize()), "ok"
    if rng.random() < 0.5:
        return "I'm sorry, but I can't help with that.", "refused"
    return "It is a picture of many things.", "unparsed"


def items_table(items: list[str], rng: Rng) -> pd.DataFrame:
    digests = [f"{int(number):016x}" for number in rng.integers(2**62, size=len(items))]
    return pd.DataFrame({"item_id": items, "sha256": digests})


def system_row(
    system: str, model: str, pathway: str, classifier: str, training: str
) -> dict[str, Any]:
    return {
        "system_id": system, "name": system, "pathway": pathway, "model": model,
        "classifier": classifier, "training": training, "readout": "text",
    }  # fmt: skip


def prediction_row(
    system: str,
    item: str,
    scheme: Scheme,
    code: int,
    fold: int | None,
    status: str,
    keys: list[str],
) -> dict[str, Any]:
    return {
        "item_id": item, "system_id": system, "scheme": scheme.name, "condition": "none",
        "repeat": 0, "status": status, "fold": fold, "request_keys": keys,
        "label": scheme.label_names[code] if status == "ok" else None,
    }  # fmt: skip


def response_row(key: str, item: str, model: str, text: str, scheme: str) -> dict[str, Any]:
    return {
        "request_key": key, "item_id": item, "stage": "direct", "model": model, "settings": "{}",
        "prompt": "zero-shot", "prompt_version": "1", "condition": "none", "repeat": 0,
        "status": "ok", "text": text, "attempts": 1, "created_at": "2026-01-01T00:00:00Z",
        "scheme": scheme, "stop_reason": "stop",
    }  # fmt: skip


def value_of(sheet: Sheet, name: str, how: str = "", fold: int | None = None) -> float:
    """A score that the rows give."""
    ways = ways_of_scoring(sheet, fold)
    return next(way.value for way in ways if way.name == name and way.how == how)


def claims_of(run: RunTables) -> pd.DataFrame:
    """What the files of a run claim of themselves, all of it true."""
    claims = []
    for number, sheet in enumerate(run.sheets):
        file = f"{sheet.system_id}/logs/test_logs.csv"
        own = {"system_id": sheet.system_id, "scheme": sheet.scheme.name, "file": file}
        for fold in range(1, FOLDS + 1):
            for metric, name in (("accuracy", "accuracy"), ("f1_score", "weighted F1")):
                value = value_of(sheet, name, fold=fold)
                claims.append(
                    {**own, "metric": metric, "value": value, "fold": fold, "row": fold + 1}
                )
            claims.append({**own, "metric": "time", "value": 812.0, "fold": fold, "row": fold + 1})
        mean, half = interval_of(sheet)
        # Some write shares, some percents, some few digits.
        scale, digits = ((1, 4), (100, 2), (1, 3))[number % 3]
        for metric, value in (
            ("weighted_f1", mean),
            ("weighted_f1_low", mean - half),
            ("weighted_f1_high", mean + half),
            ("weighted_f1_std", float(np.std(fold_scores(sheet), ddof=1))),
        ):
            said = round(scale * value, digits)
            # Where nothing is right there is no interval to claim.
            if not np.isnan(said):
                claims.append({**own, "metric": metric, "value": said, "fold": None, "row": 7})
    return check_table("imported_claims", pd.DataFrame(claims))


def fold_scores(sheet: Sheet) -> np.ndarray:
    return np.array([value_of(sheet, "weighted F1", fold=fold) for fold in range(1, FOLDS + 1)])


def interval_of(sheet: Sheet) -> tuple[float, float]:
    """Mean over folds of weighted F1, and half of its bootstrap interval."""
    sheet = sheet.take(sheet.scored)
    sample = LabelSample(
        sheet.truth, sheet.answer, sheet.scheme.label_names, Grouping.of(None, len(sheet.truth))
    )
    resampling = Resampling(n_resamples=1000, seed=1)  # another seed than the audit's own
    score = fold_mean(get_metric("weighted_f1"), sample, sheet.folds.tolist(), resampling).mean
    return score.value, (score.interval.high - score.interval.low) / 2


def curves_of(run: RunTables, rng: Rng) -> pd.DataFrame:
    """Curves of training that stopped, with patience, by a validation split of its own."""
    points = []
    for sheet in run.sheets:
        patience = int(rng.integers(3, 12))
        for fold in range(1, FOLDS + 1):
            best = int(rng.integers(4, 20))
            values = learning(best, best + patience, rng)
            file = f"{sheet.system_id}/logs/training_logs_0{fold}.csv"
            points += curve_rows(sheet, fold, file, "validation", values)
            points += curve_rows(sheet, fold, file, "train", np.sort(rng.random(len(values))))
    return check_table("training_curves", pd.DataFrame(points))


def learning(best: int, last: int, rng: Rng, top: float | None = None) -> np.ndarray:
    """A score that rises to its best at an epoch (from 1) and stays below it after."""
    top = rng.uniform(0.5, 0.95) if top is None else top
    rise = np.linspace(0.3, 0.97, best - 1) if best > 1 else np.array([])
    after = rng.uniform(0.90, 0.985, last - best)
    return top * np.concatenate([rise, [1.0], after])


def curve_rows(
    sheet: Sheet, fold: int, file: str, split: str, values: np.ndarray
) -> list[dict[str, Any]]:
    return [
        {
            "system_id": sheet.system_id, "scheme": sheet.scheme.name, "fold": fold,
            "epoch": epoch, "split": split, "metric": "f1_score", "value": float(value),
            "file": file,
        }
        for epoch, value in enumerate(values, start=1)
    ]  # fmt: skip


def changed(run: RunTables, tables: Mapping[str, pd.DataFrame]) -> RunTables:
    """The same run with some tables replaced; claims that other rows gave are left out."""
    new = {**run.tables, **tables}
    if "imported_rows" in tables and "imported_claims" not in tables:
        new["imported_claims"] = run.table("imported_claims").iloc[:0]
    return RunTables(new, run.schemes, run.root)
