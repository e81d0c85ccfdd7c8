"""A system's confidences in bins and levels, as they are given and after a temperature fitted elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.metrics.calibration import calibration_error, calibration_tests, equal_mass_bins
from mllmsent.metrics.distributions import count_table
from mllmsent.metrics.temperature import cross_fitted, fit_temperature

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mllmsent.analysis.calibration.confidences import Confidences
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
        temperature: The temperature of all rows.
    """

    own: Confidences
    right: Floats
    stages: Mapping[str, Stage]
    levels: tuple[NDArray[np.intp], int]
    cooled: Tempered | None
    temperature: float

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


def judge(confidences: Sequence[Confidences], *, seed: int = 0) -> list[Judged]:
    """Bins, levels, tests and cross-fitted temperature of systems' confidences.

    Args:
        confidences: The systems, over the same groups.
        seed: Of folds and of the tests.
    """
    cooled = [
        cross_fitted(own.probabilities, own.truth, own.grouping, seed=seed)
        if len(np.unique(own.grouping.index)) > 1
        else None
        for own in confidences
    ]
    stages = [
        _stages(own, own.probabilities, *([] if after is None else [after.probabilities]))
        for own, after in zip(confidences, cooled, strict=True)
    ]
    tables = [
        count_table(bins, n_bins, own.grouping, _right(own) - confidence)
        for own, of_system in zip(confidences, stages, strict=True)
        for confidence, bins, n_bins in of_system
    ]
    n_rows = [
        len(own.truth)
        for own, of_system in zip(confidences, stages, strict=True)
        for _ in of_system
    ]
    tests = iter(calibration_tests(tables, n_rows, seed=seed))
    return [
        Judged(
            own=own,
            right=_right(own),
            stages={
                name: Stage(*parts, next(tests))
                for name, parts in zip(STAGES, of_system, strict=False)
            },
            levels=equal_mass_bins(of_system[0][0], LEVELS),
            cooled=after,
            temperature=fit_temperature(own.probabilities, own.truth),
        )
        for own, of_system, after in zip(confidences, stages, cooled, strict=True)
    ]


def _right(own: Confidences) -> Floats:
    right: Floats = (own.answered == own.truth).astype(float)
    return right


def _stages(own: Confidences, *probabilities: Floats) -> list[tuple[Floats, NDArray[np.intp], int]]:
    """Confidence, bins and their number, of the probabilities of each stage."""
    n = len(own.truth)
    confidences = [table[np.arange(n), own.answered] for table in probabilities]
    return [(each, *equal_mass_bins(each, number_of_bins(n))) for each in confidences]
