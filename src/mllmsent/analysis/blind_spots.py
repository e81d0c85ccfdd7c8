"""Where is a system blind? Subgroups in which it is worse than the items' own difficulty predicts.

What a system loses on an item (wrong or not; for dimensions the error as a share of the scale) is
held against what is to be expected there: from how undecided people are about the item and what they
say of it (`item_losses`), and from how much the other models lose in that subgroup beyond that. What
is left is searched for subgroups: of metadata, of what was drawn or is measured in pictures, of the
words of descriptions, of where groups of annotators disagree (`item_conditions`), and of two of
these at once. A beam search on one half of the items (`metrics.subgroup_search`) names candidates,
which the other half confirms or not, in both directions (`blind_spot_search`). Conditions that hold
of nearly the same items are one finding, told in its simplest words.

Beside the blind spots of single systems stand those that all share: subgroups in which every model
loses more than people's disagreement explains.

With one system there are no others, and expected is what people's disagreement predicts. A
subgroup stands for whatever goes with it: that it is named does not make it the cause. And what is
not found may be there: half of the items must show it, and half confirm it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.blind_spot_questions import SHARED, questions_of
from mllmsent.analysis.blind_spot_search import Halves, search_blind_spots, systems_in_place
from mllmsent.analysis.blind_spot_words import blind_spot_statements
from mllmsent.analysis.found import Analysis, Found
from mllmsent.analysis.item_conditions import item_conditions
from mllmsent.analysis.item_losses import difficulty_of, excess_losses, item_losses
from mllmsent.analysis.item_subgroups import LEAST_SUPPORT
from mllmsent.analysis.scene_fields import known_scenes
from mllmsent.metrics import Resampling
from mllmsent.metrics.subgroup_search import members, overlap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.blind_spot_search import Candidate
    from mllmsent.analysis.evidence import Evidence, Scored
    from mllmsent.analysis.found import Statement
    from mllmsent.analysis.item_conditions import ItemConditions
    from mllmsent.analysis.material import Material

__all__ = ["BLIND_SPOTS", "find_blind_spots"]

LEAST_GROUPS = 4 * LEAST_SUPPORT
"""With fewer groups of items no half has both enough inside of a subgroup and enough outside."""

RESTATED = 0.5
CONTAINED = 0.9
"""Of one system, subgroups that share more than this (Jaccard), or of which one holds so much of the
other, are one finding."""

MOST_EXAMPLES = 3
"""Items of a subgroup that are named, the most unexpectedly lost first."""

CANDIDATE_COLUMNS = (
    "scheme", "dimension", "system_id", "system", "where", "also", "conditions", "half", "quality",
    "n_searched", "n_items", "n_groups", "loss", "loss_low", "loss_high", "expected", "excess",
    "low", "high", "p", "p_holm", "in_odds", "finding", "twice", "examples",
)  # fmt: skip
PLACE_COLUMNS = (
    "scheme", "dimension", "where", "half", "found_of", "system_id", "system", "n_items", "loss",
    "loss_low", "loss_high", "expected", "excess", "low", "high",
)  # fmt: skip
SEARCH_COLUMNS = ("scheme", "dimension", "n_items", "n_conditions", "n_systems", "n_tests")


def find_blind_spots(
    evidence: Evidence,
    conditions: ItemConditions,
    *,
    resampling: Resampling | None = None,
    condition: str = "none",
) -> Found:
    """Where the systems of a run are blind; see the module.

    Args:
        evidence: The run's tables.
        conditions: What can be said of its items.
        resampling: How intervals are made; its seed deals the halves.
        condition: The condition under which systems answered.

    Returns:
        Statements, the tables `candidates`, `places`, `searches` and `left_out`, and what could not
        be computed.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    resampling = resampling or Resampling()
    rows: list[dict[str, Any]] = []
    places: list[dict[str, Any]] = []
    searches: list[dict[str, Any]] = []
    statements: list[Statement] = []
    lacking: list[str] = []
    if not conditions.names:
        lacking.append(
            "Nothing is known of the items that could make subgroups of "
            f"{LEAST_SUPPORT} and more: no metadata, measures or descriptions."
        )
    for scheme in evidence.schemes.values() if conditions.names else ():
        scored = evidence.scored(scheme.name, condition=condition)
        for dimension in scheme.dimension_names or ("",):
            own = [entry for entry in scored if entry.dimension == dimension and len(entry.rows)]
            title = f"{scheme.name}, {dimension}" if dimension else scheme.name
            n_groups = len({group for entry in own for group in entry.rows["group"]})
            if n_groups < LEAST_GROUPS:
                lacking.append(
                    f"{title}: {n_groups} items (or groups of them) have an answer and a target; "
                    f"to search one half and confirm on the other takes {LEAST_GROUPS}."
                )
                continue
            found = _search(evidence, scheme, own, conditions, resampling)
            rows += found.rows
            places += found.places
            searches.append(found.search)
            lacking += [f"{title}: {sentence}" for sentence in found.lacking]
            statements += blind_spot_statements(found.rows, found.search)
    left_out = [{"column": name, "why": why} for name, why in conditions.left_out.items()]
    return Found(
        statements=tuple(statements),
        tables={
            "candidates": pd.DataFrame(rows, columns=list(CANDIDATE_COLUMNS)),
            "places": pd.DataFrame(places, columns=list(PLACE_COLUMNS)),
            "searches": pd.DataFrame(searches, columns=list(SEARCH_COLUMNS)),
            "left_out": pd.DataFrame(left_out, columns=["column", "why"]),
        },
        lacking=tuple(lacking),
    )


