"""Sums from which every score of paired numbers is computed: errors, correlations, concordance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mllmsent.metrics.ratio import ratio

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mllmsent.metrics.grouping import Grouping
    from mllmsent.metrics.metric import Floats

__all__ = ["concordance", "correlation", "group_moments", "mean_absolute_error", "root_mean_square"]

N, T, P, TT, PP, TP, D, AD, DD = range(9)
"""Columns: rows, truth, prediction, their squares and product, difference, |difference|, squared."""

NEGLIGIBLE = 1e-12
"""A variance below this share of the mean square is rounding, not variance."""


def group_moments(
    truth: NDArray[np.float64],
    predicted: NDArray[np.float64],
    grouping: Grouping,
    *,
    center: float,
) -> Floats:
    """The nine sums per group, (G, 9), over the rows whose prediction is not NaN.

    Args:
        truth: N true numbers.
        predicted: N predictions, NaN where there is none.
        grouping: The rows' groups.
        center: Subtracted from both before squaring, which keeps variances exact. It must not
            depend on the sample, so that the sums of two systems can be mixed.
    """
    read = ~np.isnan(predicted)
    answer = np.where(read, predicted, center)
    t, p, difference = truth - center, answer - center, answer - truth
    columns = [np.ones_like(t), t, p, t * t, p * p, t * p, difference]
    columns += [np.abs(difference), difference**2]
    return grouping.sums(np.stack(columns, axis=1) * read[:, None])


def root_mean_square(sums: Floats) -> Floats:
    """Root of the mean squared difference, (B,)."""
    return np.sqrt(_mean(sums, DD))


def mean_absolute_error(sums: Floats) -> Floats:
    """Mean absolute difference, (B,)."""
    return _mean(sums, AD)


def correlation(sums: Floats) -> Floats:
    """Pearson's product-moment correlation, (B,); NaN where either side does not vary."""
    truth_spread, prediction_spread, product = _spreads(sums)
    size = np.sqrt(truth_spread * prediction_spread)
    return np.clip(ratio(product, size), -1.0, 1.0)


def concordance(sums: Floats) -> Floats:
    """Lin's concordance correlation coefficient with variances over n, (B,).

    NaN only where neither side varies and their means are equal.

    Source: Lin (1989), A concordance correlation coefficient to evaluate reproducibility,
    Biometrics 45, 255-268.
    """
    truth_spread, prediction_spread, product = _spreads(sums)
    shift = sums[:, D] ** 2
    whole = truth_spread + prediction_spread + ratio(shift, sums[:, N])
    return ratio(2 * product, whole)


def _mean(sums: Floats, column: int) -> Floats:
    return ratio(sums[:, column], sums[:, N])


def _spreads(sums: Floats) -> tuple[Floats, Floats, Floats]:
    """Variances of truth and prediction and their covariance, each times the number of rows."""
    spreads = []
    for total, square in ((T, TT), (P, PP)):
        spread = sums[:, square] - ratio(sums[:, total] ** 2, sums[:, N])
        spreads.append(np.where(spread > NEGLIGIBLE * sums[:, square], spread, 0.0))
    product = sums[:, TP] - ratio(sums[:, T] * sums[:, P], sums[:, N])
    product = np.where((spreads[0] > 0) & (spreads[1] > 0), product, 0.0)
    return spreads[0], spreads[1], product
