"""A system's confidences in bins and levels, as they are given and after a temperature fitted elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.metrics.calibration import calibration_error, calibration_test, equal_mass_bins
from mllmsent.metrics.temperature import cross_fitted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from mllmsent.analysis.confidences import Confidences
    from mllmsent.metrics.calibration import CalibrationTest
    from mllmsent.metrics.metric import Floats
    from mllmsent.metrics.temperature import Tempered

__all__ = ["STAGES", "Judged", "Stage", "judge", "number_of_bins"]

MOST_BINS = 15
ROWS_PER_BIN = 25
LEVELS = 200
"""Levels of confidence by which answers are ranked; with fewer confidences, each is one."""

STAGES = ("as given", "after temperature")


@dataclass(frozen=True, eq=False)
class Stage:
    """Confidences before or after temperature, in bins.

    Attributes:
        confidence: Probability of the label answered, (N,).
        bins: The bin of each row, (N,).
        n_bins: How many bins there are.
        test: Its calibration error, and whether that is more than chance gives.
    """

    confidence: Floats
    bins: NDArray[np.intp]
    n_bins: int
    test: CalibrationTest


@dataclass(frozen=True, eq=False)
class Judged:
    """One system's confidences, in bins and levels, and at a temperature fitted elsewhere.

    Attributes:
        own: The confidences.
        right: 1 for each row whose answer is right, (N,).
        stages: For each of `STAGES` its bins.
        levels: Level of confidence of each row as given, (N,), and how many there are.
        cooled: The probabilities after temperature; None where it cannot be fitted elsewhere.
    """

    own: Confidences
    right: Floats
    stages: Mapping[str, Stage]
    levels: tuple[NDArray[np.intp], int]
    cooled: Tempered | None

    def error_in(self, n_bins: int) -> float:
        """The calibration error as given, in some number of bins."""
        confidence = self.stages[STAGES[0]].confidence
        bins, there = equal_mass_bins(confidence, n_bins)
        excess = np.bincount(bins, self.right - confidence, there)[None].astype(float)
        n = np.bincount(bins, minlength=there)[None].astype(float)
        return float(calibration_error(excess, n)[0])


def number_of_bins(n_rows: int) -> int:
    """Bins of confidence: so many that each has 25 rows, from 2 to 15."""
    return int(np.clip(n_rows // ROWS_PER_BIN, 2, MOST_BINS))


def judge(own: Confidences, *, seed: int = 0) -> Judged:
    """Bins, levels, tests and cross-fitted temperature of a system's confidences.

    Args:
        own: The confidences.
        seed: Of folds and of the tests.
    """
    right = (own.answered == own.truth).astype(float)
    cooled = None
    if len(np.unique(own.grouping.index)) > 1:
        cooled = cross_fitted(own.probabilities, own.truth, own.grouping, seed=seed)
    known = [own.probabilities, *([] if cooled is None else [cooled.probabilities])]
    stages = {}
    for name, probabilities in zip(STAGES, known, strict=False):
        confidence = probabilities[np.arange(len(right)), own.answered]
        bins, n_bins = equal_mass_bins(confidence, number_of_bins(len(right)))
        test = calibration_test(right - confidence, own.grouping, bins, seed=seed)
        stages[name] = Stage(confidence, bins, n_bins, test)
    levels = equal_mass_bins(stages[STAGES[0]].confidence, LEVELS)
    return Judged(own, right, stages, levels, cooled)
