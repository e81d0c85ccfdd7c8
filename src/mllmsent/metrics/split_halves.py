"""Two random halves of the people who judged each item: how near can anybody come to people?

How far one half is from the other is a floor that people set themselves. It is that of halves: each
holds fewer people than all, so its shares scatter more, and only what is held against the same half
can be put beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mllmsent.foundation import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mllmsent.metrics.metric import Floats

__all__ = ["split_halves"]


def split_halves(
    counts: Floats, *, n_splits: int = 20, seed: int = 0
) -> Iterator[tuple[Floats, Floats]]:
    """Divide the votes on each item at random, many times.

    Args:
        counts: Votes of each item for each label, (N, K), whole numbers.
        n_splits: How many times.
        seed: Of the divisions.

    Yields:
        The votes of the two halves, (N, K) each; of an odd number the second has one more. An item
        with fewer than two votes has an empty first half.

    Raises:
        InputError: If a count is negative or not whole.
    """
    counts = np.asarray(counts, dtype=float)
    if (counts < 0).any() or (counts != np.rint(counts)).any():
        raise InputError("Votes are whole numbers, none below 0.")
    n_items, n_labels = counts.shape
    sizes = counts.sum(axis=1).astype(np.intp)
    most = int(sizes.max()) if n_items else 0
    # Each vote's label, item by item, items side by side.
    labels = np.repeat(np.tile(np.arange(n_labels), n_items), counts.astype(np.intp).ravel())
    items = np.repeat(np.arange(n_items), sizes)
    place = np.arange(len(items)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    cells = items * n_labels + labels
    rng = np.random.default_rng(seed)
    for _ in range(n_splits):
        luck = np.full((n_items, most), 2.0)  # above any number drawn: no vote there
        luck[items, place] = rng.random(len(items))
        rank = np.argsort(np.argsort(luck, axis=1), axis=1)[items, place]
        chosen = rank < (sizes // 2)[items]
        first = np.bincount(cells[chosen], minlength=counts.size).reshape(counts.shape)
        yield first.astype(float), counts - first
