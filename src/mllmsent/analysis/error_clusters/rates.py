"""Does more go wrong in a region than elsewhere? Asked of the items that took no part in finding it.

For each cluster and system the share of wrong answers inside and outside, their difference with an
interval that draws groups again, and a test of who belongs (`metrics.share_test`). Beside the single
systems stand all of them together, by their mean share: what is hard for many at once shows there
where it does not in one.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.item_subgroups import Subgroup
from mllmsent.analysis.numbers import score_columns
from mllmsent.metrics.bootstrap import draw
from mllmsent.metrics.share_test import share_test

if TYPE_CHECKING:
    from collections.abc import Callable

    from mllmsent.analysis.error_clusters.cases import ErrorCases
    from mllmsent.analysis.error_clusters.regions import Regions
    from mllmsent.metrics import Resampling
    from mllmsent.metrics.metric import Floats

__all__ = ["LEAST_HELD_OUT", "region_rates"]

LEAST_HELD_OUT = 5
"""Fewest groups of held-out items in a region of which anything is asked."""

ALL = slice(None)


def region_rates(
    cases: ErrorCases, regions: Regions, *, resampling: Resampling
) -> list[dict[str, Any]]:
    """How much goes wrong inside and outside of each region, held-out items only.

    Args:
        cases: Which answers are wrong.
        regions: The clusters.
        resampling: How intervals are made.

    Returns:
        A row per cluster and system, and before them one per cluster whose system_id is empty, of
        all systems together (not tested where there is one only): cluster, system_id, n_held_out (items inside), rate, low, high,
        elsewhere, worse, worse_low, worse_high, p (NaN where nothing was tested).
    """
    field, systems = cases.wrong, list(cases.systems)
    places = {str(item): row for row, item in enumerate(regions.vectors.items)}
    at = np.array([places.get(str(item), -1) for item in field.items], dtype=np.intp)
    asked = (at >= 0) & regions.held_out[at]
    cluster, rates = regions.cluster[at[asked]], cases.rates[asked]
    own, group = np.unique(field.group[asked], return_inverse=True)
    parts = np.zeros((len(own), regions.n_clusters + 1, 2, len(systems)))
    np.add.at(parts[:, :, 0], (group, cluster), np.nan_to_num(rates))
    np.add.at(parts[:, :, 1], (group, cluster), ~np.isnan(rates))
    # In place of what lies in no cluster, which nobody asks for: everything.
    parts[:, 0] = parts.sum(axis=1)
    flat = parts.reshape(len(own), -1)
    drawn = draw(
        [lambda weights: (weights @ flat).reshape(len(weights), *parts.shape[1:])],
        len(own),
        resampling,
    )[0]
    rows = []
    for name in range(1, regions.n_clusters + 1):
        inside = cluster == name
        tested = _tests(cases, regions, name)
        asked_of: list[tuple[int | slice, str]] = [(ALL, ""), *enumerate(systems)]
        for column, system in asked_of:
            asked_inside = ~np.isnan(rates[inside][:, _columns(column)]).all(axis=1)
            n_groups = len(np.unique(group[inside][asked_inside]))
            rate = drawn.score(_rate(name, column), proportion=True, n_units=max(1, n_groups))
            worse = drawn.score(_worse(name, column))
            p = tested[column] if isinstance(column, int) else tested[-1]
            items = field.items[asked][inside][asked_inside]
            rows.append(
                {
                    "cluster": name,
                    "system_id": system,
                    "n_held_out": len(set(items)),
                    **score_columns("rate", rate),
                    "elsewhere": rate.value - worse.value,
                    **score_columns("worse", worse, "worse_"),
                    "p": p if n_groups >= LEAST_HELD_OUT else math.nan,
                }
            )
    return rows


def _tests(cases: ErrorCases, regions: Regions, name: int) -> Floats:
    """A p value of each of M systems, then one of all together, (M + 1,)."""
    n_systems = len(cases.systems)
    held_out = regions.vectors.items[regions.held_out]
    inside = regions.cluster[regions.held_out] == name
    region = Subgroup(
        "cluster", str(name), frozenset(held_out[inside].tolist()), frozenset(held_out.tolist())
    )
    p_values = np.full(n_systems + 1, math.nan)
    if not region.items or len(region.items) == len(region.known):
        return p_values
    rates = cases.rates
    if n_systems > 1:
        answered = ~np.isnan(rates)
        mean = np.nan_to_num(rates).sum(axis=1) / np.maximum(answered.sum(axis=1), 1)
        mean = np.where(answered.any(axis=1), mean, np.nan)
        rates = np.column_stack([rates, mean])
    tested = share_test(replace(cases.wrong, merits=rates).blocks(region))
    p_values[: len(tested)] = tested
    return p_values


def _mean(sums: Floats, counts: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        mean: Floats = sums / counts
    return mean


def _columns(column: int | slice) -> list[int] | slice:
    return [column] if isinstance(column, int) else column


def _counted(totals: Floats, name: int, column: int | slice) -> tuple[Floats, Floats]:
    """Wrong answers and answers in a cluster, or with 0 in all, (B,) each."""
    of = totals[:, name][:, :, _columns(column)].sum(axis=-1)
    return of[:, 0], of[:, 1]


def _rate(name: int, column: int | slice) -> Callable[[Floats], Floats]:
    return lambda totals: _mean(*_counted(totals, name, column))


def _worse(name: int, column: int | slice) -> Callable[[Floats], Floats]:
    """How much larger the share of wrong answers is inside than outside."""

    def worse(totals: Floats) -> Floats:
        wrong, n = _counted(totals, name, column)
        all_wrong, all_n = _counted(totals, 0, column)
        return _mean(wrong, n) - _mean(all_wrong - wrong, all_n - n)

    return worse