@dataclass(frozen=True)
class _Searched:
    """One board: its candidates, all systems where something was found, how it was searched."""

    rows: list[dict[str, Any]]
    places: list[dict[str, Any]]
    search: dict[str, Any]
    lacking: list[str]


def _search(
    evidence: Evidence,
    scheme: Scheme,
    scored: Sequence[Scored],
    conditions: ItemConditions,
    resampling: Resampling,
) -> _Searched:
    dimension = scored[0].dimension
    field = item_losses(evidence, scheme, scored)
    items = [str(item) for item in field.items]
    difficulty, unknown = difficulty_of(evidence, scheme, dimension, items)
    holds = conditions.of(items)
    halves = Halves.dealt(holds, field.group, resampling.seed)
    excess = np.full(field.losses.shape, np.nan)
    for half in (0, 1):  # each by itself, so that neither knows of the other
        own = halves.half == half
        excess[own] = excess_losses(field.losses[own], difficulty[own], field.group[own])
    questions = questions_of(field.systems, field.losses, excess)
    candidates = search_blind_spots(questions, halves, resampling=resampling)
    missing = [unknown] if unknown else []
    if len(field.systems) == 1:
        missing.append("there is one system only, so what is hard for any is not told apart.")
    elif all(np.isnan(question.contrasts).any(axis=1).all() for question in questions):
        missing.append("no item was answered by systems of different models.")
    told = {question.system_id: question.told for question in questions}
    alpha = 1 - resampling.level
    kept = _without_restatements(candidates, holds, alpha)
    constant = {"scheme": scheme.name, "dimension": dimension or None}
    rows = []
    for place, each in enumerate(candidates):
        inside = members(holds, each.terms) & (halves.half != each.half)
        rows.append(
            constant
            | _row(each, conditions, evidence.names)
            | {
                "finding": place in kept,
                "twice": place in kept and kept[place],
                "examples": ", ".join(_worst(items, told[each.system_id], inside)),
            }
        )
    places = [
        constant
        | _row(each, conditions, evidence.names)
        | {"found_of": candidates[place].system_id}
        for place in kept
        for each in systems_in_place(candidates[place], questions, halves, resampling=resampling)
    ]
    search = constant | {
        "n_items": len(items),
        "n_conditions": len(conditions.names),
        "n_systems": len(field.systems),
        "n_tests": len(candidates),
    }
    return _Searched(rows, places, search, missing)


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


def _worst(items: Sequence[str], told: NDArray[np.float64], inside: NDArray[np.bool_]) -> list[str]:
    """The items inside that are lost most unexpectedly."""
    places = np.flatnonzero(inside & ~np.isnan(told))
    order = places[np.argsort(-told[places], kind="stable")]
    return [items[place] for place in order[:MOST_EXAMPLES]]


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


def _of_run(material: Material) -> Found:
    conditions = item_conditions(
        material.evidence,
        measures=material.features,
        descriptions=material.run.table("descriptions"),
        scenes=known_scenes(material.run.dataset_root()),
        condition=material.condition,
    )
    return find_blind_spots(
        material.evidence,
        conditions,
        resampling=material.resampling,
        condition=material.condition,
    )


BLIND_SPOTS = Analysis(
    name="blind_spots",
    title="Where a system is blind",
    question="In which subgroups of the items is a system worse than their difficulty predicts?",
    find=_of_run,
    tables={
        "candidates": "a subgroup that was found on one half of the items and tested on the other",
        "places": "a system in a subgroup in which a blind spot was found, on the confirming half",
        "searches": "a scheme or dimension, and how widely it was searched",
        "left_out": "a column of the metadata that makes no conditions, and why",
    },
)
