"""The same draws for several samples: what intervals of many systems, and of differences, need.

Draws depend on the seed and on the number of groups alone, so samples of the same groups see the
same draws whether they are scored apart or together. Together is faster, since groups are drawn
once, and the scores of two samples can be subtracted draw by draw.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from mllmsent.foundation import InputError
from mllmsent.metrics.bootstrap import (
    DEFAULT_RESAMPLING,
    Draws,
    Interval,
    Resampling,
    Score,
    draw,
    draw_side_by_side,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from mllmsent.metrics.metric import Floats, Statistics, Totals
    from mllmsent.metrics.samples import Sample

__all__ = ["draw_together", "group_sums", "joined_draws", "unchanged_score"]

K = TypeVar("K", bound="Hashable")


def group_sums(statistics: Statistics[Any], sample: Sample) -> Floats | Totals:
    """What `draw_together` takes of a sample: its sums per group, or its totals."""
    if statistics.sums is not None:
        return statistics.sums(sample)
    return statistics.prepare(sample)


def draw_together(
    asked: Mapping[K, tuple[Floats | Totals, tuple[Any, ...]]],
    resampling: Resampling = DEFAULT_RESAMPLING,
) -> dict[K, Draws]:
    """Draws groups once for all sums that are of the same groups.

    Args:
        asked: Key to sums per group (G, ...), or totals (weights of G groups to sums), and the names
            of the G groups.
        resampling: How many draws, and from which seed.

    Returns:
        Key to the totals of the sample, of its resamples and without each group.
    """
    sets: dict[tuple[Any, ...], list[K]] = {}
    for key, (_, names) in asked.items():
        sets.setdefault(names, []).append(key)
    found: dict[K, Draws] = {}
    for names, keys in sets.items():
        sums = {key: each for key in keys if isinstance(each := asked[key][0], np.ndarray)}
        totals = {key: each for key in keys if not isinstance(each := asked[key][0], np.ndarray)}
        if sums:
            found |= _by_shape(sums, len(names), resampling)
        if totals:
            drawn = draw(list(totals.values()), len(names), resampling)
            found |= dict(zip(totals, drawn, strict=True))
    return found


def _by_shape(sums: Mapping[K, Floats], n_groups: int, resampling: Resampling) -> dict[K, Draws]:
    """One product of weights and all sums gives the totals of every sample."""
    flat = [each.reshape(n_groups, -1) for each in sums.values()]
    drawn = draw_side_by_side(flat, n_groups, resampling)
    found: dict[K, Draws] = {}
    for (key, each), draws in zip(sums.items(), drawn, strict=True):
        found[key] = draws.mapped(partial(_reshaped, shape=each.shape[1:]))
    return found


def _reshaped(totals: Floats, shape: tuple[int, ...]) -> Floats:
    return np.ascontiguousarray(totals).reshape(len(totals), *shape)


def joined_draws(first: Draws, second: Draws) -> Draws:
    """Two totals of the same draws side by side: (B, 2, ...), for what is made of both.

    Raises:
        InputError: If the two are not totals of one shape from the same draws.
    """
    if first.n_groups != second.n_groups or first.resampling != second.resampling:
        raise InputError("Two scores can be subtracted draw by draw if their draws are the same.")
    return Draws(
        np.stack([first.whole, second.whole], axis=1),
        np.stack([first.resampled, second.resampled], axis=1),
        np.stack([first.left_out, second.left_out], axis=1),
        first.n_groups,
        first.resampling,
    )


def unchanged_score(draws: Draws, difference: Callable[[Floats], Floats], score: Score) -> Score:
    """A difference of two versions, which is 0 from 0 to 0 where nothing that bears on it changed.

    Resampling gives no interval to what is the same in every resample. A difference that is 0 in
    the whole and wherever it is defined is not unknown, though: the same answers score the same on
    any of these groups.

    Args:
        draws: The totals of both.
        difference: Totals (B, 2, ...) to differences (B,).
        score: The difference with its interval, as `draws.score(difference)` gives it.
    """
    if score.interval.defined or score.value != 0:
        return score
    values = difference(draws.resampled)
    if np.any(values[~np.isnan(values)] != 0):
        return score
    level = score.interval.level
    return Score(0.0, Interval(0.0, 0.0, level, "exact", draws.n_groups, 0))
