"""What a sheet scores, as audits tell it: what leaderboards rank by first, another score beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mllmsent.metrics import LabelSample, LabelSetSample, RatingSample, get_metric
from mllmsent.metrics.grouping import Grouping

if TYPE_CHECKING:
    from mllmsent.audit.runs.sheets import Codes, Sheet
    from mllmsent.metrics import Sample

__all__ = ["Scores", "change", "kappa", "scores_of", "side_by_side"]

_SHOWN = {
    "label": ("macro_f1", "weighted_f1", "accuracy"),
    "set": ("macro_f1", "weighted_f1", "exact_match"),
    "number": ("ccc", "rmse", "mae"),
}
"""Kind of sheet to the score it is told by, the one beside it, and how single rows fare."""

_NAMES = {
    "macro_f1": "macro F1",
    "weighted_f1": "weighted",
    "ccc": "CCC",
    "rmse": "RMSE",
}


class Scores(NamedTuple):
    """Scores of a sheet; NaN without rows.

    Attributes:
        kind: "label", "set" or "number".
        main: Macro F1, or Lin's concordance of numbers.
        beside: Weighted F1, or the root of the mean square error.
        rows: Share of rows that are exactly right, or how far numbers are off on average.
        n: Rows with a target.
    """

    kind: str
    main: float
    beside: float
    rows: float
    n: int

    def __str__(self) -> str:
        if self.n == 0:
            return "no score, for want of targets"
        first, second, _ = _SHOWN[self.kind]
        return f"{_NAMES[first]} {self.main:.3f} ({_NAMES[second]} {self.beside:.3f})"


def scores_of(sheet: Sheet) -> Scores:
    """The scores of a sheet's rows that have a target.

    A label that could not be read is wrong; a number that could not be read is left out.
    """
    kind = "number" if sheet.dimension else "label" if sheet.has_labels else "set"
    sheet = sheet.take(sheet.scored)
    n = len(sheet.truth)
    if n == 0:
        return Scores(kind, float("nan"), float("nan"), float("nan"), 0)
    main, beside, rows = (float(get_metric(name)(_sample(sheet))) for name in _SHOWN[kind])
    return Scores(kind, main, beside, rows, n)


def _sample(sheet: Sheet) -> Sample:
    grouping = Grouping.of(None, len(sheet.truth))
    names = sheet.scheme.label_names
    if sheet.dimension:
        ends = (sheet.scale.low, sheet.scale.high)
        return RatingSample(sheet.truth, sheet.answer, *ends, grouping)
    if sheet.has_labels:
        return LabelSample(sheet.truth, sheet.answer, names, grouping)
    sets = [sheet.members(codes) for codes in (sheet.truth, sheet.answer)]
    return LabelSetSample(sets[0], sets[1], sheet.read, names, grouping)


def change(before: Scores, after: Scores) -> str:
    """Two scores as one half of a sentence: "macro F1 0.310 becomes 0.720 (weighted ...)"."""
    if 0 in {before.n, after.n}:
        return f"there is {Scores.__str__(after if before.n else before)}"
    first, second, _ = _SHOWN[before.kind]
    return (
        f"{_NAMES[first]} {before.main:.3f} becomes {after.main:.3f} "
        f"({_NAMES[second]} {before.beside:.3f} becomes {after.beside:.3f})"
    )


def side_by_side(one: Scores, these: str, other: Scores, those: str) -> str:
    """How rows of two kinds fare: "right on 50% of these and on 48% of those"."""
    if one.kind == "number":
        return f"off by {one.rows:.2f} on average on {these} and by {other.rows:.2f} on {those}"
    exactly = "exactly " if one.kind == "set" else ""
    return f"{exactly}right on {one.rows:.0%} of {these} and on {other.rows:.0%} of {those}"


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
