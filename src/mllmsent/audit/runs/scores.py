"""What a sheet scores, as audits tell it: macro F1 first, weighted F1 beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mllmsent.metrics import LabelSample, get_metric
from mllmsent.metrics.grouping import Grouping

if TYPE_CHECKING:
    from mllmsent.audit.runs.sheets import Codes, Sheet

__all__ = ["Scores", "change", "kappa", "scores_of"]


class Scores(NamedTuple):
    """Scores of labels; NaN without rows.

    Attributes:
        macro_f1: Macro F1.
        weighted_f1: Weighted F1.
        accuracy: Share of right answers.
        n: Rows with a target.
    """

    macro_f1: float
    weighted_f1: float
    accuracy: float
    n: int

    def __str__(self) -> str:
        return f"macro F1 {self.macro_f1:.3f} (weighted {self.weighted_f1:.3f})"


def scores_of(sheet: Sheet) -> Scores:
    """The scores of a sheet's rows that have a target; an answer that could not be read is wrong."""
    scored = sheet.scored
    n = int(scored.sum())
    if n == 0:
        return Scores(float("nan"), float("nan"), float("nan"), 0)
    sample = LabelSample(
        sheet.truth[scored], sheet.answer[scored], sheet.scheme.label_names, Grouping.of(None, n)
    )
    macro, weighted, accuracy = (
        float(get_metric(name)(sample)) for name in ("macro_f1", "weighted_f1", "accuracy")
    )
    return Scores(macro, weighted, accuracy, n)


def change(before: Scores, after: Scores) -> str:
    """Two scores as one half of a sentence: "macro F1 0.310 becomes 0.720 (weighted ...)"."""
    return (
        f"macro F1 {before.macro_f1:.3f} becomes {after.macro_f1:.3f} "
        f"(weighted {before.weighted_f1:.3f} becomes {after.weighted_f1:.3f})"
    )


def kappa(one: Codes, other: Codes) -> float:
    """Cohen's kappa: 1 perfect agreement, 0 chance, below 0 worse; NaN where chance is perfect."""
    if not len(one):
        return float("nan")
    n_codes = int(max(one.max(), other.max())) + 2  # one more for UNREAD, which is -1
    shares = [np.bincount(codes + 1, minlength=n_codes + 1) / len(one) for codes in (one, other)]
    chance = float(shares[0] @ shares[1])
    if chance > 1 - 1e-12:
        return float("nan")
    return (float((one == other).mean()) - chance) / (1 - chance)
