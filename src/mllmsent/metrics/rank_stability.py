"""Whether rankings agree: Kendall's W of several rankings, and how many pairs change their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mllmsent.metrics.ratio import ratio

if TYPE_CHECKING:
    from mllmsent.metrics.metric import Floats

__all__ = ["kendall_w", "swapped_pairs"]


def kendall_w(scores: Floats) -> Floats:
    """Kendall's coefficient of concordance, corrected for ties.

    1 where all judges rank alike, 0 where their rankings have nothing in common.

    Args:
        scores: (B, n, m): of n things by m judges, B times over.

    Returns:
        (B,); NaN where every judge scores all things alike, or a score is NaN.

    Source: Kendall and Babington Smith (1939), The problem of m rankings, Annals of Mathematical
        Statistics 10, 275-287; ties as in Kendall (1970), Rank Correlation
        Methods, ch. 6.
    """
    from scipy.stats import rankdata  # noqa: PLC0415 - scipy is slow to import

    n, m = scores.shape[1:]
    ranks: Floats = rankdata(scores, axis=1) - (n + 1) / 2
    spread = (ranks.sum(axis=2) ** 2).sum(axis=1)
    # What the ranks of judges who all rank alike would have; ties leave each of them less.
    return ratio(spread, m * (ranks**2).sum(axis=(1, 2)))


def swapped_pairs(scores: Floats) -> Floats:
    """Share of the pairs of things that do not stand in one order with all judges.

    A pair is swapped where one judge puts the first before the second and another the second before
    the first; a tie swaps nothing.

    Args:
        scores: (B, n, m): of n things by m judges, B times over.

    Returns:
        (B,); NaN where a score is NaN.
    """
    first, second = np.triu_indices(scores.shape[1], 1)
    order = np.sign(scores[:, first] - scores[:, second])
    swapped = (order > 0).any(axis=2) & (order < 0).any(axis=2)
    found: Floats = np.where(np.isnan(scores).any(axis=(1, 2)), np.nan, swapped.mean(axis=1))
    return found
