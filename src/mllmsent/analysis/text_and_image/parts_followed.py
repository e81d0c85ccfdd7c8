"""Of two parts of an item, which does the answer to both follow: shares of labels, weights of numbers.

Everything here is about one system: what was said of one part alone and of the other alone (by itself, or
by people), and its answer to both, in arrays of N questions side by side.

**Labels.** Where the two parts alone lead to different labels, the label given to both is that of the
one, that of the other, or a third. If neither part were followed more, the two parts' labels could
change places, item by item: that is a paired permutation test of which of them is more often the label
given to both.

**Numbers.** The number given to both is regressed on the two others, with an intercept and with no
constraint on the weights, by least squares. Weights of 1 and 0 follow the one part; of a half each, the
middle. This is the weighting of cues of Anderson (1981, Foundations of Information Integration Theory),
and of Ernst and Banks (2002, Nature 415, 429-433), without their assumption that weights add up to 1.
What an answer varies by itself makes weights smaller than they are.

Intervals come from drawing groups of items again, and so does the test of equal weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.metrics import LabelSample, get_metric, paired_test
from mllmsent.metrics.bootstrap import draw
from mllmsent.metrics.bootstrap_p import bootstrap_p
from mllmsent.metrics.grouping import Grouping
from mllmsent.metrics.means import draw_tables
from mllmsent.metrics.ratio import ratio
from mllmsent.metrics.samples import UNREAD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mllmsent.metrics import Resampling, Score
    from mllmsent.metrics.metric import Floats

__all__ = ["LEAST_GROUPS", "Following", "Weights", "label_following", "number_weights"]

LEAST_GROUPS = 10
"""Fewer groups of items say nothing of which part is followed."""

COLLINEAR = 0.02
"""Least share of the variance of one part's numbers that is not that of the other's."""


@dataclass(frozen=True, slots=True)
class Following:
    """Which part's label is given to both, where the parts' labels differ.

    Attributes:
        n_read: Questions whose answers to both parts alone could be read.
        n_apart: Of these, those with different labels.
        n: Of these, those whose answer to both together could be read: the shares are of them.
        first: Share with the label of the first part.
        second: Share with the label of the second.
        neither: Share with a third label.
        lean: `first` less `second`.
        p: That they are the same; not corrected.
    """

    n_read: int
    n_apart: int
    n: int
    first: Score
    second: Score
    neither: Score
    lean: Score
    p: float


@dataclass(frozen=True, slots=True)
class Weights:
    """How much of each part's number is in the number given to both.

    Attributes:
        n: Questions with all three numbers.
        first: Weight of the first part: by how much the number given to both rises when that given
            to the first part alone is 1 higher and that given to the second is the same.
        second: Weight of the second part.
        lean: `first` less `second`.
        p: That they are the same; not corrected.
    """

    n: int
    first: Score
    second: Score
    lean: Score
    p: float


def label_following(
    first: NDArray[np.intp],
    second: NDArray[np.intp],
    both: NDArray[np.intp],
    labels: Sequence[str],
    grouping: Grouping,
    *,
    resampling: Resampling,
    n_permutations: int = 2000,
) -> Following | str:
    """Which part's label is given to both, where the parts' labels differ.

    Args:
        first: N codes of the labels given to the first part alone, `UNREAD` for none.
        second: The same of the second part.
        both: The same of both together.
        labels: The scheme's labels.
        grouping: The questions' groups.
        resampling: How intervals are made.
        n_permutations: How many ways of changing places are tried, at most.

    Returns:
        The shares; or why there are none, in a sentence without its subject.
    """
    read = (first != UNREAD) & (second != UNREAD)
    apart = read & (first != second)
    rows = np.flatnonzero(apart & (both != UNREAD))
    own = Grouping.of(grouping.index[rows].tolist(), len(rows))
    if len(own) < LEAST_GROUPS:
        return (
            f"what is said of the image alone and of the text alone differs, with an answer to both, in "
            f"{len(own)} groups of items, and {LEAST_GROUPS} are the least."
        )
    image, text, given = first[rows], second[rows], both[rows]
    shares = np.column_stack([image == given, text == given]).astype(float)
    table = np.column_stack([np.ones(len(rows)), shares, 1 - shares.sum(axis=1)])
    (drawn,) = draw_tables([table], own, resampling)

    def share(place: int) -> Score:
        return drawn.score(lambda totals: ratio(totals[:, place], totals[:, 0]), proportion=True)

    lean = drawn.score(lambda totals: ratio(totals[:, 1] - totals[:, 2], totals[:, 0]))
    # Which part's label is more often that of both is which is more often "right".
    test = paired_test(
        get_metric("accuracy"),
        LabelSample(given, image, tuple(labels), own),
        LabelSample(given, text, tuple(labels), own),
        n_permutations=n_permutations,
        seed=resampling.seed,
    )
    return Following(
        n_read=int(read.sum()),
        n_apart=int(apart.sum()),
        n=len(rows),
        first=share(1),
        second=share(2),
        neither=share(3),
        lean=lean,
        p=test.p_value,
    )


def number_weights(
    first: Floats,
    second: Floats,
    both: Floats,
    grouping: Grouping,
    *,
    resampling: Resampling,
) -> Weights | str:
    """How much of each part's number is in the number given to both.

    Args:
        first: N numbers given to the first part alone; NaN for none.
        second: The same of the second part.
        both: The same of both together.
        grouping: The questions' groups.
        resampling: How intervals are made.

    Returns:
        The weights; or why there are none, in a sentence without its subject.
    """
    rows = np.flatnonzero(~np.isnan(first + second + both))
    own = Grouping.of(grouping.index[rows].tolist(), len(rows))
    if len(own) < LEAST_GROUPS:
        return (
            f"numbers for image, text and both are there in {len(own)} groups of items, and "
            f"{LEAST_GROUPS} are the least."
        )
    columns = np.column_stack([first[rows], second[rows], both[rows]])
    columns = columns - columns.mean(axis=0)  # which keeps sums of squares exact
    if (np.ptp(columns[:, :2], axis=0) == 0).any():
        return "all numbers for one of the parts alone are the same."
    if 1 - np.corrcoef(columns[:, 0], columns[:, 1])[0, 1] ** 2 < COLLINEAR:
        return "the numbers for image and text tell each other, and no weights can be told apart."
    squares = [columns[:, i] * columns[:, j] for i, j in _SQUARES]
    sums = own.sums(np.column_stack([np.ones(len(rows)), columns, *squares]))
    (drawn,) = draw([lambda weights: weights @ sums], len(own), resampling)

    def lean(totals: Floats) -> Floats:
        weights = _least_squares(totals)
        difference: Floats = weights[:, 0] - weights[:, 1]
        return difference

    return Weights(
        n=len(rows),
        first=drawn.score(lambda totals: _least_squares(totals)[:, 0]),
        second=drawn.score(lambda totals: _least_squares(totals)[:, 1]),
        lean=drawn.score(lean),
        p=bootstrap_p(drawn, lean),
    )


_SQUARES = ((0, 0), (1, 1), (0, 1), (0, 2), (1, 2))
"""Which columns are multiplied: first, second and both, by one another."""


def _least_squares(totals: Floats) -> Floats:
    """The weights of the two parts, (B, 2), from totals of rows, columns and `_SQUARES`, (B, 9)."""
    n, means = totals[:, 0], totals[:, 1:4] / totals[:, :1]
    s11, s22, s12, s1, s2 = (
        totals[:, 4 + place] - n * means[:, i] * means[:, j]
        for place, (i, j) in enumerate(_SQUARES)
    )
    apart = s11 * s22 - s12**2
    top = np.column_stack([s1 * s22 - s2 * s12, s2 * s11 - s1 * s12])
    told = (apart > COLLINEAR / 10 * s11 * s22)[:, None]
    return np.divide(top, apart[:, None], out=np.full_like(top, np.nan), where=told)
