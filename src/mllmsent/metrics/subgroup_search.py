"""Subgroup discovery: which conjunctions of few conditions hold rows whose quantity is higher?

A beam search, as of Klösgen (1996), Explora, in Advances in Knowledge Discovery and Data Mining, and
Lavrac et al. (2004), Subgroup discovery with CN2-SD, JMLR 5, 153-188: the best conditions are
refined by every other, and the best refinements again. A subgroup's quality is the mean test's, the
difference of the means inside and outside by its standard error, for which Lemmerich, Atzmueller
and Puppe (2016), Fast exhaustive subgroup discovery with numerical target concepts, DMKD 30,
711-762, is the reference. Where several quantities are given, the least of their qualities counts:
what is found is high in all of them.

Refining must pay: a conjunction counts only where the rows it keeps differ from those that it drops
of either part, by a quality of at least `LEAST_GAIN`. "Rain and a Tuesday" is no finding beside
"rain". What the best subgroup explains is taken out of its rows (CN2-SD's weighted covering, carried
to its end), and the search begins anew, so that the next is another finding and no echo of the first.

Of two conditions there are many more than of one, and the best of many stands out by chance: what is
compared is by how much a quality exceeds the best that so many would have by chance.

All conditions are weighed in one matrix product, those of a beam likewise: 20 x 300 conjunctions of
5,000 rows take some milliseconds. (pysubgroup's beam weighs one subgroup after another.)
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, log, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mllmsent.metrics.metric import Floats

__all__ = ["FoundSubgroup", "members", "overlap", "search_subgroups"]

LEAST_GAIN = 3.0
"""By how many standard errors what a refinement keeps must differ from what it drops."""

LEAST_QUALITY = 2.0
"""What is no more standard errors than this above the rest is not worth a test of its own."""

ALIKE = 0.5
"""Subgroups that share more of their rows than this (Jaccard) say the same."""


@dataclass(frozen=True, slots=True)
class FoundSubgroup:
    """A subgroup that the search came upon.

    Attributes:
        terms: Its conditions, as columns of the table of conditions: rows have all of them.
        quality: By how many standard errors the mean inside is above that outside.
        also: Single conditions that hold of nearly the same rows, best first.
    """

    terms: tuple[int, ...]
    quality: float
    also: tuple[int, ...] = ()


def members(conditions: NDArray[np.bool_], terms: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which rows have all of some conditions, (R,)."""
    inside: NDArray[np.bool_] = np.all(conditions[:, list(terms)], axis=1)
    return inside


