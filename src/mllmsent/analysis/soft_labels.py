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
    from mllmsent.analysis.distributions import Distributions
    from mllmsent.analysis.evidence import Evidence
    from mllmsent.analysis.votes import Votes
    from mllmsent.metrics import Resampling

    Floats = NDArray[np.float64]

__all__ = ["DISTANCE_COLUMNS", "EVERYBODY", "HALVES", "distance_rows"]

DISTANCE_COLUMNS = (
    "scheme", "distance", "nearer", "system_id", "system", "source", "n_items", "value", "low",
    "high",
)  # fmt: skip

HALVES = "people: one half against the other"
EVERYBODY = "shares of all items, whatever the item"
"""Rows that stand beside those of systems; they have no system_id."""

SPLITS = 20
"""Random divisions of the people of an item; the mean over items needs no more."""


def distance_rows(
    evidence: Evidence,
    scheme: Scheme,
    votes: Votes,
    systems: Mapping[str, Distributions],
    resampling: Resampling,
) -> list[dict[str, Any]]:
    """Mean distances over items.

    Args:
        evidence: The run's tables.
        scheme: The scheme.
        votes: What people said.
        systems: System to its distributions over the items of `votes`.
        resampling: How intervals are made.

    Returns:
        A row per distance and system: `DISTANCE_COLUMNS`. The people's halves and the mean of all
        other items' shares are rows without a system_id, over the items that some system has.
    """
    asked = np.zeros(len(votes.items), dtype=bool)
    for own in systems.values():
        asked |= own.known
    distances = distances_for(ordered=scheme.kind == "ordered")
    columns: dict[tuple[str, str], Floats] = {}
    for distance in distances:
        for system, own in systems.items():
            columns[distance.name, system] = _distance(distance.name, votes.shares, own.shares)
        blind = _distance(distance.name, votes.shares, _of_others(votes.shares, asked))
        columns[distance.name, EVERYBODY] = np.where(asked, blind, np.nan)
    for name, floor in _halves(votes.counts, [each.name for each in distances], resampling).items():
        columns[name, HALVES] = np.where(asked, floor, np.nan)
    scores = mean_scores(np.column_stack(list(columns.values())), votes.grouping, resampling)
    found = {
        key: {"n_items": int((~np.isnan(values)).sum()), **score_columns("value", score)}
        for (key, values), score in zip(columns.items(), scores, strict=True)
    }
    return [
        {
            "scheme": scheme.name,
            "distance": distance.name,
            "nearer": "more" if distance.is_likeness else "less",
            "system_id": system or None,
            "system": evidence.names[system] if system else name,
            "source": systems[system].source if system else "votes",
            **found[distance.name, system or name],
        }
        for distance in distances
        for system, name in (*((each, "") for each in systems), ("", HALVES), ("", EVERYBODY))
        if found[distance.name, system or name]["n_items"]
    ]


def _distance(name: str, people: Floats, system: Floats) -> Floats:
    return distribution_distance(name, people, np.nan_to_num(system))


def _of_others(shares: Floats, asked: NDArray[np.bool_]) -> Floats:
    """For each item the mean of the other items' shares."""
    total = shares[asked].sum(axis=0)
    others = (total - shares * asked[:, None]) / max(1, int(asked.sum()) - 1)
    shares_of_others: Floats = np.maximum(others, 0.0)
    return shares_of_others


def _halves(counts: Floats, names: list[str], resampling: Resampling) -> dict[str, Floats]:
    """Mean distance of two random halves of each item's people; NaN with fewer than two of them."""
    sums = {name: np.zeros(len(counts)) for name in names}
    for first, second in split_halves(counts, n_splits=SPLITS, seed=resampling.seed):
        for name in names:
            sums[name] += distribution_distance(name, first, second)
    return {name: total / SPLITS for name, total in sums.items()}
