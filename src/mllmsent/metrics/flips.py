"""What changed between two versions of a system, answer by answer.

Two versions can score the same and be wrong on other items. A *negative flip* is an item that the
old version got right and the new one gets wrong, a *positive flip* the other way round, and *churn*
is any change of answer. Their difference is the difference of the accuracies; their sum is what
users notice.

Churn has to be read against what independent errors would give: two systems that know nothing of
each other but have, for each true label, the same shares of answers as these two. With the shares
p(k | c) and q(k | c) of the answers k to items of the true label c, and the shares w(c) of the
labels, that is 1 - sum_c w(c) sum_k p(k | c) q(k | c); of negative flips it is sum_c w(c) p(c | c)
(1 - q(c | c)). An answer that could not be read is one more answer k.

Sources: Yan et al. (CVPR 2021), Positive-congruent training: towards regression-free model updates,
eq. 1 (negative flip rate); Milani Fard et al. (NeurIPS 2016), Launch and iterate: reducing
prediction churn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.metrics.classification import confusion_matrix
from mllmsent.metrics.ratio import ratio
from mllmsent.metrics.samples import LabelSample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mllmsent.metrics.metric import Floats
    from mllmsent.metrics.samples import LabelSetSample

__all__ = ["Flips", "flips"]


@dataclass(frozen=True, eq=False)
class Flips:
    """The changes between two versions' answers to the same N rows.

    Attributes:
        negative: For each row whether the old answer was right and the new one is wrong, (N,).
        positive: For each row whether the old answer was wrong and the new one is right, (N,).
        changed: For each row whether the two answers differ, (N,).
        sums: Per group the rows, negative flips, positive flips and changes, (G, 4).
        confusions: How often each true label was answered as each label, of the old version and of
            the new one, (2, K, K + 1) with the unread ones last; None for sets of labels.
    """

    negative: NDArray[np.bool_]
    positive: NDArray[np.bool_]
    changed: NDArray[np.bool_]
    sums: Floats
    confusions: Floats | None

    @staticmethod
    def negative_rate(totals: Floats) -> Floats:
        """Share of all rows that are negative flips, (B,): eq. 1 of Yan et al."""
        return ratio(totals[:, 1], totals[:, 0])

    @staticmethod
    def positive_rate(totals: Floats) -> Floats:
        """Share of all rows that are positive flips, (B,)."""
        return ratio(totals[:, 2], totals[:, 0])

    @staticmethod
    def churn(totals: Floats) -> Floats:
        """Share of all rows whose answers differ, (B,)."""
        return ratio(totals[:, 3], totals[:, 0])

    @property
    def independent_churn(self) -> float:
        """The churn that independent errors would give; NaN for sets of labels."""
        if self.confusions is None:
            return float("nan")
        old, new = self.confusions
        same = ratio((old * new).sum(axis=1), old.sum(axis=1))
        return float(1 - np.nansum(same) / old.sum())

    @property
    def independent_negative_rate(self) -> float:
        """The negative flips that independent errors would give; NaN for sets of labels."""
        if self.confusions is None:
            return float("nan")
        old, new = self.confusions
        of_label = old.sum(axis=1)
        lost = np.diagonal(old) * (of_label - np.diagonal(new))
        return float(np.nansum(ratio(lost, of_label)) / old.sum())


def flips(old: LabelSample | LabelSetSample, new: LabelSample | LabelSetSample) -> Flips:
    """What changed between two versions' answers to the same rows.

    Args:
        old: Truth and answers of the old version.
        new: Those of the new one: the same rows in the same order, with the same truth.
    """
    confusions: Floats | None
    if isinstance(old, LabelSample) and isinstance(new, LabelSample):
        right = [sample.predicted == sample.truth for sample in (old, new)]
        changed = old.predicted != new.predicted
        confusions = np.stack([confusion_matrix(sample) for sample in (old, new)]).astype(float)
    else:
        right = [
            np.asarray(sample.read & (sample.predicted == sample.truth).all(axis=1))
            for sample in (old, new)
            if not isinstance(sample, LabelSample)
        ]
        changed = (old.predicted != new.predicted).any(axis=1) | (old.read != new.read)
        confusions = None
    negative, positive = right[0] & ~right[1], ~right[0] & right[1]
    counts = np.stack([np.ones(len(changed)), negative, positive, changed], axis=1)
    return Flips(
        negative=negative,
        positive=positive,
        changed=changed,
        sums=old.grouping.sums(counts.astype(float)),
        confusions=confusions,
    )
