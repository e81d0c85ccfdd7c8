"""Groups drawn again and left out, as weights: how often each group counts, resample by resample."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mllmsent.metrics.metric import Floats

__all__ = ["JACKKNIFE_VALUES", "drawn_groups", "without_each_group"]

CHUNK = 2_000_000
"""Weights at a time: enough rows that a product with a wide table is worth its reading, which makes it
ten times as fast as with a few."""

LEAST_ROWS = 64
"""Rows of weights at a time, however many groups there are."""

MOST_KEPT = 250_000_000
"""Counts of draws that are kept, a byte each, for the next who draws the same groups."""

JACKKNIFE_VALUES = 1000
"""With more groups than this, the jackknife leaves out bundles of groups, not single ones."""


def drawn_groups(n_groups: int, n_resamples: int, seed: int) -> Iterator[Floats]:
    """How often each group is drawn in each resample, in chunks (b, n_groups).

    Args:
        n_groups: How many groups there are.
        n_resamples: How often as many are drawn.
        seed: Same seed and same number of groups, same draws, however they are chunked.
    """
    if not n_groups:
        yield np.zeros((n_resamples, 0))
        return
    keep = n_groups * n_resamples <= MOST_KEPT
    counts = (_kept_counts if keep else _counts)(n_groups, n_resamples, seed)
    for part in counts:
        yield part.astype(float)


def _counts(n_groups: int, n_resamples: int, seed: int) -> Iterator[NDArray[np.uint8]]:
    # Nothing is drawn 256 times among many: the chance of it has hundreds of zeros.
    rng = np.random.default_rng([seed, n_groups])
    for rows in _chunks(n_resamples, n_groups):
        picks = rng.integers(n_groups, size=(len(rows), n_groups))
        picks += np.arange(len(rows))[:, None] * n_groups
        counts = np.bincount(picks.ravel(), minlength=len(rows) * n_groups)
        yield counts.reshape(len(rows), n_groups).astype(np.uint8)


@lru_cache(maxsize=1)
def _kept_counts(n_groups: int, n_resamples: int, seed: int) -> tuple[NDArray[np.uint8], ...]:
    """The counts of the last sample: a report draws the same groups dozens of times."""
    return tuple(_counts(n_groups, n_resamples, seed))


def without_each_group(n_groups: int) -> Iterator[Floats]:
    """Ones, and zeros for one group (of many groups: one bundle) at a time, in chunks (b, n_groups)."""
    n_bundles = min(n_groups, JACKKNIFE_VALUES)
    bundle = np.arange(n_groups) % max(1, n_bundles)
    for rows in _chunks(max(1, n_bundles), n_groups):
        left_out = np.array([row for row in rows if row < n_bundles], dtype=np.intp)
        yield (bundle != left_out[:, None]).astype(float)


def _chunks(n_rows: int, n_groups: int) -> Iterator[range]:
    """Which rows of weights are made at once."""
    size = max(LEAST_ROWS, CHUNK // max(1, n_groups))
    for start in range(0, n_rows, size):
        yield range(start, min(start + size, n_rows))
