"""Rows of the tables of how strongly systems feel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.intensity.levels import ZONES
from mllmsent.analysis.intensity.scores import DISTANCES, SPREADS, Lens
from mllmsent.analysis.numbers import score_columns
from mllmsent.metrics.distributions import down_to_chance, level_moments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.analysis.intensity.counted_answers import CountedAnswers
    from mllmsent.analysis.intensity.levels import Ladder
    from mllmsent.metrics import Score
    from mllmsent.metrics.distributions import SwapTest
    from mllmsent.metrics.metric import Floats

__all__ = ["distance_row", "extremity_row", "place_row", "share_rows"]

Row = dict[str, Any]


def place_row(counted: CountedAnswers, against: str) -> Row:
    """What every row says: of which system, held against whom, and how many answers it is from."""
    entry = counted.entry
    return {
        "scheme": entry.scheme,
        "dimension": entry.dimension or None,
        "against": against,
        "system_id": entry.system_id,
        "system": entry.name,
        "n": len(counted.predicted),
        "n_items": counted.n_items,
        "n_groups": counted.n_groups,
        "coverage": entry.coverage,
    }


def distance_row(
    ladder: Ladder,
    counted: CountedAnswers,
    people: Any,
    scores: Mapping[tuple[str, str], Score],
    tests: Mapping[tuple[str, str], SwapTest],
) -> Row:
    """A row of `distances`.

    Args:
        ladder: What is looked at.
        counted: The system.
        people: What it is held against, (G, L), sparse.
        scores: What `Lens.scores` says of that.
        tests: What `Lens.tests` says of it; empty for votes.
    """
    row: Row = {"of": ladder.of, "unit": ladder.unit, "bins": ladder.bins.shape[1]}
    for name in DISTANCES:
        test, score = tests.get((ladder.of, name)), scores.get((ladder.of, name))
        if score is not None and test is not None:
            score = down_to_chance(score, test.p_value)
        row |= score_columns(name, score, f"{name}_")
        row[f"{name}_by_chance"] = np.nan if test is None else test.by_chance
    for part in ("", "_low", "_high"):
        row[f"wasserstein_share{part}"] = row[f"wasserstein{part}"] / ladder.span
    for name in SPREADS:
        row |= score_columns(name, scores.get((ladder.of, name)), f"{name}_")
    for prefix, table in (("people_", people), ("", counted.system)):
        mean, sd = _mean_and_sd(ladder, table)
        row |= {f"{prefix}mean": mean, f"{prefix}sd": sd}
    test = tests.get((ladder.of, "js" if ladder.positions is None else "wasserstein"))
    return row | {"p_value": np.nan if test is None else test.p_value}


def _mean_and_sd(ladder: Ladder, table: Any) -> tuple[float, float]:
    if ladder.positions is None:
        return np.nan, np.nan
    mean, variance = level_moments(ladder.on_rungs(_total(table)), ladder.positions)
    return float(mean[0]), float(np.sqrt(variance[0]))


def extremity_row(
    lens: Lens,
    counted: CountedAnswers,
    people: Any,
    scores: Mapping[tuple[str, str], Score],
    tests: Mapping[tuple[str, str], SwapTest],
) -> Row:
    """A row of `extremity`; its arguments are those of `distance_row`."""
    assert lens.zones is not None, "asked where there are zones"
    row: Row = {}
    own, theirs = (
        (total @ lens.zones / total.sum())[0] for total in map(_total, (counted.system, people))
    )
    for column, zone in enumerate(ZONES):
        exists = bool(lens.zones[:, column].any())
        test = tests.get(("zones", zone))
        row |= {zone: own[column], f"people_{zone}": theirs[column]}
        row |= score_columns(f"{zone}_difference", scores["zones", zone], f"{zone}_")
        row[f"{zone}_p_value"] = np.nan if test is None or not exists else test.p_value
    return row | score_columns("slope", scores.get(("zones", "slope")), "slope_")


def share_rows(counted: Sequence[CountedAnswers], lens: Lens) -> list[Row]:
    """Rows of `shares`: of each system, and of people on the rows of the system with most of them."""
    widest = max(counted, key=lambda each: len(each.predicted))
    said = [("targets", "", widest.people), ("votes", "", widest.votes)]
    said += [(each.entry.name, each.entry.system_id, each.system) for each in counted]
    looks: list[tuple[str, tuple[str, ...], Floats]] = [
        (ladder.of, ladder.bin_names, ladder.bins) for ladder in lens.ladders
    ]
    if lens.zones is not None:
        looks.append(("zones", ZONES, lens.zones))
    return [
        {
            "scheme": widest.entry.scheme,
            "dimension": widest.entry.dimension or None,
            "of": of,
            "who": who,
            "system_id": system,
            "level": level,
            "count": float(count),
            "share": float(count / table.sum()),
        }
        for of, names, bins in looks
        for who, system, table in said
        if table is not None
        for level, count in zip(names, (_total(table) @ bins)[0], strict=True)
    ]


def _total(table: Any) -> Floats:
    """A sparse table's sums over groups, (1, L)."""
    return np.asarray(table.sum(axis=0), dtype=np.float64).reshape(1, -1)
