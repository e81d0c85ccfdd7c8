"""Faults to plant in sound runs: for each code one or several ways, drawn by chance."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageEnhance, ImageOps
from tests.audit.sound_runs import (
    DESCRIBERS,
    FOLDS,
    Rng,
    changed,
    curve_rows,
    description,
    fold_scores,
    interval_of,
    learning,
    sound_import,
    sound_study,
    topic,
    value_of,
)

from mllmsent.audit.runs.tables import RunTables

if TYPE_CHECKING:
    from mllmsent.audit.runs.sheets import Sheet


@dataclass(frozen=True)
class Planted:
    """A run with a fault.

    Attributes:
        run: The run.
        systems: Systems, describers or files that the finding must name; any of them will do.
        items: Items that its rows must hold, all of them.
    """

    run: RunTables
    systems: frozenset[str] = frozenset()
    items: frozenset[str] = frozenset()


Plant = Callable[[int, Rng], Planted]


def some_system(run: RunTables, rng: Rng) -> Sheet:
    return run.sheets[int(rng.integers(len(run.sheets)))]


def good_system(run: RunTables, rng: Rng) -> Sheet:
    """A system that knows something, so that it shows where its answers went."""
    known = [s for s in run.sheets if value_of(s, "Cohen's kappa") >= 0.45]
    best = max(run.sheets, key=lambda sheet: value_of(sheet, "Cohen's kappa"))
    return known[int(rng.integers(len(known)))] if known else best


def some(values: object, rng: Rng, low: int, high: int) -> list[str]:
    pool = sorted({str(value) for value in values})  # type: ignore[attr-defined]
    count = min(len(pool), int(rng.integers(low, high + 1)))
    return [str(value) for value in rng.choice(pool, count, replace=False)]


def rows_of(run: RunTables, system: str) -> tuple[pd.DataFrame, np.ndarray]:
    rows = run.table("imported_rows").copy()
    return rows, np.flatnonzero((rows["system_id"] == system).to_numpy())


# --- ids and labels


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


# --- descriptions


def anothers_texts(seed: int, rng: Rng) -> Planted:
    """Some of one describer's texts are the other's, now and then without their last sentence."""
    one, other = rng.permutation(DESCRIBERS)
    run = sound_study(seed)
    table = run.table("descriptions").copy()
    items = some(table["item_id"], rng, 4, 60)
    own = table[table["describer"] == one].set_index("item_id")["text"]
    at = (table["describer"] == other) & table["item_id"].isin(items)
    texts = [str(own[item]) for item in table.loc[at, "item_id"]]
    if rng.random() < 0.3:
        texts = [text.rpartition(". ")[0] + "." for text in texts]
    table.loc[at, "text"] = texts
    return Planted(
        changed(run, {"descriptions": table}), frozenset({str(one), str(other)}), frozenset(items)
    )


def a_file_of_another_model(seed: int, rng: Rng) -> Planted:
    """All of a system's texts are the other describer's, as in a folder with the wrong name."""
    run = sound_import(seed)
    sheet = some_system(run, rng)
    (other,) = [who for who in DESCRIBERS if who != sheet.model]
    rows, own = rows_of(run, sheet.system_id)
    texts = rows[rows["system_id"] == f"{other}-linear"].set_index("item_id")["text"]
    rows.loc[own, "text"] = [texts[item] for item in rows.loc[own, "item_id"]]
    return Planted(
        changed(run, {"imported_rows": rows}), frozenset({sheet.system_id}), frozenset(sheet.items)
    )


def copied_texts(seed: int, rng: Rng) -> Planted:
    return (anothers_texts if rng.random() < 0.6 else a_file_of_another_model)(seed, rng)


def anothers_style(seed: int, rng: Rng) -> Planted:
    """New texts in one describer's manner under the other's name: no copies that could be found."""
    one, other = (str(who) for who in rng.permutation(DESCRIBERS))
    run = sound_study(seed)
    table = run.table("descriptions").copy()
    items = some(table["item_id"], rng, 5, 40)
    at = (table["describer"] == other) & table["item_id"].isin(items)
    table.loc[at, "text"] = [
        description(one, topic(str(item)), rng) for item in table.loc[at, "item_id"]
    ]
    return Planted(changed(run, {"descriptions": table}), frozenset({other}))


def cut_descriptions(seed: int, rng: Rng) -> Planted:
    run = sound_study(seed)
    who = str(rng.choice(DESCRIBERS))
    table = run.table("descriptions").copy()
    own = table["describer"] == who
    texts = table.loc[own, "text"].astype(str)
    words = [text.split() for text in texts]
    counts = np.array([len(own_words) for own_words in words])
    if rng.random() < 0.5:
        limit = int(np.quantile(counts, rng.uniform(0.3, 0.9)))
        cut = counts > limit
        # A limit in tokens is only about one in words.
        lengths = limit - rng.integers(0, 4, len(texts))
        new = [
            " ".join(own_words[:length]).rstrip(".,") if is_cut else text
            for text, own_words, length, is_cut in zip(texts, words, lengths, cut, strict=True)
        ]
    else:
        limit = int(np.quantile(texts.str.len(), rng.uniform(0.3, 0.9)))
        new = [text[:limit] for text in texts]
        cut = (texts.str.len() > limit).to_numpy(dtype=bool)
    table.loc[own, "text"] = new
    return Planted(changed(run, {"descriptions": table}), frozenset({who}))


def stopped_descriptions(seed: int, rng: Rng) -> Planted:
    """The server says that it stopped, though the texts may end well."""
    run = sound_study(seed)
    who = str(rng.choice(DESCRIBERS))
    table = run.table("descriptions")
    items = some(table["item_id"], rng, 1, 8)
    responses = run.table("responses")
    first = responses.iloc[: len(items)].assign(
        stage="description", model=who, item_id=items, stop_reason="length", scheme=None
    )
    more = pd.concat([responses, first], ignore_index=True)
    return Planted(changed(run, {"responses": more}), frozenset({who}), frozenset(items))


def truncated(seed: int, rng: Rng) -> Planted:
    return (cut_descriptions if rng.random() < 0.8 else stopped_descriptions)(seed, rng)


# --- folds


def two_items_apart(run: RunTables, rng: Rng, pairs: int) -> list[tuple[str, str]]:
    """Pairs of items that stand in different folds."""
    sheet = next(sheet for sheet in run.sheets if sheet.trained)
    folds = dict(zip(sheet.items, sheet.folds.tolist(), strict=True))
    chosen = rng.permutation(sorted(folds))
    found: list[tuple[str, str]] = []
    for one, other in zip(chosen[::2], chosen[1::2], strict=False):
        if folds[str(one)] != folds[str(other)] and len(found) < pairs:
            found.append((str(one), str(other)))
    return found


def same_texts(seed: int, rng: Rng, *, nearly: bool = False) -> Planted:
    run = sound_study(seed)
    who = str(rng.choice(DESCRIBERS))
    table = run.table("descriptions").copy()
    texts = table[table["describer"] == who].set_index("item_id")["text"]
    pairs = two_items_apart(run, rng, int(rng.integers(1, 5)))
    for one, other in pairs:
        at = (table["describer"] == who) & (table["item_id"] == other)
        text = str(texts[one])
        table.loc[at, "text"] = f"{text.partition('. ')[2]} {topic(other)[0]}." if nearly else text
    items = frozenset(item for pair in pairs for item in pair)
    return Planted(changed(run, {"descriptions": table}), frozenset({f"{who}-linear"}), items)


def nearly_same_texts(seed: int, rng: Rng) -> Planted:
    return same_texts(seed, rng, nearly=True)


def same_pictures(seed: int, rng: Rng) -> Planted:
    run = sound_study(seed)
    items = run.table("items").copy()
    pairs = two_items_apart(run, rng, int(rng.integers(1, 5)))
    digests = items.set_index("item_id")["sha256"]
    for one, other in pairs:
        items.loc[items["item_id"] == other, "sha256"] = digests[one]
    return Planted(
        changed(run, {"items": items}), items=frozenset(item for pair in pairs for item in pair)
    )


PICTURES = 40


def picture(number: int, side: int = 240) -> Image.Image:
    """A picture of overlapping shapes, unlike any other number's."""
    rng = np.random.default_rng([number, 7])
    image = Image.new("RGB", (side, side), tuple(int(c) for c in rng.integers(256, size=3)))
    draw = ImageDraw.Draw(image)
    for _ in range(24):
        x, y, width, height = (int(v) for v in rng.integers(0, side, 4))
        color = tuple(int(c) for c in rng.integers(256, size=3))
        shape = draw.ellipse if rng.random() < 0.5 else draw.rectangle
        shape((x, y, x + width // 2, y + height // 2), fill=color)
    return image


@cache
def gallery() -> tempfile.TemporaryDirectory[str]:
    """A folder of forty pictures that are nothing to one another; gone when the tests are over."""
    folder = tempfile.TemporaryDirectory(prefix="gallery-")
    for number in range(PICTURES):
        picture(number).save(Path(folder.name) / f"{number}.png")
    return folder


def with_pictures(run: RunTables) -> RunTables:
    """The run with pictures for its first items."""
    items = run.table("items").copy()
    items["path"] = [f"{n}.png" if n < PICTURES else None for n in range(len(items))]
    return RunTables({**run.tables, "items": items}, run.schemes, Path(gallery().name))


def copied_pictures(seed: int, rng: Rng) -> Planted:
    """A picture that is another's copy: smaller, cropped, mirrored, gray, brighter or compressed."""
    run = with_pictures(sound_study(seed))
    items = run.table("items").copy()
    first = items["item_id"].iloc[:PICTURES].tolist()
    sheet = next(sheet for sheet in run.sheets if sheet.trained)
    folds = dict(zip(sheet.items, sheet.folds.tolist(), strict=True))
    one = str(rng.choice(first))
    other = str(rng.choice([item for item in first if folds[item] != folds[one]]))
    number = first.index(one)
    image = picture(number)
    side = image.width
    ways: list[Callable[[], Image.Image]] = [
        lambda: image.resize((200, 200)),
        lambda: image.crop((8, 8, side - 8, side - 8)),
        lambda: ImageOps.mirror(image),
        lambda: ImageOps.grayscale(image).convert("RGB"),
        lambda: ImageEnhance.Brightness(image).enhance(1.25),
    ]
    changed_copy = ways[int(rng.integers(len(ways)))]()
    name = f"copy-{seed}.jpg"
    changed_copy.save(Path(gallery().name) / name, quality=int(rng.integers(60, 95)))
    items.loc[items["item_id"] == other, "path"] = name
    return Planted(changed(run, {"items": items}), items=frozenset({one, other}))


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


# --- rows


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


# --- claims and curves


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


FAULTS: dict[str, tuple[Plant, ...]] = {
    "shuffled-ids": (a_shuffled_loader, ids_in_another_order),
    "permuted-targets": (targets_in_another_code,),
    "contradictory-targets": (labels_that_contradict,),
    "foreign-texts": (texts_of_others,),
    "permuted-labels": (permuted_answers,),
    "below-chance": (answers_that_avoid_the_truth,),
    "copied-descriptions": (copied_texts,),
    "describer-style": (anothers_style,),
    "truncated-descriptions": (truncated,),
    "duplicate-texts-across-folds": (same_texts,),
    "near-duplicate-texts-across-folds": (nearly_same_texts,),
    "duplicate-images-across-folds": (same_pictures,),
    "near-duplicate-images-across-folds": (copied_pictures,),
    "missing-items": (rows_that_are_not_there,),
    "repeated-items": (rows_that_are_there_twice,),
    "label-outside-scheme": (labels_of_no_scheme,),
    "unreadable-answers-labeled": (labels_of_unreadable_answers,),
    "tiny-class": (a_tiny_class,),
    "class-absent-from-fold": (a_fold_without_a_class,),
    "claim-not-reproduced": (a_score_from_nowhere,),
    "claim-of-another-score": (a_score_of_another_kind,),
    "interval-not-as-claimed": (an_interval_that_is_none,),
    "selected-on-reported-fold": (stopped_by_the_reported_fold,),
}
"""Code to the ways of planting it."""


def plant(code: str, seed: int) -> Planted:
    """A run with a fault of a code, by one of its ways."""
    rng = np.random.default_rng([seed, *code.encode()])
    ways = FAULTS[code]
    return ways[seed % len(ways)](seed, rng)
