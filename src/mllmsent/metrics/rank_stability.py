"""Whether rankings agree: Kendall's W of several rankings, and how many pairs change their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

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
    n, m = scores.shape[1:]
    below = (scores[:, :, None, :] > scores[:, None, :, :]).sum(axis=2)
    equal = (scores[:, :, None, :] == scores[:, None, :, :]).sum(axis=2)
    ranks = below + (equal + 1) / 2
    spread = ((ranks.sum(axis=2) - m * (n + 1) / 2) ** 2).sum(axis=1)
    # Over the t members of a tie, t^2 - 1 adds up to t^3 - t.
    ties = (equal**2 - 1).sum(axis=(1, 2))
    most = m * m * (n**3 - n) - m * ties
    known = ~np.isnan(scores).any(axis=(1, 2)) & (most > 0)
    found: Floats = np.divide(12.0 * spread, most, out=np.full(len(scores), np.nan), where=known)
    return found


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
