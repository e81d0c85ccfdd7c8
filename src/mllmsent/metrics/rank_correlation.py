"""Spearman's correlation of many rows, as sums over rows.

Ranks change with the rows that are drawn, so every resample is ranked anew (`dimensions.SPEARMAN`),
which takes as long as there are rows times resamples. With thousands of rows it is as good to ask
how much each row moves the correlation, its own ranks and the ranks that it gives to the others
included, and to add that up: the first-order expansion of the three moments of the ranks. On the
whole sample it is Spearman's correlation itself.

Source: Davison and Hinkley (1997), Bootstrap Methods and their Application, ch. 2.7 and 9.2, for
influence values in place of statistics; Croux and Dehon (2010), Influence functions of the Spearman
and Kendall correlation measures, Statistical Methods and Applications 19, 497-515.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mllmsent.metrics.ranker import Ranker
from mllmsent.metrics.ratio import ratio

if TYPE_CHECKING:
    from mllmsent.metrics.metric import Floats

__all__ = ["correlation_of_ranks", "rank_influences"]


def rank_influences(first: Floats, second: Floats) -> Floats:
    """What each row adds to the moments of the ranks.

    Args:
        first: N numbers.
        second: N other numbers of the same rows.

    Returns:
        (N, 4): ones, and what the row adds to the covariance of the ranks and to the variance of
        either, so that means over rows are those moments, of ranks centered and scaled to -1 to 1.
    """
    n = max(1, len(first))
    rankers = [Ranker(each) for each in (first, second)]

    def below_less_above(ranker: Ranker, weights: Floats) -> Floats:
        """For each row the weight of the rows below it less that of those above, over N."""
        balance: Floats = ranker(weights[None])[0] / n
        return balance

    u, v = (below_less_above(ranker, np.ones(len(first))) for ranker in rankers)
    columns = [np.ones(len(first))]
    for (one, x), (other, y) in (
        ((rankers[0], u), (rankers[1], v)),
        ((rankers[0], u), (rankers[0], u)),
        ((rankers[1], v), (rankers[1], v)),
    ):
        # A row moves the ranks of those above it up and of those below it down.
        moved = -below_less_above(one, y) - below_less_above(other, x)
        columns.append(x * y + moved - 2 * (x * y).mean())
    return np.column_stack(columns)


def correlation_of_ranks(totals: Floats) -> Floats:
    """Spearman's correlation, (B,), of summed `rank_influences`, (B, 4)."""
    covariance, first, second = (ratio(totals[:, column], totals[:, 0]) for column in (1, 2, 3))
    size = np.sqrt(np.maximum(first, 0.0) * np.maximum(second, 0.0))
    return np.clip(ratio(covariance, size), -1.0, 1.0)
