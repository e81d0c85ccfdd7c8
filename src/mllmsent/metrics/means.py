"""Means of many quantities at once, each with its interval, from one set of draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mllmsent.foundation import InputError
from mllmsent.metrics.bootstrap import (
    DEFAULT_RESAMPLING,
    Draws,
    Resampling,
    Score,
    draw_side_by_side,
)
from mllmsent.metrics.ratio import ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mllmsent.metrics.grouping import Grouping
    from mllmsent.metrics.metric import Floats

__all__ = ["draw_tables", "mean_scores"]


def draw_tables(
    tables: Sequence[Floats], grouping: Grouping, resampling: Resampling = DEFAULT_RESAMPLING
) -> list[Draws]:
    """Draws groups again for several tables of sums at once.

    Drawing takes most of the time, and one wide product less than many narrow ones.

    Args:
        tables: Each with N rows and any number of columns, to be summed over the rows drawn.
        grouping: Which rows move together.
        resampling: How often, and from which seed.

    Returns:
        For each table its totals, (1, M), of the resamples, (B, M), and without each group, (J, M).

    Raises:
        InputError: If a table does not have N rows.
    """
    if any(len(table) != len(grouping.index) for table in tables):
        raise InputError("Every table needs a row for each row of the grouping.")
    return draw_side_by_side([grouping.sums(table) for table in tables], len(grouping), resampling)


def mean_scores(
    values: Floats,
    grouping: Grouping,
    resampling: Resampling = DEFAULT_RESAMPLING,
    *,
    proportion: bool = False,
) -> list[Score]:
    """The mean of each column, with its interval from drawing groups of rows again.

    Args:
        values: (N, M); NaN where a row has no value, which is then in no mean.
        grouping: Which rows move together.
        resampling: How intervals are made.
        proportion: Whether values are shares of rows, so that means of 0 and 1 get an exact
            interval.

    Returns:
        A score for each column; NaN for one without values.

    Raises:
        InputError: If there is not a row of values for each row of the grouping.
    """
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    tables = [
        np.column_stack([known[:, column], filled[:, column]]) for column in range(values.shape[1])
    ]
    groups = [len(np.unique(grouping.index[known[:, column]])) for column in range(values.shape[1])]
    return [
        drawn.score(
            lambda totals: ratio(totals[:, 1], totals[:, 0]), proportion=proportion, n_units=n
        )
        for drawn, n in zip(draw_tables(tables, grouping, resampling), groups, strict=True)
    ]
