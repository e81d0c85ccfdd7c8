"""Where mistakes lie close together: clusters found on one half of the items, and who else is there.

Clusters of wrong answers are always found, and most of them are only kinds of pictures that there
are many of. Whether more goes wrong there than elsewhere is a question that cannot be asked of the
answers that made the cluster. So the groups of items are dealt into two halves. Among the items of
the first that some system got wrong, clusters are looked for (`metrics.point_clusters`); every other
item, right or wrong, belongs to the cluster of most of its five nearest of these mistakes, or to none.
That makes each cluster a region, of which the answers of the second half know nothing.

Of a dozen systems nearly every item is got wrong by one or another, and all items together have
nothing of mistakes about them. So clusters are looked for among the items that a larger share of the
answers got wrong than the mean item's; for one system those are the ones that it got wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.metrics.point_clusters import (
    LEAST_POINTS,
    central,
    find_clusters,
    lay_out,
    nearest_cluster,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from mllmsent.analysis.error_clusters.cases import ErrorCases
    from mllmsent.analysis.error_clusters.vectors import ItemVectors
    from mllmsent.metrics.metric import Floats

__all__ = ["MOST_CASES", "MOST_PLACED", "N_TYPICAL", "Regions", "find_regions"]

MOST_CASES = 2000
"""Mistakes among which clusters are looked for; of more, so many drawn by lot."""

MOST_PLACED = 600
"""Mistakes that have a place on the map; of more, so many drawn by lot."""

N_TYPICAL = 3
"""Typical mistakes of each cluster."""


@dataclass(frozen=True, eq=False)
class Regions:
    """The items of a scheme or dimension, and the cluster in whose region each lies.

    Attributes:
        vectors: The N items that were asked about and that something is known of.
        cluster: The cluster of each, 1 to `n_clusters`; 0 for none.
        held_out: Of which items answers took no part in finding clusters.
        n_wrong: By how many systems each item was got wrong, at least once.
        n_cases: Mistakes among which clusters were looked for.
        n_clusters: How many were found.
        typical: (N,) 1 to `N_TYPICAL` for the medoids of a cluster's mistakes; else 0.
        places: (N, 2) where a mistake is drawn, from 0 to 1; NaN for what is not drawn.
    """

    vectors: ItemVectors
    cluster: NDArray[np.intp]
    held_out: NDArray[np.bool_]
    n_wrong: NDArray[np.intp]
    n_cases: int
    n_clusters: int
    typical: NDArray[np.intp]
    places: Floats


def find_regions(
    vectors: ItemVectors, cases: ErrorCases, groups: Mapping[str, str], *, seed: int = 0
) -> Regions | str:
    """The clusters of mistakes, with everything that lies in their regions; or why there are none.

    Args:
        vectors: Items as points.
        cases: Which answers are wrong.
        groups: Item to what it moves with; a group is in one half as a whole.
        seed: Of the halves and of every lot.
    """
    items, question = np.unique(cases.wrong.items.astype(str), return_inverse=True)
    wrong, answers = np.zeros((2, len(items), len(cases.systems)))
    np.add.at(wrong, question, np.nan_to_num(cases.rates))
    np.add.at(answers, question, ~np.isnan(cases.rates))
    known = np.isin(items, vectors.items) & (answers.sum(axis=1) > 0)
    place = {str(item): row for row, item in enumerate(vectors.items)}
    vectors = vectors.rows(np.array([place[str(item)] for item in items[known]], dtype=np.intp))
    n_wrong = (wrong[known] > 0).sum(axis=1)
    if not len(n_wrong):
        return "nothing is known of what its items are like: neither a text nor a picture."
    if not n_wrong.any():
        return "no answer is wrong, so that there are no mistakes to compare."
    share = wrong[known].sum(axis=1) / answers[known].sum(axis=1)
    rng = np.random.default_rng([seed, len(vectors.items)])
    held_out = _half(vectors, groups, rng)
    if not held_out.any():
        return "all items are of one group, so that no half of them is left to be asked."
    candidates = np.flatnonzero((share >= share.mean()) & ~held_out)
    if len(candidates) < LEAST_POINTS:
        return (
            f"only {len(candidates)} items of one half were got wrong by more systems than usual; "
            f"{LEAST_POINTS} are needed to look for clusters."
        )
    chosen = _some(candidates, MOST_CASES, rng)
    found = find_clusters(vectors.points[chosen], seed=seed)
    if not found.any():
        return (
            f"the {len(candidates):,} items of one half that more systems than usual got wrong are "
            "alike in nothing: no cluster was found."
        )
    cluster = np.zeros(len(vectors.items), dtype=np.intp)
    others = np.setdiff1d(np.arange(len(cluster)), chosen)
    cluster[chosen] = found
    cluster[others] = nearest_cluster(vectors.points[chosen], found, vectors.points[others])
    typical = _typical(vectors.points, cluster, n_wrong > 0)
    return Regions(
        vectors=vectors,
        cluster=cluster,
        held_out=held_out,
        n_wrong=n_wrong,
        n_cases=len(chosen),
        n_clusters=int(found.max()),
        typical=typical,
        places=_places(vectors.points, n_wrong > 0, typical > 0, rng, seed),
    )


def _half(
    vectors: ItemVectors, groups: Mapping[str, str], rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Whether each item's group is in the second half."""
    own, group = np.unique(
        [groups.get(item, item) for item in vectors.items.tolist()], return_inverse=True
    )
    second = np.zeros(len(own), dtype=bool)
    second[rng.permutation(len(own))[: len(own) // 2]] = True
    half: NDArray[np.bool_] = second[group]
    return half


def _some(rows: NDArray[np.intp], most: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """At most so many of the rows, in their order."""
    return rows if len(rows) <= most else np.sort(rng.choice(rows, most, replace=False))


def _typical(
    points: Floats, cluster: NDArray[np.intp], is_wrong: NDArray[np.bool_]
) -> NDArray[np.intp]:
    typical = np.zeros(len(cluster), dtype=np.intp)
    for name in range(1, int(cluster.max()) + 1):
        members = np.flatnonzero((cluster == name) & is_wrong)
        chosen = members[central(points[members], N_TYPICAL)]
        typical[chosen] = np.arange(1, len(chosen) + 1)
    return typical


def _places(
    points: Floats,
    is_wrong: NDArray[np.bool_],
    is_typical: NDArray[np.bool_],
    rng: np.random.Generator,
    seed: int,
) -> Floats:
    """Where mistakes are drawn; typical ones always."""
    certain = np.flatnonzero(is_typical)
    rest = np.flatnonzero(is_wrong & ~is_typical)
    drawn = np.union1d(certain, _some(rest, max(0, MOST_PLACED - len(certain)), rng))
    places = np.full((len(points), 2), np.nan)
    places[drawn] = lay_out(points[drawn], seed=seed)
    return places
