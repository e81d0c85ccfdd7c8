"""Does the same question get the same answer? Agreement of a rater with itself.

A rater answers each unit (an item, or a moment of one) several times: again, or in other words. For
labels: how often two of the answers are the same, the share of the most frequent answer
(self-consistency), on how many units the answer changes at all, and Krippendorff's alpha, which
takes off what chance gives. For numbers: the standard deviation within units, and alpha at the
interval level.

Units with fewer than two answers say nothing and are left out. Intervals come from drawing groups of
units again.

Sources: Krippendorff (2011), as for `agreement`; self-consistency after Wang et al. (2023),
Self-consistency improves chain of thought reasoning in language models, ICLR.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from mllmsent.metrics.agreement import (
    alpha_of_coincidences,
    alpha_of_scatter,
    coincidences,
    rating_scatter,
)
from mllmsent.metrics.bootstrap import DEFAULT_RESAMPLING, Resampling, Score
from mllmsent.metrics.means import draw_tables
from mllmsent.metrics.ratio import ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.metrics.bootstrap import Draws
    from mllmsent.metrics.grouping import Grouping
    from mllmsent.metrics.metric import Floats

__all__ = [
    "LabelRepeatability",
    "RatingRepeatability",
    "label_repeatability",
    "modal_share",
    "rating_repeatability",
]

N, SAME, MODAL, CHANGED = range(4)
"""Columns of a rater's sums before the coincidences."""


@dataclass(frozen=True, slots=True)
class LabelRepeatability:
    """How alike a rater's answers to the same question are.

    Attributes:
        n: Units with two answers or more.
        same: Chance that two answers to one unit are the same, each unit counting alike.
        modal: Mean share of the most frequent answer.
        changes: Share of the units with more than one answer.
        alpha: Krippendorff's alpha; NaN where everything has one label.
    """

    n: int
    same: Score
    modal: Score
    changes: Score
    alpha: Score


@dataclass(frozen=True, slots=True)
class RatingRepeatability:
    """How near a rater's numbers for the same question are.

    Attributes:
        n: Units with two numbers or more.
        within_sd: Standard deviation within a unit, in the scale's units: the root of the mean
            sample variance.
        alpha: Krippendorff's alpha at the interval level; NaN where everything has one number.
    """

    n: int
    within_sd: Score
    alpha: Score


def modal_share(counts: Floats) -> Floats:
    """Share of the most frequent answer to each unit, (N,); NaN where there is none.

    Args:
        counts: Answers by label, (N, K).
    """
    total = counts.sum(axis=1)
    return ratio(counts.max(axis=1, initial=0.0), total)


def label_repeatability(
    counts: Mapping[str, Floats],
    grouping: Grouping,
    level: Literal["nominal", "ordinal"] = "nominal",
    resampling: Resampling = DEFAULT_RESAMPLING,
) -> dict[str, LabelRepeatability]:
    """How alike each rater's labels for the same unit are.

    Args:
        counts: Rater to its answers to each of N units by label, (N, K), lowest label first.
        grouping: Which units move together.
        level: "ordinal" for labels in order, else "nominal".
        resampling: How intervals are made.
    """
    tables = [_label_sums(own) for own in counts.values()]
    found = {}
    for name, table, drawn in zip(
        counts, tables, draw_tables(tables, grouping, resampling), strict=True
    ):
        paired = table[:, N] > 0
        n_groups = len(np.unique(grouping.index[paired]))

        def share(column: int, drawn: Draws = drawn, n_groups: int = n_groups) -> Score:
            return drawn.score(
                lambda totals: ratio(totals[:, column], totals[:, N]),
                proportion=True,
                n_units=n_groups,
            )

        found[name] = LabelRepeatability(
            n=int(paired.sum()),
            same=share(SAME),
            modal=share(MODAL),
            changes=share(CHANGED),
            alpha=drawn.score(
                lambda totals: alpha_of_coincidences(totals[:, CHANGED + 1 :], level)
            ),
        )
    return found


def rating_repeatability(
    moments: Mapping[str, Floats],
    grouping: Grouping,
    resampling: Resampling = DEFAULT_RESAMPLING,
) -> dict[str, RatingRepeatability]:
    """How near each rater's numbers for the same unit are.

    Args:
        moments: Rater to the number, the sum and the sum of squares of its answers to each of N
            units, (N, 3), about the middle of the scale.
        grouping: Which units move together.
        resampling: How intervals are made.
    """
    tables = []
    for own in moments.values():
        scatter = rating_scatter(own)
        paired = own[:, 0] >= 2
        variance = ratio(scatter[:, 3], own[:, 0] * paired)
        tables.append(np.column_stack([paired, np.where(paired, variance, 0.0), scatter]))
    return {
        name: RatingRepeatability(
            n=int(table[:, 0].sum()),
            within_sd=drawn.score(
                # Equal numbers leave rounding noise of either sign.
                lambda totals: np.sqrt(np.maximum(ratio(totals[:, 1], totals[:, 0]), 0.0))
            ),
            alpha=drawn.score(lambda totals: alpha_of_scatter(totals[:, 2:])),
        )
        for name, table, drawn in zip(
            moments, tables, draw_tables(tables, grouping, resampling), strict=True
        )
    }


def _label_sums(counts: Floats) -> Floats:
    n = counts.sum(axis=1)
    paired = n >= 2
    pairs = np.where(paired, n * (n - 1), 1.0)
    same = (counts * (counts - 1)).sum(axis=1) / pairs
    changed = (counts > 0).sum(axis=1) > 1
    modal = np.nan_to_num(modal_share(counts))
    head = np.column_stack([np.ones(len(counts)), same, modal, changed]) * paired[:, None]
    return np.hstack([head, coincidences(counts)])
