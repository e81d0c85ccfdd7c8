"""Ranks of values in a sample whose rows have weights, many weightings at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mllmsent.metrics.metric import Floats

__all__ = ["Ranker"]


class Ranker:
    """Ranks of fixed values under changing weights, doubled and with their mean subtracted.

    The mean rank of tied values lies halfway between the weight below them and the weight up to
    them; doubled, it is the sum of the two, and the mean of all doubled ranks is the total weight
    (plus one, as the ranks are). So of a row this is also the weight of the rows below it less that of
    those above.
    """

    def __init__(self, values: NDArray[np.float64]) -> None:
        self.order = np.argsort(values, kind="stable")
        in_order = values[self.order]
        self.below = np.searchsorted(in_order, values, side="left")
        self.up_to = np.searchsorted(in_order, values, side="right")

    def __call__(self, weights: Floats) -> Floats:
        """(B, N) such ranks from the weights of N rows, (B, N)."""
        reached = np.zeros((len(weights), len(self.order) + 1))
        np.cumsum(weights[:, self.order], axis=1, out=reached[:, 1:])
        ranks = np.take(reached, self.below, axis=1)
        ranks += np.take(reached, self.up_to, axis=1)
        ranks -= reached[:, -1:]
        return ranks
