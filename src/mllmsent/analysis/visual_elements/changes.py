"""What changing the light or color of a picture does to answers, beside what correlations say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.visual_elements.outcomes import outcomes_of
from mllmsent.data.conditions import parse_condition
from mllmsent.foundation.errors import InputError
from mllmsent.metrics.estimates import mean_estimates
from mllmsent.metrics.grouping import Grouping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.evidence import Evidence
    from mllmsent.analysis.visual_elements.outcomes import Outcome

__all__ = ["MOVES", "find_shifts", "tried_changes"]

MOVES: Mapping[str, tuple[str, int]] = {
    "warm": ("warmth", 1),
    "cold": ("warmth", -1),
    "grey": ("chroma", -1),
    "darken": ("lightness", -1),
    "brighten": ("lightness", 1),
}
"""Condition to the measure that it moves, and where to."""

CONTROL = "rendered"
"""The condition that changes nothing but the file, and so is what other conditions are held against."""


def tried_changes(evidence: Evidence, plain: str) -> dict[str, tuple[str, int]]:
    """The conditions of a run that change a known measure, as they are written, and how.

    Args:
        evidence: The run's tables.
        plain: The condition that stands for pictures as they are.
    """
    found = {}
    for written in evidence.predictions["condition"].unique():
        try:
            name = parse_condition(str(written)).condition.name
        except InputError:
            continue  # an imported run may call conditions what it likes
        if name in MOVES and written != plain:
            found[str(written)] = MOVES[name]
    return found


def find_shifts(
    evidence: Evidence,
    scheme: Scheme,
    dimension: str,
    plain: str,
    place: Mapping[str, Any],
    *,
    level: float = 0.95,
) -> list[dict[str, Any]]:
    """How answers shift, on the same items, when pictures are changed.

    Args:
        evidence: The run's tables.
        scheme: The scheme; not an open vocabulary.
        dimension: The dimension; empty for labels.
        plain: The condition that stands for pictures as they are. Where pictures were also asked
            about `rendered`, that is what changed ones are held against.
        place: Columns that say what the outcome is: scheme and dimension.
        level: Nominal coverage of intervals.

    Returns:
        A row per label (of schemes without order), condition and system that answered both on at
        least two groups of items.
    """
    changes = tried_changes(evidence, plain)
    if not changes:
        return []
    base = CONTROL if (evidence.predictions["condition"] == CONTROL).any() else plain
    before = outcomes_of(evidence, scheme, dimension, condition=base)
    rows: list[dict[str, Any]] = []
    for condition, (element, sign) in changes.items():
        after = outcomes_of(evidence, scheme, dimension, condition=condition)
        for one, other in zip(before, after, strict=True):
            about = {
                **place,
                "label": one.label,
                "condition": condition,
                "held_against": base,
                "element": element,
                "moved": "up" if sign > 0 else "down",
            }
            rows += [about | row for row in _shifts(evidence, one, other, level)]
    return rows


def _shifts(
    evidence: Evidence, before: Outcome, after: Outcome, level: float
) -> list[dict[str, Any]]:
    rows = []
    for system in after.systems.columns:
        if system not in before.systems:
            continue
        shifts = (after.systems[system] - before.systems[system]).dropna()
        grouping = Grouping.of([evidence.groups[item] for item in shifts.index], len(shifts))
        if len(grouping) < 2:
            continue
        estimate = mean_estimates(shifts.to_numpy()[:, None], grouping)
        low, high = estimate.intervals(level)
        rows.append(
            {
                "system_id": str(system),
                "n": len(shifts),
                "n_groups": len(grouping),
                "moved_items": int(np.count_nonzero(shifts)),
                "shift": float(estimate.points[0, 0]),
                "low": float(low[0, 0]),
                "high": float(high[0, 0]),
                "p": float(estimate.p_values[0, 0]),
            }
        )
    return rows
