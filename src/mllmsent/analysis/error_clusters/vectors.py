"""What each item is like, as a point: its descriptions, and what can be measured in its picture.

Two blocks of numbers stand side by side, scaled to the same total variance so that neither outweighs
the other:

- **Words**: sentence vectors where the extra `embedding` and its model are there, else TF-IDF with
  truncated SVD (latent semantic analysis), which needs neither. Of several descriptions of an item
  the mean is taken, after the mean of each describer: so one describer's manner is no likeness.
- **Pictures**: the measures of `mllmsent.features` as z scores, without hue, which is an angle.

What a dataset says of its items is not in them, so that it can be asked whether it differs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.foundation.errors import InputError, MissingExtraError
from mllmsent.text.class_terms import WordCounts, count_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mllmsent.analysis.material import Material
    from mllmsent.metrics.metric import Floats

__all__ = ["ItemVectors", "item_texts", "item_vectors", "vectors_of_run"]

WIDTH = 50
"""Dimensions of TF-IDF after truncated SVD."""

LEAST_TEXTS = 3
"""Fewest texts that a word stands in."""

ANGLES = ("hue",)
"""Measures that are angles, of which no mean and no distance can be taken."""


@dataclass(frozen=True, eq=False)
class ItemVectors:
    """Items as points.

    Attributes:
        items: Ids of the N items.
        points: (N, D), close where items are alike.
        texts: A text of each; empty where there is none.
        words: How often telling words stand in all texts of each.
        measures: (N, F) measures of the pictures in their own units, NaN for none.
        measure_names: Their names.
        told: What the points are made of, as the end of a sentence.
        lacking: What could not be made use of, and why.
    """

    items: NDArray[np.str_]
    points: Floats
    texts: Sequence[str]
    words: WordCounts
    measures: Floats
    measure_names: tuple[str, ...]
    told: str
    lacking: tuple[str, ...] = ()

    def rows(self, rows: NDArray[np.intp]) -> ItemVectors:
        """Those of some of the items."""
        return replace(
            self,
            items=self.items[rows],
            points=self.points[rows],
            texts=[self.texts[row] for row in rows],
            words=self.words.rows(rows),
            measures=self.measures[rows],
        )


def vectors_of_run(material: Material, *, sentence_model: str | None = None) -> ItemVectors:
    """The items of a run as points.

    Args:
        material: The run.
        sentence_model: A sentence-transformers model, as option `model` of classifier `embedding`;
            by default that classifier's own.
    """
    from mllmsent.text.embedding import EmbeddingOptions  # noqa: PLC0415 - scikit-learn is slow

    if sentence_model is None:
        sentence_model = EmbeddingOptions().model
    texts = item_texts(
        material.evidence.items, material.run.table("descriptions"), condition=material.condition
    )
    made = item_vectors(texts, material.features, sentence_model=sentence_model)
    lacking = (material.measured.lacking,) if material.measured.lacking else ()
    return replace(made, lacking=(*made.lacking, *lacking))


def item_texts(
    items: pd.DataFrame, descriptions: pd.DataFrame, *, condition: str = "none"
) -> pd.DataFrame:
    """What is written of each item: its descriptions, or its own text where none has any.

    Args:
        items: Table `items`.
        descriptions: Table `descriptions`.
        condition: The condition under which models described; descriptions that came with a
            dataset have none.

    Returns:
        Columns item_id, describer ("" for an item's own text) and text: one for each item and
        describer, none of them blank.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    rows = descriptions
    if "condition" in rows:
        rows = rows[rows["condition"].isna() | (rows["condition"] == condition)]
    rows = rows.drop_duplicates(["item_id", "describer"])[["item_id", "describer", "text"]]
    if not len(rows) and "text" in items:
        rows = items[["item_id", "text"]].assign(describer="")
    rows = rows[rows["text"].notna()].astype(str)
    rows = rows[rows["text"].str.strip() != ""]
    return pd.DataFrame(rows[["item_id", "describer", "text"]]).reset_index(drop=True)


def item_vectors(
    texts: pd.DataFrame, measures: pd.DataFrame, *, sentence_model: str = ""
) -> ItemVectors:
    """Items as points, of what is there of each.

    Args:
        texts: Columns item_id, describer and text; see `item_texts`.
        measures: Column item_id and a column per measure of `mllmsent.features`.
        sentence_model: The model of sentence vectors; empty for TF-IDF.
    """
    items = np.array(
        list(dict.fromkeys([*texts["item_id"].astype(str), *measures["item_id"].astype(str)])),
        dtype=np.str_,
    )
    place = {str(item): row for row, item in enumerate(items)}
    joined = [""] * len(items)
    first = [""] * len(items)
    for item, text in zip(texts["item_id"], texts["text"], strict=True):
        row = place[item]
        joined[row] = f"{joined[row]}\n{text}" if joined[row] else text
        first[row] = first[row] or text
    lacking: list[str] = []
    blocks: list[Floats] = []
    told: list[str] = []
    if len(texts):
        vectors, made_of, why = _text_vectors(texts["text"].tolist(), sentence_model)
        lacking += [why] if why else []
        rows = np.array([place[item] for item in texts["item_id"]], dtype=np.intp)
        blocks.append(_of_items(vectors, rows, texts["describer"].to_numpy(), len(items)))
        n_describers = texts["describer"].nunique()
        each = f"{n_describers} descriptions each" if n_describers > 1 else "their texts"
        told.append(f"{made_of} of {each}")
    else:
        lacking.append("No item has a description or a text, so that words say nothing of it.")
    names = tuple(str(name) for name in measures.columns if name not in {"item_id", *ANGLES})
    table = np.full((len(items), len(names)), np.nan)
    if len(measures):
        rows = np.array([place[str(item)] for item in measures["item_id"]], dtype=np.intp)
        table[rows] = measures[list(names)].to_numpy(np.float64)
        blocks.append(z_scores(table))
        told.append(f"{len(names)} measures of their pictures")
    return ItemVectors(
        items=items,
        points=_side_by_side(blocks, len(items)),
        texts=first,
        words=count_words(joined),
        measures=table,
        measure_names=names,
        told=" and ".join(told),
        lacking=tuple(lacking),
    )


def z_scores(table: Floats) -> Floats:
    """Columns as z scores; what is missing, and what is the same for all, is at the mean."""
    known = ~np.isnan(table)
    counts = np.maximum(known.sum(axis=0), 1)
    means = np.where(known, table, 0.0).sum(axis=0) / counts
    away = np.where(known, table - means, 0.0)
    spreads = np.sqrt((away**2).sum(axis=0) / counts)
    # A constant column keeps rounding noise, which is not spread.
    varies = spreads > 1e-9 * np.maximum(1.0, np.abs(means))
    scores: Floats = np.where(varies, away / np.where(varies, spreads, 1.0), 0.0)
    return scores


def _text_vectors(texts: Sequence[str], sentence_model: str) -> tuple[Floats, str, str]:
    """A vector of each text, what it is, and why it is no better one."""
    why = ""
    if sentence_model:
        try:
            from mllmsent.text.sentence_model import find_sentence_model  # noqa: PLC0415 - heavy
            from mllmsent.text.sentence_vectors import sentence_vectors  # noqa: PLC0415 - likewise

            found = sentence_vectors(find_sentence_model(sentence_model), texts)
        except (InputError, MissingExtraError):
            why = (
                "Texts are compared by their words (TF-IDF with truncated SVD) and not by sentence "
                f"vectors: the extra `embedding` or its model {sentence_model} is not here."
            )
        else:
            return found.vectors.astype(np.float64), "sentence vectors", ""
    return _latent(texts), "TF-IDF with truncated SVD", why


def _latent(texts: Sequence[str]) -> Floats:
    """(n, at most `WIDTH`) texts by truncated SVD of the TF-IDF of their telling words."""
    from sklearn.decomposition import TruncatedSVD  # noqa: PLC0415 - scikit-learn is slow to import

    from mllmsent.text.tfidf import learn_terms, weigh  # noqa: PLC0415 - likewise

    counted = count_words(texts)
    if not len(counted.words):
        return np.zeros((len(texts), 1))
    kept, idf = learn_terms(counted.counts, LEAST_TEXTS)
    weights = weigh(counted.counts[:, kept], idf)
    width = min(WIDTH, weights.shape[1] - 1, len(texts) - 1)
    if width < 1:
        return np.asarray(weights.todense(), dtype=np.float64)
    vectors: Floats = TruncatedSVD(width, random_state=0).fit_transform(weights)
    return vectors


def _of_items(
    vectors: Floats, rows: NDArray[np.intp], describers: NDArray[Any], n_items: int
) -> Floats:
    """Each item's mean vector, of length 1, or 0 where it has no text."""
    centered = vectors.copy()
    for describer in dict.fromkeys(describers):
        own = describers == describer
        centered[own] -= centered[own].mean(axis=0)
    summed = np.zeros((n_items, vectors.shape[1]))
    np.add.at(summed, rows, centered)
    lengths = np.linalg.norm(summed, axis=1, keepdims=True)
    scaled: Floats = summed / np.where(lengths > 1e-9, lengths, 1.0)
    return scaled


def _side_by_side(blocks: Sequence[Floats], n_items: int) -> Floats:
    """Blocks scaled to the same total variance."""
    scaled = [np.zeros((n_items, 1))]
    for block in blocks:
        total = float(block.var(axis=0).sum()) if len(block) else 0.0
        if total > 0:
            scaled.append(block / np.sqrt(total))
    return np.hstack(scaled[1:] or scaled)
