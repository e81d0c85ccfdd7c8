"""Means of many quantities at once, each with its interval, from one set of draws."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.foundation import InputError
from mllmsent.metrics.bootstrap import DEFAULT_RESAMPLING, Draws, Resampling, Score, draw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mllmsent.metrics.grouping import Grouping
    from mllmsent.metrics.metric import Floats

__all__ = ["draw_tables", "mean_scores", "ratio"]


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
    if not tables:
        return []
    sums = grouping.sums(np.hstack(tables))
    drawn = draw([lambda weights: weights @ sums], len(grouping), resampling)[0]
    ends = np.cumsum([table.shape[1] for table in tables])
    return [
        replace(
            drawn,
            whole=drawn.whole[:, end - table.shape[1] : end],
            resampled=drawn.resampled[:, end - table.shape[1] : end],
            left_out=drawn.left_out[:, end - table.shape[1] : end],
        )
        for table, end in zip(tables, ends, strict=True)
    ]


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


def ratio(part: Floats, whole: Floats) -> Floats:
    """`part` over `whole`; NaN where `whole` is not above zero."""
    share: Floats = np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 0)
    return share
