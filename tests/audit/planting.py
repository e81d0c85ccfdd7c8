"""Sound datasets, made from a seed, in which faults can be planted."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mllmsent.affect.scheme import Dimension, Label, Scheme
from mllmsent.data.dataset import Dataset
from mllmsent.data.faults import fault_table
from mllmsent.foundation.tables import check_table, empty_table

CLASSES = ("negative", "neutral", "positive")
POLARITY3 = Scheme(
    "polarity3", "ordered", tuple(Label(name, rank) for rank, name in enumerate(CLASSES))
)
POLARITY5 = Scheme(
    "polarity5",
    "ordered",
    tuple(
        Label(name, rank)
        for rank, name in enumerate(
            ("negative", "slightly negative", "neutral", "slightly positive", "positive")
        )
    ),
)
VALENCE = Scheme("valence", "dimensional", dimensions=(Dimension("valence", 1, 9),))
ITEMS, ANNOTATORS = 60, 6


@lru_cache(maxsize=64)
def sound_dataset(seed: int) -> Dataset:
    """Sixty items in three classes, judged by six annotators who are right four times in five.

    They have texts, valence ratings and norms, and no images. Nothing is wrong with them.
    """
    rng = np.random.default_rng(seed)
    ids = [f"item{number:03}" for number in range(ITEMS)]
    truth = rng.permutation(np.arange(ITEMS) % 3)
    split = ["test" if number % 3 == 0 else "train" for number in np.argsort(np.argsort(truth))]
    valence = 5 + 2.2 * (truth - 1) + rng.normal(0, 0.5, ITEMS)
    annotations: list[dict[str, Any]] = []
    for person in range(ANNOTATORS):
        for number, item in enumerate(ids):
            right = rng.random() < 0.8
            label = truth[number] if right else (truth[number] + rng.integers(1, 3)) % 3
            own = {"item_id": item, "annotator_id": f"person{person}"}
            annotations.append({**own, "scheme": "polarity3", "label": CLASSES[label]})
            rating = float(np.clip(round(valence[number] + rng.normal(0, 1)), 1, 9))
            annotations.append(
                {**own, "scheme": "valence", "dimension": "valence", "value": rating}
            )
    norms = [
        {
            "item_id": item, "scheme": "valence", "dimension": "valence", "annotator_group": "age=old",
            "mean": float(np.clip(value, 1.5, 8.5)), "sd": 1.0, "n": 40,
        }
        for item, value in zip(ids, valence, strict=True)
    ]  # fmt: skip
    words = np.array([f"word{number}" for number in range(800)])
    texts = [" ".join(rng.choice(words, 40)) for _ in ids]
    return Dataset(
        name="sound",
        version="1",
        title="Sound",
        emotion_target="evoked",
        synthetic=True,
        license="",
        citation="",
        root=Path(),
        items=check_table("items", pd.DataFrame({"item_id": ids, "text": texts, "split": split})),
        annotations=check_table("annotations", pd.DataFrame(annotations)),
        norms=check_table("targets", pd.DataFrame(norms)),
        descriptions=empty_table("descriptions"),
        schemes=(POLARITY3, VALENCE, POLARITY5),
        faults=fault_table([]),
    )


def truth_of(dataset: Dataset, item: str) -> str:
    """The most frequent vote on an item, "tied" where there are two."""
    votes = dataset.annotations
    most = votes["label"][votes["item_id"] == item].dropna().mode()
    return str(most[0]) if len(most) == 1 else "tied"


def changed(table: pd.DataFrame, rows: Any, **values: Any) -> pd.DataFrame:
    """A copy of a table with other values in some rows."""
    result = table.copy()
    for column, value in values.items():
        result.loc[rows, column] = value
    return result


def added(name: str, table: pd.DataFrame, *rows: dict[str, Any]) -> pd.DataFrame:
    """A copy of a table with more rows, checked but for its key."""
    empty = empty_table(name)
    more = pd.DataFrame(list(rows)).reindex(columns=table.columns)
    more = more.astype({column: empty[column].dtype for column in empty.columns})
    return pd.concat([table, more], ignore_index=True)
