"""Solved examples for few-shot strategies: balanced, seeded, and never from the item's own fold."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from mllmsent.foundation.errors import InputError
from mllmsent.prompts import Exemplar, label_words, well_formed_answer

if TYPE_CHECKING:
    from mllmsent.pathways.interface import Inquiry, Task
    from mllmsent.prompts import Strategy

__all__ = ["choose_exemplars"]


def choose_exemplars(
    inquiry: Inquiry, task: Task, strategy: Strategy, fold: int | None
) -> tuple[Exemplar, ...]:
    """The solved examples for the items of one fold.

    Exemplars are shown as they are, whatever the condition under test, and come from the folds
    that a classifier would be trained on for this item.

    Args:
        inquiry: The study's items.
        task: The scheme asked in, with its folds.
        strategy: A few-shot strategy; others get no exemplars.
        fold: The fold of the items asked about; None where they have none.

    Returns:
        Exemplars in a seeded order, so that the order of labels does not suggest one.

    Raises:
        InputError: If the items have no fold, so that examples cannot be kept apart from them.
    """
    if strategy.exemplars is None:
        return ()
    if fold is None:
        raise InputError(
            f"Strategy {strategy.name!r} shows solved examples, and items without a target have "
            "no fold to keep them apart from.",
            cure="Leave the strategy out for items without a target.",
        )
    others = [other for other, where in task.folds.items() if where != fold]
    training = list(inquiry.shown_under(others, "none"))
    # A string seed is stable across processes, unlike hash().
    draw = random.Random(f"{inquiry.seed}:{task.scheme.name}:{strategy.name}:{fold}")
    if task.scheme.kind == "dimensional":
        chosen = _spread(task, training, strategy.exemplars.total, draw)
    else:
        chosen = _balanced(task, training, strategy, strategy.exemplars.per_label, draw)
    draw.shuffle(chosen)
    return tuple(
        Exemplar(item_id=other, shown=inquiry.shown(other), answer=answer)
        for other, answer in chosen
    )


def _balanced(
    task: Task, training: list[str], strategy: Strategy, per_label: int, draw: random.Random
) -> list[tuple[str, str]]:
    labels = task.labels()
    chosen: list[tuple[str, str]] = []
    for label, answer in label_words(strategy, task.scheme).items():
        candidates = sorted(item for item in training if labels.get(item) == label)
        drawn = draw.sample(candidates, min(per_label, len(candidates)))
        chosen.extend((item, answer) for item in drawn)
    return chosen


def _spread(
    task: Task, training: list[str], total: int, draw: random.Random
) -> list[tuple[str, str]]:
    values = task.values()
    first = task.scheme.dimension_names[0]
    ranked = sorted((item for item in training if item in values), key=lambda i: values[i][first])
    if not ranked:
        return []
    # One from each of `total` equal slices of the range that people used.
    chosen: list[tuple[str, str]] = []
    for number in range(min(total, len(ranked))):
        start = number * len(ranked) // total
        end = max(start + 1, (number + 1) * len(ranked) // total)
        item = draw.choice(ranked[start:end])
        chosen.append((item, well_formed_answer(task.scheme, values[item])))
    return chosen
