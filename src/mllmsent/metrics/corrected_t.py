"""The corrected resampled t test of Nadeau and Bengio over the folds of a cross-validation.

Folds share their training items, so the scores of two systems' folds are no independent draws, and a
plain t test finds differences far too often. The correction adds to 1 / J the ratio of test items to
training items. It is an approximation, presumes that what was trained differs between folds, and
says nothing of systems that learn nothing; a paired test over items is to be preferred where there
are answers to each item. It stands here because published comparisons use it.

Source: Nadeau and Bengio (2003), Inference for the generalization error, Machine Learning 52,
239-281, section 5; for k folds Bouckaert and Frank (2004), PAKDD, 3-12.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.foundation import InputError
from mllmsent.metrics.bootstrap import Interval, Score
from mllmsent.metrics.grouping import Grouping

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from mllmsent.metrics.grouping import Column
    from mllmsent.metrics.metric import Metric
    from mllmsent.metrics.samples import Sample

__all__ = ["CorrectedT", "corrected_resampled_t", "fold_scores"]


@dataclass(frozen=True, slots=True)
class CorrectedT:
    """What the test says.

    Attributes:
        mean: Mean difference over the folds, with its interval.
        t: The statistic; NaN where all folds differ alike.
        df: Degrees of freedom: folds less one.
        p_value: Two-sided; NaN where `t` is.
    """

    mean: Score
    t: float
    df: int
    p_value: float


def corrected_resampled_t(
    differences: Sequence[float], test_to_training: float, *, level: float = 0.95
) -> CorrectedT:
    """Test whether two systems differ over folds.

    Args:
        differences: Score of one less score of the other in each of J folds, at least two.
        test_to_training: Items that are tested in a fold over items that are learned from there: for
            k folds 1 / (k - 1).
        level: Nominal coverage of the interval.

    Raises:
        InputError: If there are fewer than two folds.
    """
    from scipy.stats import t as student  # noqa: PLC0415 - scipy is slow to import.

    values = np.asarray(differences, dtype=float)
    n = len(values)
    if n < 2:
        raise InputError("A t test over folds needs two folds at least.")
    mean, variance = float(values.mean()), float(values.var(ddof=1))
    error = math.sqrt((1 / n + test_to_training) * variance)
    if not error > 1e-12 * max(1.0, abs(mean)):
        nothing = Interval(math.nan, math.nan, level, "none", n, 0)
        return CorrectedT(Score(mean, nothing), math.nan, n - 1, math.nan)
    t = mean / error
    reach = float(student.ppf((1 + level) / 2, n - 1)) * error
    interval = Interval(mean - reach, mean + reach, level, "exact", n, 0)
    return CorrectedT(Score(mean, interval), t, n - 1, float(2 * student.sf(abs(t), n - 1)))


def fold_scores(
    metric: Metric[Any], sample: Sample, folds: Column[Hashable]
) -> dict[Hashable, float]:
    """A metric within each fold.

    Args:
        metric: What to score by.
        sample: Truth and answers of all folds.
        folds: The fold of each row.

    Raises:
        InputError: If there is not one fold per row.
    """
    fold_of = Grouping.of(folds, len(sample.read))
    found = {}
    for place, fold in enumerate(fold_of.names):
        rows = np.flatnonzero(fold_of.index == place)
        # The rows' own groups do not matter to a score, only to its interval.
        found[fold] = metric(sample.rows(rows, Grouping.of(None, len(rows))))
    return found
