"""Is a quantity different inside a subgroup? A permutation test of who belongs to it.

If belonging to the subgroup meant nothing, any other draw of as many members would do as well. So
membership is dealt out again at random, and the p value is the share of deals in which inside and
outside differ at least as much as they do. The quantity is whatever a row has: whether an answer is
right, how large an error is, or, for the difference between two systems, one's less the other's.

What is dealt are blocks: all rows of one group on one side of the subgroup's border. A group that
lies on both sides, such as twins of which only one shows rain, is two blocks; that its halves are
alike is not made use of, which errs on the side of caution.

The difference of means is divided by its standard error, so that a subgroup whose rows are merely
more scattered (hard for everybody, say) is not taken for one whose mean is shifted. Of few blocks
the scatter is badly known, and of right and wrong answers it may even be zero; so each side's
variance is moderated by the pooled one, which counts as so many blocks more. In simulations
(`tests/metrics/test_membership.py`) the test keeps its level where inside and outside differ in
scatter only.

Sources: Chung and Romano (2013), Exact and asymptotically robust permutation tests, Annals of
Statistics 41, 484-507; Smyth (2004), Linear models and empirical Bayes methods, Stat. Appl. Genet.
Mol. Biol. 3, 3, for moderating variances; Phipson and Smyth (2010), as for `permutation`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.foundation import InputError
from mllmsent.metrics.ratio import ratio

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mllmsent.metrics.metric import Floats

__all__ = ["Blocks", "excess_test", "membership_test"]

MODERATION = 5
"""The pooled variance counts as so many blocks on each side."""

LOOKS = (1000, 10_000)
"""Deals after which what is no rarity is left alone."""

NO_RARITY = 20
"""So many deals of a look that are as extreme: p is known well enough, and is not among the least."""

CHUNK = 500_000
"""Memberships at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Rows that stay together, summed.

    Attributes:
        sums: Sum of each of Q quantities over the rows of each of C blocks, (C, Q).
        counts: How many rows of each block have the quantity, (C, Q).
        inside: For each block whether it belongs to the subgroup, (C,).
    """

    sums: Floats
    counts: Floats
    inside: NDArray[np.bool_]

    @classmethod
    def of(cls, rows: Floats, group: NDArray[np.intp], inside: NDArray[np.bool_]) -> Blocks:
        """The rows of each group on each side, summed.

        Args:
            rows: Each row's quantities, (R, Q); NaN where it has none.
            group: The group of each row.
            inside: Which rows are of items in the subgroup.
        """
        code, block = np.unique(2 * group + inside, return_inverse=True)
        sums, counts = np.zeros((2, len(code), rows.shape[1]))
        np.add.at(sums, block, np.nan_to_num(rows))
        np.add.at(counts, block, ~np.isnan(rows))
        return cls(sums, counts, code % 2 == 1)

    def only(self, quantities: NDArray[np.bool_]) -> Blocks:
        """The same blocks with some of the quantities."""
        return Blocks(self.sums[:, quantities], self.counts[:, quantities], self.inside)


def membership_test(blocks: Blocks, *, n_permutations: int = 10_000, seed: int = 0) -> Floats:
    """Tests for each quantity whether its mean is the same inside and outside.

    First a few deals are looked at (`LOOKS`). Quantities of which at least `NO_RARITY` deals are as
    extreme keep the p value of that look; the others are dealt out anew, up to `n_permutations`
    times. A small p value so comes from fresh deals alone, and looking at it twice costs nothing.

    Args:
        blocks: What is to be compared.
        n_permutations: How often membership is dealt out where a difference is not ruled out early.
        seed: Of the deals.

    Returns:
        Two-sided p values, (Q,); NaN where a quantity has no rows inside or none outside.

    Raises:
        InputError: If there are fewer than 100 permutations.
    """
    if n_permutations < 100:
        raise InputError(
            f"{n_permutations} permutations are too few for a test.",
            cure="Take 10000; 100 is the least.",
        )
    p_values = np.full(blocks.sums.shape[1], np.nan)
    counted = blocks.counts[blocks.inside].sum(axis=0) * blocks.counts[~blocks.inside].sum(axis=0)
    open_ones = counted > 0
    looks = (*(deals for deals in LOOKS if deals < n_permutations), n_permutations)
    for look, deals in enumerate(looks):
        if not open_ones.any():
            break
        rng = np.random.default_rng([seed, look, len(blocks.inside)])
        extreme = _extreme_deals(blocks.only(open_ones), deals, rng)
        p_values[open_ones] = (extreme + 1) / (deals + 1)
        open_ones[open_ones] = extreme < NO_RARITY
    return p_values


def excess_test(blocks: Blocks) -> Floats:
    """Tests for each quantity whether its mean is no higher inside than outside, without deals.

    The same difference by its moderated standard error, held against Student's t with one degree of
    freedom less than blocks have the quantity on the side of fewer (those of the moderation counted
    in). For what is tested once and of which thousands of blocks are to be dealt out; the many
    questions of a search are `membership_test`'s.

    Returns:
        One-sided p values, (Q,); NaN where a quantity has no rows inside or none outside.
    """
    from scipy.stats import t  # noqa: PLC0415 - scipy is slow to import.

    has = blocks.counts > 0
    fewer = np.minimum(has[blocks.inside].sum(axis=0), has[~blocks.inside].sum(axis=0))
    statistic = _Terms.of(blocks).statistic(blocks.inside[None].astype(float))[0]
    p_values: Floats = t.sf(statistic, fewer + MODERATION - 1)
    return p_values


def _extreme_deals(blocks: Blocks, deals: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """In how many deals of membership each quantity differs at least as much as it does."""
    inside, n_inside = blocks.inside, int(blocks.inside.sum())
    terms = _Terms.of(blocks)
    observed = np.abs(terms.statistic(inside[None].astype(float)))[0]
    extreme = np.zeros(blocks.sums.shape[1], dtype=np.intp)
    size = max(1, CHUNK // max(1, len(inside)))
    for start in range(0, deals, size):
        rows = min(size, deals - start)
        # The blocks with the least keys are inside: twice as fast as shuffling.
        keys = rng.random((rows, len(inside)))
        last = np.partition(keys, n_inside - 1, axis=1)[:, n_inside - 1 : n_inside]
        dealt = (keys <= last).astype(float)
        statistic = np.abs(terms.statistic(dealt))
        # Equal differences may differ by rounding; one that is undefined counts against a finding.
        extreme += np.count_nonzero(~(statistic < observed * (1 - 1e-9)), axis=0)
    return extreme


@dataclass(frozen=True, slots=True, eq=False)
class _Terms:
    """What the statistic needs of each block, so that a deal costs one matrix product.

    Attributes:
        table: Sums, counts, squares of sums, sums times counts, squares of counts, and whether the
            block has the quantity at all, (C, 6 Q).
    """

    table: Floats

    @classmethod
    def of(cls, blocks: Blocks) -> _Terms:
        # Shifting a quantity changes no difference of means, and keeps squares small.
        means = np.nan_to_num(ratio(blocks.sums.sum(axis=0), blocks.counts.sum(axis=0)))
        s, n = blocks.sums - means * blocks.counts, blocks.counts
        # A block without the quantity tells nothing of how the quantity scatters.
        return cls(np.concatenate([s, n, s * s, s * n, n * n, n > 0], axis=1))

    def statistic(self, inside: Floats) -> Floats:
        """Difference of the means by its moderated standard error, (B, Q), for memberships (B, C)."""
        within = inside @ self.table
        means, scatters, counts, sizes = [], [], [], []
        with np.errstate(divide="ignore", invalid="ignore"):
            for sums in (within, self.table.sum(axis=0) - within):
                s, n, ss, sn, nn, size = np.split(sums, 6, axis=1)
                mean = s / n
                means.append(mean)
                scatters.append(np.maximum(ss - 2 * mean * sn + mean * mean * nn, 0))
                counts.append(n)
                sizes.append(size)
            pooled = (scatters[0] + scatters[1]) / (sizes[0] + sizes[1])
            squared = sum(
                (scatter + MODERATION * pooled) / (size + MODERATION) * size / n**2
                for scatter, size, n in zip(scatters, sizes, counts, strict=True)
            )
            # Where nothing scatters at all, nothing differs.
            difference = means[0] - means[1]
            statistic: Floats = np.where(
                np.abs(difference) <= 1e-12, 0.0, difference / np.sqrt(squared)
            )
        return statistic
