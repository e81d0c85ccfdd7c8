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

Where it is known what was drawn, descriptions are searched as well: for where one describer names
less of it than elsewhere, and than others do.

With one system there are no others, and expected is what people's disagreement predicts. A
subgroup stands for whatever goes with it: that it is named does not make it the cause. And what is
not found may be there: half of the items must show it, and half confirm it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.blind_spots.boards import LossBoard, search_board
from mllmsent.analysis.blind_spots.conditions import item_conditions
from mllmsent.analysis.blind_spots.losses import description_losses, difficulty_of, item_losses
from mllmsent.analysis.blind_spots.words import blind_spot_statements
from mllmsent.analysis.boards import board_title
from mllmsent.analysis.factor_namings import name_factors
from mllmsent.analysis.found import Analysis, Found
from mllmsent.analysis.item_subgroups import LEAST_SUPPORT
from mllmsent.analysis.scene_fields import known_scenes
from mllmsent.metrics import Resampling

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from mllmsent.analysis.blind_spots.conditions import ItemConditions
    from mllmsent.analysis.evidence import Evidence
    from mllmsent.analysis.found import Statement
    from mllmsent.analysis.material import Material

__all__ = ["BLIND_SPOTS", "find_blind_spots"]

LEAST_GROUPS = 4 * LEAST_SUPPORT
"""With fewer groups of items no half has both enough inside of a subgroup and enough outside."""

CANDIDATE_COLUMNS = (
    "scheme", "dimension", "system_id", "system", "where", "also", "conditions", "half", "quality",
    "n_searched", "n_items", "n_groups", "loss", "loss_low", "loss_high", "expected", "excess",
    "low", "high", "p", "p_holm", "in_odds", "finding", "twice",
)  # fmt: skip
EXAMPLE_COLUMNS = (
    "scheme", "dimension", "where", "half", "system_id", "system", "finding", "item_id", "item_excess",
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
    named: pd.DataFrame | None = None,
    resampling: Resampling | None = None,
    condition: str = "none",
) -> Found:
    """Where the systems of a run are blind; see the module.

    Args:
        evidence: The run's tables.
        conditions: What can be said of its items.
        named: What descriptions name right of what was drawn: rows of `name_factors`.
        resampling: How intervals are made; its seed deals the halves.
        condition: The condition under which systems answered.

    Returns:
        Statements, the tables `candidates`, `places`, `examples`, `searches` and `left_out`, and what could not
        be computed.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    resampling = resampling or Resampling()
    rows: list[dict[str, Any]] = []
    places: list[dict[str, Any]] = []
    examples: list[dict[str, Any]] = []
    searches: list[dict[str, Any]] = []
    statements: list[Statement] = []
    lacking: list[str] = []
    boards = [*_answers(evidence, conditions, condition), *_descriptions(named, conditions)]
    if not conditions.names:
        boards = []
        lacking.append(
            "Nothing is known of the items that could make subgroups of "
            f"{LEAST_SUPPORT} and more: no metadata, measures or descriptions."
        )
    for board in boards:
        if isinstance(board, str):
            lacking.append(board)
            continue
        found = search_board(board, resampling)
        rows += found.rows
        places += found.places
        examples += found.examples
        searches.append(found.search)
        lacking += [f"{board.title}: {sentence}" for sentence in found.lacking]
        statements += blind_spot_statements(found.rows, found.search)
    left_out = [{"column": name, "why": why} for name, why in conditions.left_out.items()]
    return Found(
        statements=tuple(statements),
        tables={
            "candidates": pd.DataFrame(rows, columns=list(CANDIDATE_COLUMNS)),
            "places": pd.DataFrame(places, columns=list(PLACE_COLUMNS)),
            "examples": pd.DataFrame(examples, columns=list(EXAMPLE_COLUMNS)),
            "searches": pd.DataFrame(searches, columns=list(SEARCH_COLUMNS)),
            "left_out": pd.DataFrame(left_out, columns=["column", "why"]),
        },
        lacking=tuple(lacking),
    )


def _answers(
    evidence: Evidence, conditions: ItemConditions, condition: str
) -> Iterator[LossBoard | str]:
    """What is lost by answers, scheme by scheme; a sentence where too little was answered."""
    for scheme in evidence.schemes.values():
        scored = evidence.scored(scheme.name, condition=condition)
        for dimension in scheme.dimension_names or ("",):
            own = [entry for entry in scored if entry.dimension == dimension and len(entry.rows)]
            title = board_title(scheme, dimension)
            n_groups = len({group for entry in own for group in entry.rows["group"]})
            if n_groups < LEAST_GROUPS:
                yield (
                    f"{title}: {n_groups} items (or groups of them) have an answer and a target; "
                    f"to search one half and confirm on the other takes {LEAST_GROUPS}."
                )
                continue
            losses = item_losses(evidence, scheme, own)
            difficulty, unknown = difficulty_of(evidence, scheme, dimension, list(losses.items))
            yield LossBoard(
                scheme=scheme.name,
                dimension=dimension,
                losses=losses,
                difficulty=difficulty,
                conditions=conditions,
                names=evidence.names,
                lacking=(unknown,) if unknown else (),
            )


def _descriptions(named: pd.DataFrame | None, conditions: ItemConditions) -> Iterator[LossBoard]:
    """What descriptions leave out or get wrong, where it is known what was drawn."""
    if named is None:
        return
    named = named[named["item_id"].isin(conditions.items)]
    plain = conditions.without_words()
    if named["group"].nunique() >= LEAST_GROUPS and plain.names:
        losses = description_losses(named)
        yield LossBoard(
            scheme="",
            dimension="",
            losses=losses,
            difficulty=np.zeros((len(losses.items), 0)),
            conditions=plain,
            names={name: name for name in losses.systems},
        )


def _of_run(material: Material) -> Found:
    descriptions = material.run.table("descriptions")
    scenes = known_scenes(material.run.dataset_root())
    conditions = item_conditions(
        material.evidence,
        measures=material.features,
        descriptions=descriptions,
        scenes=scenes,
        condition=material.condition,
    )
    named, _ = name_factors(
        descriptions, scenes, material.evidence.groups, condition=material.condition
    )
    return find_blind_spots(
        material.evidence,
        conditions,
        named=named,
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
        "examples": "an item of a candidate's subgroup, on the confirming half, and how much more is lost on "
        "it than expected: the most unexpected ones",
        "searches": "a scheme or dimension, and how widely it was searched",
        "left_out": "a column of the metadata that makes no conditions, and why",
    },
)
