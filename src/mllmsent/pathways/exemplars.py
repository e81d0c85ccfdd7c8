"""Solved examples for few-shot strategies: balanced, seeded, and never from the item's own fold."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from mllmsent.foundation.errors import InputError
from mllmsent.prompts import Exemplar, answer_words, well_formed_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mllmsent.pathways.interface import Inquiry, Task
    from mllmsent.prompts import Shown, Strategy

    Showing = Callable[[str], Shown | None]

__all__ = ["choose_exemplars"]


def choose_exemplars(
    inquiry: Inquiry,
    task: Task,
    strategy: Strategy,
    fold: int | None,
    *,
    shots: int | None = None,
    descriptions: Mapping[str, str] | None = None,
) -> tuple[Exemplar, ...]:
    """The solved examples for the items of one fold.

    Exemplars are shown as they are, whatever the condition under test, and come from the folds
    that a classifier would be trained on for this item. Where one cannot be shown, the next that
    the draw gives takes its place, and the others stay.

    Args:
        inquiry: The study's items.
        task: The scheme asked in, with its folds.
        strategy: A few-shot strategy; others get no exemplars.
        fold: The fold of the items asked about; None where they have none.
        shots: How many in all, as even over the labels as they can be; by default what the strategy
            says.
        descriptions: Item to its description, where those are shown instead of images.

    Returns:
        Exemplars in a seeded order, so that the order of labels does not suggest one.

    Raises:
        InputError: If the items have no fold, so that examples cannot be kept apart from them.
    """
    if strategy.exemplars is None or shots == 0:
        return ()
    if fold is None:
        raise InputError(
            f"Strategy {strategy.name!r} shows solved examples, and items without a target have "
            "no fold to keep them apart from.",
            cure="Leave the strategy out for items without a target.",
        )
    others = [other for other, where in task.folds.items() if where != fold]

    def shown(item: str) -> Shown | None:
        return (inquiry.shown(item) if descriptions is None else descriptions.get(item)) or None

    # A string seed is stable across processes, unlike hash().
    draw = random.Random(f"{inquiry.seed}:{task.scheme.name}:{strategy.name}:{fold}")
    if task.scheme.kind == "dimensional":
        total = strategy.exemplars.total if shots is None else shots
        chosen = _spread(task, others, total, draw, shown)
    else:
        words = answer_words(strategy, task.scheme)
        by_label = _by_label(task, others, words)
        wanted = dict.fromkeys(words, strategy.exemplars.per_label)
        if shots is not None:
            wanted = _evenly(words, shots, draw)
        chosen = [
            example
            for label, n in wanted.items()
            for example in _first(n, by_label[label], words[label], draw, shown)
        ]
    draw.shuffle(chosen)
    return tuple(chosen)


def _evenly(labels: Iterable[str], total: int, draw: random.Random) -> dict[str, int]:
    """How many of each label: the same number, and of as many as are left over one more."""
    names = list(labels)
    each, left = divmod(total, len(names))
    more = set(draw.sample(names, left))
    return {name: each + (name in more) for name in names}


def _by_label(task: Task, training: Iterable[str], names: Iterable[str]) -> dict[str, list[str]]:
    """Label to the items that have it, in alphabetical order."""
    labels = task.labels()
    found: dict[str, list[str]] = {name: [] for name in names}
    for item in sorted(training):
        if labels.get(item) in found:
            found[labels[item]].append(item)
    return found


def _spread(
    task: Task, training: Iterable[str], total: int, draw: random.Random, shown: Showing
) -> list[Exemplar]:
    values = task.values()
    first = task.scheme.dimension_names[0]
    ranked = sorted(
        (item for item in training if item in values), key=lambda item: values[item][first]
    )
    # One from each of `total` equal slices of the range that people used.
    chosen: list[Exemplar] = []
    n = min(total, len(ranked))
    for number in range(n):
        slice_ = ranked[number * len(ranked) // n : (number + 1) * len(ranked) // n]
        for item in _shuffled(slice_, draw):
            what = shown(item)
            if what is not None:
                answer = well_formed_answer(task.scheme, values[item])
                chosen.append(Exemplar(item_id=item, shown=what, answer=answer))
                break
    return chosen


def _first(
    n: int, candidates: list[str], answer: str, draw: random.Random, shown: Showing
) -> Iterator[Exemplar]:
    """The first so many of a drawn order that can be shown."""
    for item in _shuffled(candidates, draw):
        if n <= 0:
            return
        what = shown(item)
        if what is not None:
            n -= 1
            yield Exemplar(item_id=item, shown=what, answer=answer)


def _shuffled(items: list[str], draw: random.Random) -> list[str]:
    return draw.sample(items, len(items))
