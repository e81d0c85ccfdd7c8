"""How far a system's distribution over labels is from the people's: distances of soft labels.

The six measures by which label distribution learning is judged (Geng 2016, table 2), and for ordered
labels the earth mover's distance. Chebyshev, Clark, Canberra, Kullback-Leibler and the earth mover's
are distances, 0 for equal distributions; cosine and intersection are likenesses, 1 for equal ones.

Sources: Geng (2016), Label distribution learning, IEEE Transactions on Knowledge and Data
Engineering 28, 1734-1748; Rubner, Tomasi and Guibas (2000), The earth mover's distance as a metric
for image retrieval, International Journal of Computer Vision 40, 99-121.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.foundation import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mllmsent.metrics.metric import Floats

__all__ = [
    "DISTRIBUTION_DISTANCES",
    "DistributionDistance",
    "distances_for",
    "distribution_distance",
    "earth_movers",
]

EPSILON = 1e-6
"""A share that a system gives counts as at least so much in the Kullback-Leibler divergence."""


def chebyshev(people: Floats, system: Floats) -> Floats:
    """Largest difference of two shares, 0 to 1."""
    gap: Floats = np.abs(people - system).max(axis=1)
    return gap


def clark(people: Floats, system: Floats) -> Floats:
    """Root of the summed squared differences over sums, 0 to the root of K; 0/0 counts as 0."""
    gap: Floats = np.sqrt((_relative_gap(people, system) ** 2).sum(axis=1))
    return gap


def canberra(people: Floats, system: Floats) -> Floats:
    """Summed differences over sums, 0 to K; 0/0, a label nobody gives, counts as 0."""
    gap: Floats = _relative_gap(people, system).sum(axis=1)
    return gap


def kullback_leibler(people: Floats, system: Floats) -> Floats:
    """Divergence of the people from the system in nats, sum of p log(p / q), 0 and up.

    0 log 0 is 0. Where people give a label that the system does not, the divergence has no bound;
    so q is at least `EPSILON`, 1e-6, which is not taken from the other shares. A label that half of
    the people give and the system never costs 6.6 nats; answers of few samples cost much for that.
    """
    from scipy.special import rel_entr  # noqa: PLC0415 - scipy is slow to import

    divergence: Floats = rel_entr(people, np.maximum(system, EPSILON)).sum(axis=1)
    return np.maximum(divergence, 0.0)


def cosine(people: Floats, system: Floats) -> Floats:
    """Cosine of the angle between the two, 0 to 1; a likeness."""
    sizes = np.linalg.norm(people, axis=1) * np.linalg.norm(system, axis=1)
    likeness: Floats = np.minimum((people * system).sum(axis=1) / sizes, 1.0)
    return likeness


def intersection(people: Floats, system: Floats) -> Floats:
    """Share that the two have in common, 0 to 1; a likeness."""
    likeness: Floats = np.minimum(people, system).sum(axis=1)
    return likeness


def earth_movers(people: Floats, system: Floats) -> Floats:
    """How many ranks shares must be moved, for labels in order; 0 to K - 1."""
    gap = np.cumsum(people - system, axis=1)[:, :-1]
    work: Floats = np.abs(gap).sum(axis=1)
    return work


@dataclass(frozen=True, slots=True)
class DistributionDistance:
    """A way to tell how far two distributions over K labels are apart.

    Attributes:
        name: In tables: "chebyshev".
        title: As people read it.
        of: From shares (N, K) of people and of a system to N numbers.
        is_likeness: Whether more of it is nearer.
        ordered_only: Whether labels must be in order, lowest first.
    """

    name: str
    title: str
    of: Callable[[Floats, Floats], Floats]
    is_likeness: bool = False
    ordered_only: bool = False


DISTRIBUTION_DISTANCES = {
    each.name: each
    for each in (
        DistributionDistance("chebyshev", "Chebyshev", chebyshev),
        DistributionDistance("clark", "Clark", clark),
        DistributionDistance("canberra", "Canberra", canberra),
        DistributionDistance("kullback_leibler", "Kullback-Leibler", kullback_leibler),
        DistributionDistance("cosine", "Cosine likeness", cosine, is_likeness=True),
        DistributionDistance("intersection", "Intersection", intersection, is_likeness=True),
        DistributionDistance("earth_movers", "Earth mover's", earth_movers, ordered_only=True),
    )
}
"""Every distance, by name, in the order in which tables have them."""


def distances_for(*, ordered: bool) -> tuple[DistributionDistance, ...]:
    """The distances that labels allow.

    Args:
        ordered: Whether the labels are in order.
    """
    return tuple(
        each for each in DISTRIBUTION_DISTANCES.values() if ordered or not each.ordered_only
    )


def distribution_distance(name: str, people: Floats, system: Floats) -> Floats:
    """A distance of two tables of distributions, row by row.

    Args:
        name: A key of `DISTRIBUTION_DISTANCES`.
        people: Shares or counts, (N, K); rows are divided by their sums.
        system: The same of a system, (N, K).

    Returns:
        N numbers; NaN where a row of either is all zero.

    Raises:
        InputError: If there is no such distance, the tables differ in shape, or a share is negative
            or missing.
    """
    if name not in DISTRIBUTION_DISTANCES:
        raise InputError(
            f"No distance is called {name!r}.", cure=f"Known: {', '.join(DISTRIBUTION_DISTANCES)}."
        )
    people, system = np.asarray(people, dtype=float), np.asarray(system, dtype=float)
    if people.ndim != 2 or people.shape != system.shape:
        raise InputError("Distributions to compare are two tables of equal shape, (N, K).")
    if not ((people >= 0).all() and (system >= 0).all()):
        raise InputError("A distribution has a negative or a missing share.")
    found = np.full(len(people), np.nan)
    known = (people.sum(axis=1) > 0) & (system.sum(axis=1) > 0)
    shares = (each[known] / each[known].sum(axis=1, keepdims=True) for each in (people, system))
    found[known] = DISTRIBUTION_DISTANCES[name].of(*shares)
    return found


def _relative_gap(people: Floats, system: Floats) -> Floats:
    both = people + system
    return np.divide(np.abs(people - system), both, out=np.zeros_like(both), where=both > 0)
