"""Descriptions of others, and descriptions that were cut."""

from __future__ import annotations

import numpy as np
import pandas as pd
from tests.audit.faults.planting import Planted, rows_of, some, some_system
from tests.audit.sound_runs import (
    DESCRIBERS,
    Rng,
    changed,
    description,
    sound_import,
    sound_study,
    topic,
)


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
