"""What in the picture moves people, what moves the models, and what a model leans on more.

Elements are what `mllmsent.features` measures in a picture (color, light, contrast, texture,
composition, faces; without hue, an angle) and what the dataset says of it. Each is held against what
people felt and what every system answered: the mean or number of a dimension, the place of a label
in an order, and of other labels whether it is the answer (`outcomes`).

Numbers: Spearman's rho (1904). Beside it the partial rho, given one measure of each other kind than
the element's own (chroma, lightness, contrast, sharpness, edge_density, faces_share): what a measure
tells that light, say, does not tell already. The controls are fixed and the same in every run;
measures of one kind nearly restate each other, so none is controlled for by its like. Categories:
the difference of means between the items with a value and the others.

The difference is a system's rho less people's, on the items that both have an answer of, paired. In
all intervals the items of a group move together (`metrics/estimates.py`), and ranks are taken as they
are, not as another sample would give them (`metrics/rank_associations.py` says what that costs).

P values are corrected for a false discovery rate of 5 % (Benjamini and Hochberg, JRSS B 57, 1995), in
families of one scheme or dimension each: correlations, partial correlations, and categories, of
people by themselves (what is clear of them is so whatever systems are there) and of all systems
together; differences of all systems; categories of all systems beside people's.

A correlation is no cause: what goes with warmth may be sunsets. Where a run asks about pictures that
were warmed, cooled, grayed, darkened or brightened (conditions warm, cold, grey, darken, brighten),
the same pictures are compared with themselves: by how much did the answer move, paired, with Holm's
correction over the scheme or dimension, and is it where the system's correlation points to? What
people would say of the changed pictures is not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.boards import board_title, boards
from mllmsent.analysis.found import Analysis, Found
from mllmsent.analysis.item_subgroups import LEAST_SUPPORT
from mllmsent.analysis.visual_elements.changes import find_shifts, tried_changes
from mllmsent.analysis.visual_elements.elements import elements_of
from mllmsent.analysis.visual_elements.leanings import adjusted, find_leanings
from mllmsent.analysis.visual_elements.outcomes import PEOPLE, outcomes_of
from mllmsent.analysis.visual_elements.words import say_what_moves
from mllmsent.metrics import holm

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from mllmsent.analysis.evidence import Evidence
    from mllmsent.analysis.material import Material
    from mllmsent.analysis.visual_elements.elements import Elements
    from mllmsent.analysis.visual_elements.outcomes import Outcome

__all__ = ["ALPHA", "VISUAL_ELEMENTS", "find_visual_elements"]

ALPHA = 0.05
"""Greatest corrected p value of what is called clear."""

_OF_BOARD = ("scheme", "dimension", "label")
_ENDS = ("low", "high", "p")

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "elements": (
        *_OF_BOARD, "element", "kind", "who_id", "who", "n", "n_groups", "rho", *_ENDS, "p_fdr",
        "partial", "partial_low", "partial_high", "partial_p", "partial_p_fdr",
    ),
    "differences": (
        *_OF_BOARD, "element", "kind", "system_id", "system", "n", "n_groups", "rho", "people",
        "difference", *_ENDS, "p_fdr",
    ),
    "categories": (
        *_OF_BOARD, "column", "value", "who_id", "who", "n_inside", "n_outside", "mean_inside",
        "mean_outside", "difference", *_ENDS, "p_fdr", "more_than_people", "more_low", "more_high",
        "more_p", "more_p_fdr",
    ),
    "changes": (
        *_OF_BOARD, "condition", "held_against", "system_id", "system", "n", "n_groups",
        "moved_items", "shift", *_ENDS, "p_holm", "element", "moved", "rho", "rho_low", "rho_high",
        "verdict",
    ),
}  # fmt: skip

NO_ELEMENTS = "Nothing is known of the pictures: none could be measured, and no metadata says it."
NO_CHANGES = (
    "This run asks about no picture whose light or color was changed (conditions warm, cold, grey, "
    "darken, brighten), so that nothing tells what causes an answer."
)


def find_visual_elements(
    evidence: Evidence,
    measures: pd.DataFrame,
    *,
    condition: str = "none",
    level: float = 0.95,
) -> Found:
    """What in the pictures people and systems lean on; see the module.

    Args:
        evidence: The run's tables.
        measures: item_id and the measures of pictures, as `Measured.table` has them.
        condition: The condition that stands for pictures as they are.
        level: Nominal coverage of intervals.

    Returns:
        Statements, the tables `elements`, `differences`, `categories` and `changes`, and what could
        not be computed.
    """
    elements = elements_of(evidence, measures)
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in COLUMNS}
    lacking: list[str] = [] if elements else [NO_ELEMENTS]
    for scheme, dimension in boards(evidence):
        title = board_title(scheme, dimension)
        if scheme.open_vocabulary:
            lacking.append(f"{title}: free answers have no labels to hold elements against.")
            continue
        place = {"scheme": scheme.name, "dimension": dimension or None}
        outcomes = outcomes_of(evidence, scheme, dimension, condition=condition)
        own, why = _of_board(evidence, elements, outcomes, place, level=level)
        lacking += [f"{title}: {sentence}" for sentence in why]
        shifts = find_shifts(evidence, scheme, dimension, condition, place, level=level)
        corrected = holm([row["p"] for row in shifts])
        own["changes"] = [
            row | {"p_holm": float(p)} for row, p in zip(shifts, corrected, strict=True)
        ]
        for name, part in own.items():
            rows[name] += part
    if not tried_changes(evidence, condition):
        lacking.append(NO_CHANGES)
    names = {**evidence.names, PEOPLE: PEOPLE}
    tables = {name: _table(part, COLUMNS[name], names) for name, part in rows.items()}
    tables["changes"] = _judged(tables["changes"], tables["elements"])
    return Found(
        statements=tuple(say_what_moves(evidence, tables, alpha=ALPHA)),
        tables=tables,
        lacking=tuple(lacking),
    )


def _of_board(
    evidence: Evidence,
    elements: Elements,
    outcomes: Sequence[Outcome],
    place: Mapping[str, Any],
    *,
    level: float,
) -> tuple[dict[str, list[dict[str, Any]]], list[str]]:
    """The rows of a scheme or dimension, corrected within it, and what could not be computed."""
    found: dict[str, list[dict[str, Any]]] = {"elements": [], "differences": [], "categories": []}
    if not elements:
        return found, []
    lacking = []
    rare = [each.label for each in outcomes if each.label and _is_rare(each)]
    if rare:
        lacking.append(f"fewer than {LEAST_SUPPORT} pictures are, or are not, {', '.join(rare)}.")
    told = [each for each in outcomes if each.label not in rare]
    leanings = find_leanings(elements, told, evidence.groups, place, level=level)
    found["elements"] += leanings.associations
    found["differences"] += leanings.differences
    found["categories"] += leanings.categories
    too_few = dict.fromkeys(leanings.too_few)
    if too_few:
        names = {**evidence.names, PEOPLE: PEOPLE}
        who = ", ".join(names[each] for each in too_few)
        lacking.append(
            f"fewer than {LEAST_SUPPORT} groups of pictures have an element measured and an answer "
            f"of {who}."
        )
    for name, p, corrected in (
        ("elements", "p", "p_fdr"),
        ("elements", "partial_p", "partial_p_fdr"),
        ("differences", "p", "p_fdr"),
        ("categories", "p", "p_fdr"),
        ("categories", "more_p", "more_p_fdr"),
    ):
        people = [row for row in found[name] if row.get("who_id") == PEOPLE]
        systems = [row for row in found[name] if row.get("who_id") != PEOPLE]
        for rows in (people, systems):
            for row, value in zip(rows, adjusted([row[p] for row in rows]), strict=True):
                row[corrected] = float(value)
    return found, lacking


def _is_rare(outcome: Outcome) -> bool:
    """Whether too few pictures are, or are not, what is asked: by people, or by every system."""
    given: Iterable[pd.Series] = (
        [outcome.people] if len(outcome.people) else [outcome.systems[n] for n in outcome.systems]
    )
    return all(min((each > 0).sum(), (each == 0).sum()) < LEAST_SUPPORT for each in given)


def _table(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], names: Mapping[str, str]
) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    table = pd.DataFrame(list(rows), columns=list(columns))
    for key, name in (("who_id", "who"), ("system_id", "system")):
        if name in table:
            table[name] = table[key].map(names)
    return table


def _judged(changes: pd.DataFrame, elements: pd.DataFrame) -> pd.DataFrame:
    """Changes with the correlation of the element that they move, and whether the two agree."""
    keys = [*_OF_BOARD, "element"]
    known = elements[[*keys, "who_id", "rho", "low", "high", "p_fdr"]].fillna({"dimension": ""})
    said = known.set_index([*keys, "who_id"]).to_dict("index")
    rows = []
    places = changes[keys].fillna({"dimension": ""}).itertuples(index=False)
    for row, place in zip(changes.to_dict(orient="records"), places, strict=True):
        rho = said.get((*place, row["system_id"])) or dict.fromkeys(
            ("rho", "low", "high", "p_fdr"), np.nan
        )
        rows.append(
            row
            | {"rho": rho["rho"], "rho_low": rho["low"], "rho_high": rho["high"]}
            | {"verdict": _verdict(row, rho)}
        )
    return changes.iloc[:0] if not rows else type(changes)(rows, columns=changes.columns)


def _verdict(change: Mapping[Any, Any], association: Mapping[Any, float]) -> str:
    moves, goes = change["p_holm"] <= ALPHA, association["p_fdr"] <= ALPHA
    if not (moves and goes):
        return "answers move" if moves else ("correlation only" if goes else "neither")
    pointed = association["rho"] * (1 if change["moved"] == "up" else -1)
    return "agrees" if pointed * change["shift"] > 0 else "contradicts"


def _of_run(material: Material) -> Found:
    measured = material.measured
    found = find_visual_elements(
        material.evidence,
        measured.table,
        condition=material.condition,
        level=material.resampling.level,
    )
    if not measured.lacking:
        return found
    return Found(found.statements, found.tables, (measured.lacking, *found.lacking))


VISUAL_ELEMENTS = Analysis(
    name="visual_elements",
    title="What in the picture moves people, and what moves the models",
    question="Which elements of pictures do feelings and answers go with, and what does a model lean "
    "on more than people do?",
    find=_of_run,
    tables={
        "elements": "an element and people or a system: rho, and partial rho",
        "differences": "an element and a system: its rho less people's",
        "categories": "a value of metadata and people or a system: difference of means",
        "changes": "a changed condition and a system: by how much its answers moved",
    },
)
