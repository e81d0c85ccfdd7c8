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

from mllmsent.metrics.samples import LabelSample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mllmsent.metrics.grouping import Grouping
    from mllmsent.metrics.metric import Floats, Totals
    from mllmsent.metrics.samples import LabelSetSample

__all__ = ["Flips", "flips"]

COUNTS = 4
"""Rows, negative flips, positive flips and changes stand before the confusions."""


@dataclass(frozen=True, eq=False)
class Flips:
    """The changes between two versions' answers to the same N rows.

    Attributes:
        negative: For each row whether the old answer was right and the new one is wrong, (N,).
        positive: For each row whether the old answer was wrong and the new one is right, (N,).
        changed: For each row whether the two answers differ, (N,).
        grouping: Which rows move together.
        sums: Per group the rows, negative flips, positive flips and changes, then the confusions of
            the old version (K, K + 1) and of the new one, laid out in a row; (G, 4 + 2 K (K + 1)).
        n_labels: K; 0 for sets of labels, whose confusions are not counted.
    """

    negative: NDArray[np.bool_]
    positive: NDArray[np.bool_]
    changed: NDArray[np.bool_]
    grouping: Grouping
    sums: Floats
    n_labels: int

    def totals(self) -> Totals:
        """Weights of groups (B, G) to weighted sums, which the rates below take."""
        return lambda weights: weights @ self.sums

    @staticmethod
    def negative_rate(totals: Floats) -> Floats:
        """Share of all rows that are negative flips, (B,): eq. 1 of Yan et al."""
        return _share(totals[:, 1], totals[:, 0])

    @staticmethod
    def positive_rate(totals: Floats) -> Floats:
        """Share of all rows that are positive flips, (B,)."""
        return _share(totals[:, 2], totals[:, 0])

    @staticmethod
    def churn(totals: Floats) -> Floats:
        """Share of all rows whose answers differ, (B,)."""
        return _share(totals[:, 3], totals[:, 0])

    def independent_churn(self, totals: Floats) -> Floats:
        """The churn that independent errors would give, (B,); NaN for sets of labels."""
        if not self.n_labels:
            return np.full(len(totals), np.nan)
        old, new, of_label = self._confusions(totals)
        same = _share((old * new).sum(axis=2), of_label)
        return 1 - _share(np.nan_to_num(same).sum(axis=1), totals[:, 0])

    def independent_negative_rate(self, totals: Floats) -> Floats:
        """The negative flips that independent errors would give, (B,); NaN for sets of labels."""
        if not self.n_labels:
            return np.full(len(totals), np.nan)
        old, new, of_label = self._confusions(totals)
        place = np.arange(self.n_labels)
        lost = old[:, place, place] * (of_label - new[:, place, place])
        return _share(np.nan_to_num(_share(lost, of_label)).sum(axis=1), totals[:, 0])

    def _confusions(self, totals: Floats) -> tuple[Floats, Floats, Floats]:
        shape = (len(totals), 2, self.n_labels, self.n_labels + 1)
        both = totals[:, COUNTS:].reshape(shape)
        return both[:, 0], both[:, 1], both[:, 0].sum(axis=2)


def flips(old: LabelSample | LabelSetSample, new: LabelSample | LabelSetSample) -> Flips:
    """What changed between two versions' answers to the same rows.

    Args:
        old: Truth and answers of the old version.
        new: Those of the new one: the same rows in the same order, with the same truth.
    """
    if isinstance(old, LabelSample) and isinstance(new, LabelSample):
        right = [sample.predicted == sample.truth for sample in (old, new)]
        changed = old.predicted != new.predicted
        confusions = [_confusion_sums(sample) for sample in (old, new)]
        n_labels = len(old.labels)
    else:
        right = [
            np.asarray(sample.read & (sample.predicted == sample.truth).all(axis=1))
            for sample in (old, new)
            if not isinstance(sample, LabelSample)
        ]
        changed = (old.predicted != new.predicted).any(axis=1) | (old.read != new.read)
        confusions, n_labels = [], 0
    negative, positive = right[0] & ~right[1], ~right[0] & right[1]
    counts = np.stack([np.ones(len(changed)), negative, positive, changed], axis=1)
    sums = [old.grouping.sums(counts.astype(float)), *confusions]
    return Flips(
        negative=negative,
        positive=positive,
        changed=changed,
        grouping=old.grouping,
        sums=np.concatenate(sums, axis=1),
        n_labels=n_labels,
    )


def _confusion_sums(sample: LabelSample) -> Floats:
    """Per group the confusion matrix with the unread answers last, (G, K (K + 1))."""
    n_labels, n_groups = len(sample.labels), len(sample.grouping)
    columns = np.where(sample.read, sample.predicted, n_labels)
    n_cells = n_labels * (n_labels + 1)
    cells = sample.grouping.index * n_cells + sample.truth * (n_labels + 1) + columns
    counts = np.bincount(cells, minlength=n_groups * n_cells)
    return counts.reshape(n_groups, n_cells).astype(float)


def _share(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)
