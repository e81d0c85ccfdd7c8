"""One search for blind spots from its losses to its rows: of a scheme, of a dimension, of descriptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.blind_spots.losses import excess_losses
from mllmsent.analysis.blind_spots.questions import SHARED, questions_of
from mllmsent.analysis.blind_spots.search import Halves, search_blind_spots, systems_in_place
from mllmsent.metrics.subgroup_search import members, overlap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mllmsent.analysis.blind_spots.conditions import ItemConditions
    from mllmsent.analysis.blind_spots.losses import ItemLosses
    from mllmsent.analysis.blind_spots.questions import Question
    from mllmsent.analysis.blind_spots.search import Candidate
    from mllmsent.metrics import Resampling
    from mllmsent.metrics.metric import Floats

__all__ = ["LossBoard", "Searched", "search_board"]

RESTATED = 0.5
CONTAINED = 0.9
"""Of one system, subgroups that share more than this (Jaccard), or of which one holds so much of the
other, are one finding."""

MOST_EXAMPLES = 3
"""Items of a subgroup that are named, those that are lost most unexpectedly."""


@dataclass(frozen=True, eq=False)
class LossBoard:
    """What is searched.

    Attributes:
        scheme: The scheme; empty for descriptions.
        dimension: The dimension; empty where there is none.
        losses: What is lost.
        difficulty: What the loss on each item is predicted from, (N, F).
        conditions: What can be said of items.
        names: System to its name for people.
        lacking: What is lacking already, in sentences.
    """

    scheme: str
    dimension: str
    losses: ItemLosses
    difficulty: Floats
    conditions: ItemConditions
    names: Mapping[str, str]
    lacking: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What is searched, for people."""
        if not self.scheme:
            return "descriptions"
        return f"{self.scheme}, {self.dimension}" if self.dimension else self.scheme


@dataclass(frozen=True)
class Searched:
    """What came of it.

    Attributes:
        rows: Of table `candidates`.
        places: Of table `places`.
        examples: Of table `examples`.
        search: Of table `searches`.
        lacking: What could not be computed, in sentences.
    """

    rows: list[dict[str, Any]]
    places: list[dict[str, Any]]
    examples: list[dict[str, Any]]
    search: dict[str, Any]
    lacking: list[str]


def search_board(board: LossBoard, resampling: Resampling) -> Searched:
    """Search one board.

    Args:
        board: What is searched.
        resampling: How intervals are made; its seed deals the halves.
    """
    field, conditions = board.losses, board.conditions
    items = [str(item) for item in field.items]
    halves = Halves.dealt(conditions.of(items), field.group, resampling.seed)
    excess = np.full(field.losses.shape, np.nan)
    for half in (0, 1):  # each by itself, so that neither knows of the other
        own = halves.half == half
        excess[own] = excess_losses(field.losses[own], board.difficulty[own], field.group[own])
    questions = questions_of(field.systems, field.losses, excess)
    candidates = search_blind_spots(questions, halves, resampling=resampling)
    lacking = list(board.lacking)
    if len(field.systems) == 1:
        lacking.append("there is one system only, so what is hard for any is not told apart.")
    elif all(np.isnan(question.contrasts).any(axis=1).all() for question in questions):
        lacking.append("no item was answered by systems of different models.")
    asked = {question.system_id: question for question in questions}
    kept = _without_restatements(candidates, halves.conditions, 1 - resampling.level)
    constant = {"scheme": board.scheme, "dimension": board.dimension or None}
    rows, examples = [], []
    for place, each in enumerate(candidates):
        row = constant | _row(each, conditions, board.names) | {"finding": place in kept}
        rows.append(row | {"twice": place in kept and kept[place]})
        inside = members(halves.conditions, each.terms) & (halves.half != each.half)
        examples += [
            row | {"item_id": items[lost], "item_excess": float(asked[each.system_id].told[lost])}
            for lost in _worst(asked[each.system_id], inside, field.group)
        ]
    places = [
        constant | _row(each, conditions, board.names) | {"found_of": candidates[place].system_id}
        for place in kept
        for each in systems_in_place(candidates[place], questions, halves, resampling=resampling)
    ]
    search = constant | {
        "n_items": len(items),
        "n_conditions": len(conditions.names),
        "n_systems": len(field.systems),
        "n_tests": len(candidates),
    }
    return Searched(rows, places, examples, search, lacking)


def _without_restatements(
    candidates: Sequence[Candidate], holds: NDArray[np.bool_], alpha: float
) -> dict[int, bool]:
    """Which candidates are findings, and whether the other direction confirmed the same.

    Of restatements the first is kept, whatever its size: choosing the larger would flatter it.
    """
    kept: dict[int, bool] = {}
    for place, each in enumerate(candidates):
        if not each.confirmed(alpha):
            continue
        inside = members(holds, each.terms)
        for other, twice in kept.items():
            first = members(holds, candidates[other].terms)
            both, smaller = int((inside & first).sum()), min(int(inside.sum()), int(first.sum()))
            contained = both / max(1, smaller)
            same = overlap(inside, first) > RESTATED or contained >= CONTAINED
            if candidates[other].system_id == each.system_id and same:
                kept[other] = twice or candidates[other].half != each.half
                break
        else:
            kept[place] = False
    return kept


def _worst(question: Question, inside: NDArray[np.bool_], group: NDArray[np.intp]) -> list[int]:
    """Places of the items inside that are lost most unexpectedly, one of each group.

    What is not lost is not among them.
    """
    told = question.told
    places = np.flatnonzero(inside & (question.loss > 0) & (told > 0))  # NaN is above nothing
    order = places[np.argsort(-told[places], kind="stable")]
    _, first = np.unique(group[order], return_index=True)
    return [int(place) for place in order[np.sort(first)][:MOST_EXAMPLES]]


def _row(each: Candidate, conditions: ItemConditions, names: Mapping[str, str]) -> dict[str, Any]:
    loss, excess = each.loss, each.excess
    same = [name for term in each.terms for name in conditions.also[term]]
    same += [conditions.names[term] for term in each.also]
    return {
        "system_id": each.system_id,
        "system": names[each.system_id] if each.system_id != SHARED else "all",
        "where": " and ".join(conditions.names[term] for term in each.terms),
        "also": "; ".join(dict.fromkeys(same)),
        "conditions": len(each.terms),
        "half": each.half,
        "quality": each.quality,
        "n_searched": each.n_searched,
        "n_items": each.n_items,
        "n_groups": each.n_groups,
        "loss": loss[0],
        "loss_low": loss[1],
        "loss_high": loss[2],
        "expected": float(np.clip(loss[0] - excess[0], 0, 1)),
        "excess": excess[0],
        "low": excess[1],
        "high": excess[2],
        "p": each.p,
        "p_holm": each.p_holm,
        "in_odds": each.in_odds,
    }