def overlap(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Jaccard's index of two sets of rows; 0 where both are empty."""
    either = np.count_nonzero(one | other)
    return np.count_nonzero(one & other) / either if either else 0.0


def search_subgroups(
    conditions: NDArray[np.bool_],
    quantities: Floats,
    *,
    least: int,
    depth: int = 2,
    width: int = 20,
    most: int = 3,
) -> list[FoundSubgroup]:
    """Search for subgroups whose quantities are higher than elsewhere.

    Args:
        conditions: Which of K conditions each of R rows has, (R, K).
        quantities: C quantities of each row, without gaps, (R, C).
        least: Fewest rows inside and outside.
        depth: Most conditions of a subgroup.
        width: How many subgroups are refined.
        most: How many are looked for, one after another.

    Returns:
        At most `most`, in the order in which they were found, each of at least `LEAST_QUALITY` by
        what the ones before it leave unexplained.
    """
    if not conditions.size or not quantities.size:
        return []
    spread = quantities.std(axis=0)
    if not (spread > 0).all():
        return []
    rest = ((quantities - quantities.mean(axis=0)) / spread).astype(np.float32)
    table = conditions.astype(np.float32)
    found: list[FoundSubgroup] = []
    while len(found) < most:
        best, singles = _best(table, rest, least, depth, width)
        if best is None or best.quality < LEAST_QUALITY:
            break
        inside = members(conditions, best.terms)
        found.append(
            FoundSubgroup(best.terms, best.quality, _alike(conditions, inside, singles, best))
        )
        rest[inside] -= rest[inside].mean(axis=0) - rest[~inside].mean(axis=0)
        rest -= rest.mean(axis=0)
    return found


def _best(
    table: NDArray[np.float32], rest: NDArray[np.float32], least: int, depth: int, width: int
) -> tuple[FoundSubgroup | None, Floats]:
    """The best subgroup, the simplest of equals, and the quality of each single condition."""
    n, k = table.shape
    single = _Weighed.of(table.sum(axis=0), rest.T @ table, n, least)
    best: FoundSubgroup | None = None
    beam: list[tuple[int, ...]] = [(int(place),) for place in _top(single.quality, width)]
    if beam and single.quality[beam[0][0]] > -np.inf:
        best = FoundSubgroup(beam[0], float(single.quality[beam[0][0]]))
    handicap = _by_chance(k)
    for size in range(2, depth + 1):
        if best is None or not beam:
            break
        more = _by_chance(comb(k, size))
        extents = np.stack([table[:, list(terms)].prod(axis=1) for terms in beam])
        parts = _Weighed.of(extents.sum(axis=1), (extents @ rest).T, n, least)
        sums = np.stack([(extents * column) @ table for column in rest.T])
        both = _Weighed.of(extents @ table, sums, n, least)
        quality = both.quality
        gains = np.minimum(
            both.gain(parts.size[:, None], parts.sums[:, :, None]),
            both.gain(single.size[None], single.sums[:, None]),
        )
        quality = np.where(gains >= LEAST_GAIN, quality, -np.inf)
        order = _top(quality.ravel(), width)
        refined: dict[tuple[int, ...], float] = {}
        for place in order:
            one, other = divmod(int(place), table.shape[1])
            refined.setdefault(tuple(sorted({*beam[one], other})), float(quality[one, other]))
        beam = list(refined)
        for terms, value in refined.items():
            if value - more > best.quality - handicap:
                best, handicap = FoundSubgroup(terms, value), more
    return best, single.quality


def _by_chance(n: int) -> float:
    """About the largest of n standard normal numbers."""
    return sqrt(2 * log(n)) if n > 1 else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Weighed:
    """Subgroups of any arrangement (...), weighed.

    Attributes:
        size: How many rows each has, (...).
        sums: Of each quantity the sum over its rows, (C, ...); over all rows it is 0, with variance 1.
        quality: The least of the quantities' qualities; -inf where it is too small or too large.
    """

    size: Floats
    sums: Floats
    quality: Floats

    @classmethod
    def of(cls, size: NDArray[Any], sums: NDArray[Any], n: int, least: int) -> _Weighed:
        size, sums = size.astype(float), sums.astype(float)
        with np.errstate(divide="ignore", invalid="ignore"):
            quality = sums.min(axis=0) * np.sqrt(n / (size * (n - size)))
        fits = (size >= least) & (n - size >= least)
        return cls(size, sums, np.where(fits, quality, -np.inf))

    def gain(self, size: Floats, sums: Floats) -> Floats:
        """By how many standard errors each differs from what it drops of a larger one."""
        dropped = size - self.size
        with np.errstate(divide="ignore", invalid="ignore"):
            apart = self.sums / self.size - (sums - self.sums) / dropped
            gain: Floats = apart.min(axis=0) * np.sqrt(self.size * dropped / size)
        return np.where((dropped > 0) & (self.size > 0), gain, -np.inf)


def _top(quality: Floats, width: int) -> NDArray[np.intp]:
    """Places of the best, best first, without those that do not fit."""
    order = np.argsort(-quality, kind="stable")[:width]
    kept: NDArray[np.intp] = order[quality[order] > -np.inf]
    return kept


def _alike(
    conditions: NDArray[np.bool_], inside: NDArray[np.bool_], quality: Floats, best: FoundSubgroup
) -> tuple[int, ...]:
    """Other single conditions that hold of nearly the same rows, best first."""
    shared = (conditions & inside[:, None]).sum(axis=0)
    either = conditions.sum(axis=0) + inside.sum() - shared
    same = np.flatnonzero((shared > ALIKE * either) & (quality >= LEAST_QUALITY))
    ranked = sorted((int(place) for place in same), key=lambda place: -quality[place])
    return tuple(place for place in ranked if best.terms != (place,))
