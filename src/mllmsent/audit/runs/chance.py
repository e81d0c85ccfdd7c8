"""What chance alone gives: tables of two columns of labels that have nothing to do with each other.

Two columns with given class frequencies, paired at random within each stratum (fold), give a random
table with fixed margins (Patefield 1981). Drawing such tables allows for the frequencies exactly, and
counting the observed one among the draws keeps the level of a test (Phipson and Smyth 2010).
"""

from __future__ import annotations

from itertools import permutations
from math import factorial
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mllmsent.audit.runs.sheets import Codes

    Counts = NDArray[np.int64]

__all__ = [
    "at_least",
    "at_most",
    "best_permutation",
    "pairs",
    "random_agreement",
    "random_pairs",
    "right",
    "ways_of",
]

ALL_PERMUTATIONS = 5
"""Up to so many classes every permutation is looked at, beyond by optimal assignment."""


def pairs(one: Codes, other: Codes, n_classes: int) -> Counts:
    """How often each class of one column meets each of the other, (K, K)."""
    cells = np.bincount(one * n_classes + other, minlength=n_classes * n_classes)
    return cells.reshape(n_classes, n_classes).astype(np.int64)


def random_pairs(
    one: Codes,
    other: Codes,
    n_classes: int,
    *,
    draws: int,
    seed: int,
    strata: NDArray[np.int64] | None = None,
) -> Counts:
    """Tables of the two columns paired at random within strata, (draws, K, K).

    Args:
        one: Codes 0 to K - 1.
        other: As long.
        n_classes: K.
        draws: How many tables.
        seed: Of the draws.
        strata: What rows may change places within; without it all may.
    """
    from scipy.stats import random_table  # noqa: PLC0415 - 200 ms that only audits need

    rng = np.random.default_rng([seed, len(one)])
    total = np.zeros((draws, n_classes, n_classes), dtype=np.int64)
    strata = np.zeros(len(one), dtype=np.int64) if strata is None else strata
    for stratum in np.unique(strata):
        inside = strata == stratum
        margins = [np.bincount(codes[inside], minlength=n_classes) for codes in (one, other)]
        total += random_table(*margins).rvs(draws, random_state=rng).astype(np.int64)
    return total


def random_agreement(one: Codes, other: Codes, *, draws: int, seed: int) -> Counts:
    """How many rows agree where the two columns are paired at random, (draws,); of any many classes.

    Args:
        one: Codes.
        other: As long.
        draws: How many pairings.
        seed: Of the draws.
    """
    rng = np.random.default_rng([seed, len(one)])
    agreeing = [np.count_nonzero(one == rng.permutation(other)) for _ in range(draws)]
    return np.array(agreeing, dtype=np.int64)


def right(tables: Counts) -> Counts:
    """How many rows agree in each table, (...,)."""
    counts: Counts = np.trace(tables, axis1=-2, axis2=-1)
    return counts


def best_permutation(tables: Counts) -> tuple[Counts, Counts]:
    """The reading of the second column's classes under which most rows agree.

    Args:
        tables: Counts (B, K, K).

    Returns:
        Rows that then agree, (B,), and the class that each class of the second column is to be read
        as, (B, K).
    """
    n_classes = tables.shape[-1]
    if n_classes <= ALL_PERMUTATIONS:
        ways = np.array(list(permutations(range(n_classes))), dtype=np.int64)
        agreeing = sum(tables[:, ways[:, column], column] for column in range(n_classes))
        best = np.argmax(agreeing, axis=1)
        return np.asarray(agreeing)[np.arange(len(tables)), best], ways[best]
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 - scipy is slow to import

    counts = np.zeros(len(tables), dtype=np.int64)
    read_as = np.zeros((len(tables), n_classes), dtype=np.int64)
    for number, table in enumerate(tables):
        rows, columns = linear_sum_assignment(table, maximize=True)
        read_as[number, columns] = rows
        counts[number] = table[rows, columns].sum()
    return counts, read_as


def ways_of(n_classes: int) -> int:
    """How many other readings of so many classes there are."""
    return factorial(n_classes) - 1


def at_least(observed: float, drawn: NDArray[np.int64]) -> float:
    """P value: how often chance gives at least what was observed."""
    return (int(np.count_nonzero(drawn >= observed)) + 1) / (len(drawn) + 1)


def at_most(observed: float, drawn: NDArray[np.int64]) -> float:
    """P value: how often chance gives at most what was observed."""
    return (int(np.count_nonzero(drawn <= observed)) + 1) / (len(drawn) + 1)
