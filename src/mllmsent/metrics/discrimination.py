"""Does a number tell right answers from wrong ones? The area under the ROC curve, with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mllmsent.metrics.bootstrap import DEFAULT_RESAMPLING, Resampling, Score
from mllmsent.metrics.means import draw_tables
from mllmsent.metrics.ratio import ratio

if TYPE_CHECKING:
    from mllmsent.metrics.grouping import Grouping
    from mllmsent.metrics.metric import Floats

__all__ = ["area_of_counts", "area_under_roc"]


def area_under_roc(
    sureness: Floats,
    right: Floats,
    grouping: Grouping,
    resampling: Resampling = DEFAULT_RESAMPLING,
) -> Score:
    """Chance that a right answer is the surer one of a right and a wrong answer, ties counting half.

    Made for numbers with few values, such as shares of five answers: a resample keeps the counts of
    every value.

    Args:
        sureness: How sure each of N answers is; NaN leaves it out.
        right: How far it is right, 0 to 1, in parts where it is right in parts.
        grouping: Which rows move together.
        resampling: How the interval is made.

    Returns:
        0.5 for a number that tells nothing; NaN where all are right or all are wrong.

    Source: Hanley and McNeil (1982), The meaning and use of the area under a receiver operating
        characteristic curve, Radiology 143, 29-36.
    """
    known = ~np.isnan(sureness) & ~np.isnan(right)
    values, place = np.unique(sureness[known], return_inverse=True)
    table = np.zeros((len(sureness), 2 * len(values)))
    rows = np.flatnonzero(known)
    table[rows, place] = right[known]
    table[rows, len(values) + place] = 1 - right[known]

    def area(totals: Floats) -> Floats:
        return area_of_counts(totals[:, : len(values)], totals[:, len(values) :])

    return draw_tables([table], grouping, resampling)[0].score(area)


def area_of_counts(right: Floats, wrong: Floats) -> Floats:
    """The same area from counts, (B,); NaN where all are right or all are wrong.

    Args:
        right: Right answers at each level of sureness, lowest first, (B, L).
        wrong: Wrong ones, (B, L).
    """
    below = np.cumsum(wrong, axis=1) - wrong / 2
    pairs = right.sum(axis=1) * wrong.sum(axis=1)
    return ratio((right * below).sum(axis=1), pairs)
