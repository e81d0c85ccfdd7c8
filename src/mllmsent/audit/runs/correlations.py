"""Correlations, and whether one of two that share a variable is larger."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["correlation", "together", "williams"]

EACH = 0.05
"""Largest p value of one of several that must all hold, beside that of all together."""


def correlation(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Pearson's correlation; NaN where one of the two does not vary."""
    if len(one) < 2 or not one.std() or not other.std():
        return float("nan")
    return float(np.corrcoef(one, other)[0, 1])


def williams(answer: NDArray[Any], better: NDArray[Any], worse: NDArray[Any]) -> float:
    """Williams' test (1959; Steiger 1980): whether answers go with one variable more than another.

    Args:
        answer: The answers, (N,).
        better: What they are said to go with, (N,).
        worse: What they are said to go with less, (N,).

    Returns:
        One-sided p value; 1 where something does not vary.
    """
    from scipy import stats  # noqa: PLC0415 - 200 ms that only audits need

    n = len(answer)
    first, second = correlation(answer, better), correlation(answer, worse)
    between = correlation(better, worse)
    if n < 4 or math.isnan(first) or math.isnan(second) or math.isnan(between):
        return 1.0
    determinant = 1 - first**2 - second**2 - between**2 + 2 * first * second * between
    mean = (first + second) / 2
    spread = 2 * (n - 1) / (n - 3) * max(determinant, 0.0) + mean**2 * (1 - between) ** 3
    t = (first - second) * math.sqrt((n - 1) * (1 + between) / max(spread, 1e-12))
    return float(stats.t.sf(t, n - 3))


def together(p_values: Sequence[float]) -> float:
    """P value of several things that must all hold (Stouffer's method); 1 where one hardly does.

    Args:
        p_values: One-sided p value of each.
    """
    from scipy import stats  # noqa: PLC0415 - 200 ms that only audits need

    if max(p_values) > EACH:
        return 1.0
    return float(stats.combine_pvalues(p_values, method="stouffer").pvalue)
