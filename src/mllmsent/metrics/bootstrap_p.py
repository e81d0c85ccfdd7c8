"""A p value for a score that has no permutation test: how many standard errors is it from zero?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from mllmsent.metrics.bootstrap import Draws
    from mllmsent.metrics.metric import Floats

__all__ = ["bootstrap_p"]


def bootstrap_p(draws: Draws, value: Callable[[Floats], Floats]) -> float:
    """Two-sided p value of the hypothesis that a score is zero.

    The score over its standard deviation in the resamples is held against the normal distribution.
    Give correlations in Fisher's z, which is nearer to normal.

    Args:
        draws: The sample and its resamples.
        value: Totals (B, ...) to scores (B,).

    Returns:
        NaN where the score is undefined or does not vary.

    Source: Davison and Hinkley (1997), Bootstrap Methods and their Application, ch. 4.4.
    """
    estimate = float(value(draws.whole)[0])
    values = value(draws.resampled)
    values = values[np.isfinite(values)]
    spread = float(values.std()) if values.size > 1 else 0.0
    if not math.isfinite(estimate) or draws.n_groups < 2 or spread <= 1e-12:
        return math.nan
    return math.erfc(abs(estimate) / spread / math.sqrt(2))
