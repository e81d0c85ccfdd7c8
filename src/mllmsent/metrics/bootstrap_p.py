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


def bootstrap_p(
    draws: Draws, value: Callable[[Floats], Floats], *, n_units: int | None = None
) -> float:
    """Two-sided p value of the hypothesis that a score is zero.

    The score over its standard error is held against Student's t with one degree of freedom less than
    there are groups. The standard error is the standard deviation over the resamples, times the root
    of G / (G - 1), by which drawing from G groups instead of from what they come from falls short.
    The normal distribution and the bare deviation would call nothing something in one of ten samples
    of ten groups. Give correlations in Fisher's z, which is nearer to normal.

    Args:
        draws: The sample and its resamples.
        value: Totals (B, ...) to scores (B,).
        n_units: Groups that bear on the score, where not all of them do.

    Returns:
        NaN where the score is undefined or does not vary.

    Source: Davison and Hinkley (1997), Bootstrap Methods and their Application, ch. 4.4; Efron and
        Tibshirani (1993), An Introduction to the Bootstrap, ch. 5 and 12, for the two corrections.
    """
    from scipy.special import stdtr  # noqa: PLC0415 - scipy is slow to import

    estimate = float(value(draws.whole)[0])
    values = value(draws.resampled)
    values = values[np.isfinite(values)]
    spread = float(values.std()) if values.size > 1 else 0.0
    groups = draws.n_groups if n_units is None else n_units
    if not math.isfinite(estimate) or groups < 2 or spread <= 1e-12:
        return math.nan
    error = spread * math.sqrt(groups / (groups - 1))
    return float(2 * stdtr(groups - 1, -abs(estimate) / error))
