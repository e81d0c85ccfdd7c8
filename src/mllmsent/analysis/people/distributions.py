"""A system's distribution over labels: from the scores it gives, or from its answers over repeats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.metrics import soft_label_entropy

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme

    Floats = NDArray[np.float64]

__all__ = ["Distributions", "hesitation_of_margins", "sampled_distributions", "score_distributions"]

PROBABLE = (
    "probability", "votes", "stated", "likelihood-sum", "likelihood-mean",
    "likelihood-sum-calibrated", "likelihood-mean-calibrated", "first-tokens",
)  # fmt: skip
"""Kinds of scores that are a distribution over labels."""


@dataclass(frozen=True)
class Distributions:
    """A system's distributions over the labels of a scheme.

    Attributes:
        source: Where they come from: "scores (probability)", "answers to 5 repeats".
        shares: (N, K) for N items; NaN for items without any.
    """

    source: str
    shares: Floats

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which items have one."""
        return np.asarray(~np.isnan(self.shares).any(axis=1), dtype=np.bool_)

    @property
    def entropy(self) -> Floats:
        """How undecided the system is about each item, 0 to 1; NaN for items without any."""
        return soft_label_entropy(np.where(self.known[:, None], self.shares, 0.0))


def score_distributions(
    said: pd.DataFrame, scheme: Scheme, place: Mapping[str, int]
) -> Distributions | None:
    """The mean of the distributions that a system gives with its answers to an item.

    Args:
        said: Rows of `predictions` of one system in one scheme.
        scheme: The scheme.
        place: Item to its row.

    Returns:
        None where it gives no scores, or scores that are no distribution.
    """
    rows = said[said["scores"].notna() & said["score_kind"].isin(PROBABLE)]
    if not len(rows):
        return None
    table = _scores(rows, scheme)
    sound = np.isfinite(table).all(axis=1) & (table >= 0).all(axis=1) & (table.sum(axis=1) > 0)
    table = table[sound] / table[sound].sum(axis=1, keepdims=True)
    kinds = " and ".join(sorted(set(rows["score_kind"])))
    return Distributions(f"scores ({kinds})", _mean(table, _items(rows, place)[sound], len(place)))


def sampled_distributions(
    said: pd.DataFrame, scheme: Scheme, place: Mapping[str, int]
) -> Distributions | None:
    """How often each label is answered to an item, over its repeats.

    Args:
        said: Rows of `predictions` of one system in one scheme.
        scheme: The scheme.
        place: Item to its row.

    Returns:
        None where no item has two answers that could be read.
    """
    names = {label: code for code, label in enumerate(scheme.label_names)}
    rows = said[said["label"].isin(list(names))]
    items = _items(rows, place)
    codes = rows["label"].map(names).to_numpy(dtype=np.intp)
    cells = np.bincount(items * len(names) + codes, minlength=len(place) * len(names))
    counts = cells.reshape(len(place), len(names)).astype(float)
    n = counts.sum(axis=1, keepdims=True)
    if not (n >= 2).any():
        return None
    shares = np.divide(counts, n, out=np.full_like(counts, np.nan), where=n >= 2)
    return Distributions(f"answers to {int(n.max())} repeats", shares)


def hesitation_of_margins(said: pd.DataFrame, scheme: Scheme, place: Mapping[str, int]) -> Floats:
    """Minus how far the highest score lies above the next, for scores that are no distribution.

    Args:
        said: Rows of `predictions` of one system in one scheme.
        scheme: The scheme.
        place: Item to its row.

    Returns:
        (N,), the mean over an item's answers; NaN for items without such scores.
    """
    rows = said[said["scores"].notna() & ~said["score_kind"].isin(PROBABLE)]
    if not len(rows) or len(scheme.labels) < 2:
        return np.full(len(place), np.nan)
    table = np.sort(_scores(rows, scheme), axis=1)
    sound = np.isfinite(table).all(axis=1)
    margin = (table[:, -2] - table[:, -1])[sound, None]
    return _mean(margin, _items(rows, place)[sound], len(place))[:, 0]


def _scores(rows: pd.DataFrame, scheme: Scheme) -> Floats:
    """Each row's scores; a label without one has 0 in a distribution, and else none at all."""
    names = scheme.label_names
    # What is absent is None, which numpy reads as NaN.
    cells = [[scores.get(name) for name in names] for scores in rows["scores"].tolist()]
    table = np.array(cells, dtype=float).reshape(len(rows), len(names))
    table[np.isnan(table) & rows["score_kind"].isin(PROBABLE).to_numpy()[:, None]] = 0.0
    return table


def _items(rows: pd.DataFrame, place: Mapping[str, int]) -> NDArray[np.intp]:
    return np.array([place[item] for item in rows["item_id"].tolist()], dtype=np.intp)


def _mean(table: Floats, rows: NDArray[np.intp], n: int) -> Floats:
    sums, count = np.zeros((n, table.shape[1])), np.bincount(rows, minlength=n).astype(float)
    np.add.at(sums, rows, table)
    shares: Floats = np.divide(
        sums, count[:, None], out=np.full_like(sums, np.nan), where=count[:, None] > 0
    )
    return shares
