"""Is a share higher inside a subgroup than outside? Exactly, where that can be reckoned.

Where every block is a single right or wrong, how many wrong ones fall inside follows the
hypergeometric distribution, had any other draw of as many members done as well: Fisher's exact test.
Where blocks hold several rows, or a row is partly wrong, the difference of means is held against its
standard error (`membership.excess_test`). Neither deals out anything, so that p values of any size
are had at no cost, and many questions may be corrected for.

Source: Agresti (1992), A survey of exact inference for contingency tables, Statistical Science 7,
131-153.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mllmsent.metrics.membership import excess_test

if TYPE_CHECKING:
    from mllmsent.metrics.membership import Blocks
    from mllmsent.metrics.metric import Floats

__all__ = ["share_test"]


def share_test(blocks: Blocks) -> Floats:
    """Tests for each quantity whether its mean is no higher inside than outside.

    Args:
        blocks: What is to be compared; shares, such as right or wrong.

    Returns:
        One-sided p values, (Q,); NaN where a quantity has no rows inside or none outside.
    """
    from scipy.stats import hypergeom  # noqa: PLC0415 - scipy is slow to import.

    single = np.isin(blocks.counts, (0.0, 1.0)) & np.isin(blocks.sums, (0.0, 1.0))
    exact = np.asarray(single.all(axis=0))
    p_values = np.full(blocks.sums.shape[1], np.nan)
    if not exact.all():
        p_values[~exact] = excess_test(blocks.only(~exact))
    if exact.any():
        part = blocks.only(exact)
        n, marked = part.counts.sum(axis=0), part.sums.sum(axis=0)
        members, hits = part.counts[part.inside].sum(axis=0), part.sums[part.inside].sum(axis=0)
        as_many = hypergeom.sf(hits - 1, n, marked, members)
        p_values[exact] = np.where((members > 0) & (members < n), as_many, np.nan)
    return p_values
