"""Is a share higher or lower inside a subgroup? Exactly, where that can be reckoned.

The question is that of `membership`: had any other draw of as many members done as well? Where
every block is a single right or wrong, nothing need be dealt out: how many wrong ones fall inside
follows the hypergeometric distribution (Fisher's exact test, two-sided by doubling the smaller
tail). It costs nothing and knows p values of any size, so that many questions may be corrected for.
Where blocks hold several rows, or a row is partly wrong, membership is dealt out.

Source: Agresti (1992), A survey of exact inference for contingency tables, Statistical Science 7,
131-153.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mllmsent.metrics.membership import membership_test

if TYPE_CHECKING:
    from mllmsent.metrics.membership import Blocks
    from mllmsent.metrics.metric import Floats

__all__ = ["share_test"]


def share_test(blocks: Blocks, *, n_permutations: int = 10_000, seed: int = 0) -> Floats:
    """Tests for each quantity whether its mean is the same inside and outside.

    Args:
        blocks: What is to be compared; shares, such as right or wrong.
        n_permutations: How often membership is dealt out where that is needed.
        seed: Of the deals.

    Returns:
        Two-sided p values, (Q,); NaN where a quantity has no rows inside or none outside.

    Raises:
        InputError: If there are fewer than 100 permutations.
    """
    from scipy.stats import hypergeom  # noqa: PLC0415 - scipy is slow to import.

    single = np.isin(blocks.counts, (0.0, 1.0)) & np.isin(blocks.sums, (0.0, 1.0))
    exact = single.all(axis=0)
    p_values = np.full(blocks.sums.shape[1], np.nan)
    if not exact.all():
        p_values[~exact] = membership_test(
            blocks.only(~exact), n_permutations=n_permutations, seed=seed
        )
    if exact.any():
        part = blocks.only(exact)
        all_, marked = part.counts.sum(axis=0), part.sums.sum(axis=0)
        members = part.counts[part.inside].sum(axis=0)
        hits = part.sums[part.inside].sum(axis=0)
        more = hypergeom.sf(hits - 1, all_, marked, members)
        fewer = hypergeom.cdf(hits, all_, marked, members)
        doubled = np.minimum(2 * np.minimum(more, fewer), 1.0)
        p_values[exact] = np.where((members > 0) & (members < all_), doubled, np.nan)
    return p_values
