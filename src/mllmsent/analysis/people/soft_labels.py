"""How far systems' distributions are from the people's, with what people and blindness reach beside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.numbers import score_columns
from mllmsent.metrics.distribution_distances import distances_for, distribution_distance
from mllmsent.metrics.means import mean_scores
from mllmsent.metrics.split_halves import split_halves

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.evidence import Evidence
    from mllmsent.analysis.people.distributions import Distributions
    from mllmsent.analysis.people.votes import Votes
    from mllmsent.metrics import Resampling

    Floats = NDArray[np.float64]

__all__ = ["DISTANCE_COLUMNS", "EVERYBODY", "HALVES", "distance_rows"]

DISTANCE_COLUMNS = (
    "scheme", "distance", "nearer", "system_id", "system", "source", "n_items", "value", "low",
    "high", "n_halved", "to_half", "to_half_low", "to_half_high", "gap", "gap_low", "gap_high",
)  # fmt: skip

HALVES = "people: the other half"
EVERYBODY = "shares of all items, whatever the item"
"""Rows that stand beside those of systems; they have no system_id."""

MOST_SPLITS, LEAST_SPLITS, HALVED = 20, 4, 20_000
"""Random divisions of the people of an item: about so many items are divided, all in all."""


def distance_rows(
    evidence: Evidence,
    scheme: Scheme,
    votes: Votes,
    systems: Mapping[str, Distributions],
    resampling: Resampling,
) -> list[dict[str, Any]]:
    """Mean distances over items, from all people and from a random half of them.

    Args:
        evidence: The run's tables.
        scheme: The scheme.
        votes: What people said.
        systems: System to its distributions over the items of `votes`.
        resampling: How intervals are made.

    Returns:
        A row per distance and system: `DISTANCE_COLUMNS`. `value` is from all people, `to_half` from
        the larger half of them, and `gap` what it is more than the other half's distance from that
        half. The other half, and the mean of all other items' shares, are rows without a system_id,
        over the items that some system has.
    """
    asked = np.zeros(len(votes.items), dtype=bool)
    for own in systems.values():
        asked |= own.known
    shares = {system: own.shares for system, own in systems.items()}
    shares[EVERYBODY] = np.where(asked[:, None], _of_others(votes.shares, asked), np.nan)
    distances = distances_for(ordered=scheme.kind == "ordered")
    names = [each.name for each in distances]
    to_half, floor = _halved(votes.counts, shares, names, resampling.seed)
    columns: dict[tuple[str, str, str], Floats] = {}
    for name in names:
        for key, given in shares.items():
            columns[name, key, "value"] = _distance(name, votes.shares, given)
            columns[name, key, "to_half"] = to_half[name, key]
            columns[name, key, "gap"] = to_half[name, key] - floor[name]
        columns[name, HALVES, "to_half"] = np.where(asked, floor[name], np.nan)
    scores = mean_scores(np.column_stack(list(columns.values())), votes.grouping, resampling)
    found = dict(zip(columns, scores, strict=True))
    return [
        {
            "scheme": scheme.name,
            "distance": distance.name,
            "nearer": "more" if distance.is_likeness else "less",
            "system_id": key if key in systems else None,
            "system": evidence.names.get(key, key),
            "source": systems[key].source if key in systems else "votes",
            "n_items": _count(columns.get((distance.name, key, "value"))),
            **score_columns("value", found.get((distance.name, key, "value"))),
            "n_halved": _count(columns[distance.name, key, "to_half"]),
            **score_columns("to_half", found[distance.name, key, "to_half"], "to_half_"),
            **score_columns("gap", found.get((distance.name, key, "gap")), "gap_"),
        }
        for distance in distances
        for key in (*systems, HALVES, EVERYBODY)
        if key != HALVES or _count(columns[distance.name, HALVES, "to_half"])
    ]


def _count(values: Floats | None) -> int:
    return 0 if values is None else int((~np.isnan(values)).sum())


def _distance(name: str, people: Floats, system: Floats) -> Floats:
    return distribution_distance(name, people, np.nan_to_num(system))


def _of_others(shares: Floats, asked: NDArray[np.bool_]) -> Floats:
    """For each item the mean of the other items' shares."""
    total = shares[asked].sum(axis=0)
    others = (total - shares * asked[:, None]) / max(1, int(asked.sum()) - 1)
    shares_of_others: Floats = np.maximum(others, 0.0)
    return shares_of_others


def _halved(
    counts: Floats, systems: Mapping[str, Floats], names: list[str], seed: int
) -> tuple[dict[tuple[str, str], Floats], dict[str, Floats]]:
    """Mean distance of systems, and of the other half, from a half of each item's people.

    NaN for items with fewer than two people, or without the system's distribution.
    """
    splits = int(np.clip(HALVED // max(1, len(counts)), LEAST_SPLITS, MOST_SPLITS))
    floor = {name: np.zeros(len(counts)) for name in names}
    to_half = {(name, key): np.zeros(len(counts)) for name in names for key in systems}
    halved = np.where(counts.sum(axis=1) >= 2, 0.0, np.nan)
    for smaller, larger in split_halves(counts, n_splits=splits, seed=seed):
        for name in names:
            floor[name] += distribution_distance(name, larger, smaller) / splits
            for key, own in systems.items():
                to_half[name, key] += _distance(name, larger, own) / splits + halved
    return to_half, floor
