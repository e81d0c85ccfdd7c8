"""Which pictures each step of training takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mllmsent.affect import get_scheme

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from training.pictures import TrainingSet
    from training.recipe import Recipe

__all__ = ["even", "held_back", "in_turn"]

_MOST_HELD_BACK = 256


def held_back(recipe: Recipe) -> int:
    """How many pictures, the first ones, the log's figures are of: nothing is learned from them."""
    return min(_MOST_HELD_BACK, recipe.pictures // 4)


def in_turn(recipe: Recipe, size: int) -> Iterator[NDArray[np.int64]]:
    """Numbers of the pictures of each step: all in turn, in another order every time round."""
    rng = np.random.default_rng(recipe.seed)
    first = held_back(recipe)
    while True:
        order = first + rng.permutation(recipe.pictures - first)
        for start in range(0, len(order) - size + 1, size):
            yield np.sort(order[start : start + size])


def even(recipe: Recipe, data: TrainingSet, size: int, *, seed: int) -> Iterator[NDArray[np.int64]]:
    """Numbers of the pictures of each step: a third of each polarity, and one of nothing.

    Few dioramas are neutral; drawn as they come, they would be learned last.
    """
    rng = np.random.default_rng([recipe.seed, seed])
    first = held_back(recipe)
    items, verdicts = data.items[first:], data.verdicts[first:]
    groups: dict[str, list[int]] = {name: [] for name in get_scheme("polarity3").label_names}
    blank = []
    for number, (item, verdict) in enumerate(zip(items, verdicts, strict=True), start=first):
        votes = verdict.shares["polarity3"]
        if item.scene is None:
            blank.append(number)
        else:
            groups[max(votes, key=lambda name: votes[name])].append(number)
    kinds = [np.array(numbers) for numbers in groups.values() if numbers]
    while True:
        picks = [rng.choice(kinds[place % len(kinds)]) for place in range(size - 1)]
        yield np.sort(np.array([*picks, rng.choice(blank or kinds[0])]))
