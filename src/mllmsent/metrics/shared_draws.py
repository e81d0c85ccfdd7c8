"""The same draws for several samples: what intervals of many systems, and of differences, need.

Draws depend on the seed and on the number of groups alone, so samples of the same groups see the
same draws whether they are scored apart or together. Together is faster, since groups are drawn
once, and the scores of two samples can be subtracted draw by draw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from mllmsent.foundation import InputError
from mllmsent.metrics.bootstrap import DEFAULT_RESAMPLING, Draws, Interval, Resampling, Score, draw

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from mllmsent.metrics.metric import Floats, Totals

__all__ = ["draw_together", "joined_draws", "unchanged_score"]

K = TypeVar("K", bound="Hashable")


def draw_together(
    asked: Mapping[K, tuple[Totals, tuple[Any, ...]]],
    resampling: Resampling = DEFAULT_RESAMPLING,
) -> dict[K, Draws]:
    """Draws groups once for all totals that are of the same groups.

    Args:
        asked: Key to totals (weights of G groups to sums) and the names of the G groups.
        resampling: How many draws, and from which seed.

    Returns:
        Key to the totals of the sample, of its resamples and without each group.
    """
    sets: dict[tuple[Any, ...], list[K]] = {}
    for key, (_, names) in asked.items():
        sets.setdefault(names, []).append(key)
    found: dict[K, Draws] = {}
    for names, keys in sets.items():
        drawn = draw([asked[key][0] for key in keys], len(names), resampling)
        found |= dict(zip(keys, drawn, strict=True))
    return found


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
