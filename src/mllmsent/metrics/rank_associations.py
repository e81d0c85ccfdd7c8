"""Spearman's rank correlations of many columns with many others, plain and partial.

Rho is the correlation of mid-ranks; a partial one is that of what is left of both ranks where the
controls' ranks are regressed out. Intervals take the ranks as they are, and not as they would be in
another sample: of continuous values their standard error is up to 2 % too small where rho is 0.6 and
up to 6 % where it is 0.9, and right where it is 0. For that, ten thousand rows and fifty columns
take a moment. For one pair, with ranks as another sample would give them, there is
`rank_correlation`.

In simulations (`tests/metrics/test_rank_associations.py`) nominal 95 % intervals of rho, of the
partial one, and of the difference of two hold the truth 93 to 95 % of the time, from 30 groups on.

Source: Spearman (1904), American Journal of Psychology 15, 72-101; Devlin, Gnanadesikan and
Kettenring (1975), Biometrika 62, 531-545, for the influence of a row on a correlation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mllmsent.metrics.estimates import Compared, estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mllmsent.metrics.grouping import Grouping
    from mllmsent.metrics.metric import Floats

__all__ = ["mid_ranks", "rank_correlations"]

NEGLIGIBLE = 1e-9
"""A variance of mid-ranks (between 0 and 1) below this is rounding, and the column is constant."""


def mid_ranks(columns: Floats) -> Floats:
    """The mid-ranks of columns (N, K), over N, with their mean subtracted: within -1/2 and 1/2."""
    from scipy.stats import rankdata  # noqa: PLC0415 - scipy is slow to import

    if not columns.size:
        return np.zeros(columns.shape)
    ranks: Floats = rankdata(columns, axis=0)
    return (ranks - (len(columns) + 1) / 2) / len(columns)


def rank_correlations(
    columns: Floats,
    outcomes: Floats,
    grouping: Grouping,
    *,
    controls: Floats | None = None,
    against: Sequence[int | None] | None = None,
) -> Compared:
    """Spearman's rho of every column with every outcome, or the partial one given controls.

    Args:
        columns: (N, K) mid-ranks, as `mid_ranks` gives them.
        outcomes: (N, S) mid-ranks.
        grouping: Which of the N rows move together.
        controls: (N, C) mid-ranks of what does not count.
        against: For each outcome the place of the one before it from whose rho it is subtracted.

    Returns:
        (K, S) estimates; NaN where a column is constant, or controls explain it whole.
    """
    own, said = _standard(columns, controls), _standard(outcomes, controls)
    rho = np.clip(own.T @ said / max(len(own), 1), -1, 1)
    squares, squares_said = own**2 / 2, said**2 / 2

    def influences(place: int) -> Floats:
        found = own * said[:, [place]]
        found -= rho[:, place] * squares
        found -= squares_said[:, [place]] * rho[:, place]
        return found

    return estimate(rho, influences, grouping, against, is_correlation=True)


def _standard(ranks: Floats, controls: Floats | None) -> Floats:
    """What controls leave of ranks, with variance 1; NaN where they leave nothing."""
    if controls is not None:
        ranks = ranks - controls @ np.linalg.lstsq(controls, ranks, rcond=None)[0]
    variance = (ranks**2).mean(axis=0)
    return ranks / np.sqrt(np.where(variance > NEGLIGIBLE, variance, np.nan))
