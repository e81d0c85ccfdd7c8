"""One number that makes probabilities surer or less sure: the temperature, fitted and cross-fitted.

Probabilities p become p ** (1 / T), made to add up to 1: a T above 1 takes confidence away, one
below 1 gives more, and which label is the likeliest stays as it is. T minimizes the negative
log-likelihood of what is true, which is convex in 1 / T.

Source: Guo, Pleiss, Sun and Weinberger (2017), On calibration of modern neural networks, ICML,
arXiv 1706.04599.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mllmsent.metrics.grouping import Grouping
    from mllmsent.metrics.metric import Floats

__all__ = [
    "LEAST_PROBABILITY",
    "RANGE",
    "Tempered",
    "cross_fitted",
    "fit_temperature",
    "stepped_temperature",
    "temperature_terms",
    "tempered",
]

LEAST_PROBABILITY = 1e-6
"""Probabilities below this are taken for it, since nothing is surer than a logarithm can bear."""

RANGE = (1 / 50, 50.0)
"""Temperatures that are looked at; where every answer is right, the best would be 0."""


@dataclass(frozen=True, eq=False)
class Tempered:
    """Probabilities after a temperature that was fitted on other groups.

    Attributes:
        probabilities: Of each label in each row, (N, K).
        temperatures: The temperature of each fold.
        fold: The fold of each row, (N,).
    """

    probabilities: Floats
    temperatures: tuple[float, ...]
    fold: NDArray[np.intp]


def tempered(probabilities: Floats, temperature: float) -> Floats:
    """Probabilities (N, K) at another temperature."""
    from scipy.special import softmax  # noqa: PLC0415 - scipy is slow to import

    changed: Floats = softmax(_logits(probabilities) / temperature, axis=1)
    return changed


def fit_temperature(probabilities: Floats, truth: NDArray[np.intp]) -> float:
    """The temperature at which probabilities (N, K) make the truth (N,) likeliest.

    Returns:
        The temperature, within `RANGE`; NaN without rows.
    """
    from scipy.optimize import minimize_scalar  # noqa: PLC0415 - scipy is slow to import

    if not len(truth):
        return float("nan")
    logits = _logits(probabilities)
    true_logits = logits[np.arange(len(truth)), truth]
    low, high = np.log(RANGE)
    highest = logits.max(axis=1)
    if (true_logits >= highest).all():
        return RANGE[0]  # who is always right cannot be too sure
    below, missed = logits - highest[:, None], highest - true_logits

    # Of log-sum-exp, the highest logit taken out so that nothing overflows: it is asked hundreds of
    # times, of tables that are small.
    def loss(log_temperature: float) -> float:
        inverse = math.exp(-log_temperature)
        return float((np.log(np.exp(below * inverse).sum(axis=1)) + missed * inverse).mean())

    found = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-7})
    return float(np.exp(found.x))


def temperature_terms(probabilities: Floats, truth: NDArray[np.intp], temperature: float) -> Floats:
    """First and second derivative of each row's loss in 1 / T, (N, 2); see `stepped_temperature`."""
    logits = _logits(probabilities)
    changed = tempered(probabilities, temperature)
    mean = (changed * logits).sum(axis=1)
    gradient = mean - logits[np.arange(len(truth)), truth]
    return np.stack([gradient, (changed * logits**2).sum(axis=1) - mean**2], axis=1)


def stepped_temperature(sums: Floats, temperature: float) -> Floats:
    """The temperature of resamples, one step of Newton's method in 1 / T from that of the sample.

    A step costs two sums per group instead of a search for each resample (Shao and Tu 1995, The
    Jackknife and Bootstrap, ch. 3.5, for one-step bootstraps).

    Args:
        sums: Sums of `temperature_terms` at the sample's temperature, (B, 2).
        temperature: That temperature.

    Returns:
        Temperatures within `RANGE`, (B,); NaN where the sample's is at one of its ends, from which
        no step says anything.
    """
    low, high = RANGE
    if math.isnan(temperature) or not low * 1.001 < temperature < high / 1.001:
        return np.full(len(sums), np.nan)
    steps = np.divide(sums[:, 0], sums[:, 1], out=np.full(len(sums), np.nan), where=sums[:, 1] > 0)
    moved = 1 / temperature - steps
    # A step beyond 0 is to a temperature without bound.
    found = np.divide(1.0, moved, out=np.full(len(moved), high), where=moved > 0)
    return np.where(np.isnan(steps), np.nan, np.clip(found, low, high))


def cross_fitted(
    probabilities: Floats,
    truth: NDArray[np.intp],
    grouping: Grouping,
    *,
    n_folds: int = 5,
    seed: int = 0,
) -> Tempered:
    """Probabilities at temperatures that were fitted on the groups of the other folds.

    Args:
        probabilities: Of each label in each row, (N, K).
        truth: Code of each row's true label, (N,).
        grouping: Which rows move together; a group is in one fold.
        n_folds: How many folds; fewer where fewer groups have rows, at least two of which must.
        seed: Of the folds.
    """
    groups, place = np.unique(grouping.index, return_inverse=True)
    n_folds = min(n_folds, len(groups))
    order = np.random.default_rng([seed, len(groups)]).permutation(len(groups))
    of_group = np.empty(len(groups), dtype=np.intp)
    of_group[order] = np.arange(len(groups)) % n_folds
    fold = of_group[place]
    changed, temperatures = np.empty_like(probabilities), []
    for number in range(n_folds):
        held_out = fold == number
        temperature = fit_temperature(probabilities[~held_out], truth[~held_out])
        changed[held_out] = tempered(probabilities[held_out], temperature)
        temperatures.append(temperature)
    return Tempered(changed, tuple(temperatures), fold)


def _logits(probabilities: Floats) -> Floats:
    return np.log(np.maximum(probabilities, LEAST_PROBABILITY))
