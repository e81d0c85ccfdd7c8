"""Every usual score of a sheet, by the names and in the ways that papers and programs compute it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.audit.runs.scores import kappa
from mllmsent.audit.runs.sheets import UNREAD

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mllmsent.audit.runs.sheets import Codes, Sheet

__all__ = ["Recomputed", "family_of", "meant_by", "ways_of_scoring"]

FAMILIES = {
    "accuracy": "accuracy",
    "balanced accuracy": "accuracy",
    "weighted F1": "f1",
    "macro F1": "f1",
    "macro F1 over all classes of the scheme": "f1",
    "micro F1": "f1",
    "macro precision": "precision",
    "weighted precision": "precision",
    "macro recall": "recall",
    "weighted recall": "recall",
    "Cohen's kappa": "kappa",
    "weighted F1 with truth and answers exchanged": "exchanged",
}
"""Name of a score to the kind that a file may call it by, without saying which average."""

_NAMED = {
    ("balanced", "accuracy"): "balanced accuracy",
    ("weighted", "f1"): "weighted F1",
    ("macro", "f1"): "macro F1",
    ("micro", "f1"): "micro F1",
    ("macro", "precision"): "macro precision",
    ("weighted", "precision"): "weighted precision",
    ("macro", "recall"): "macro recall",
    ("weighted", "recall"): "weighted recall",
}
_USUAL = {
    "accuracy": "accuracy",
    "acc": "accuracy",
    "f1": "weighted F1",
    "precision": "weighted precision",
    "recall": "weighted recall",
    "kappa": "Cohen's kappa",
}


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A score that rows give.

    Attributes:
        name: Which score: "weighted F1".
        how: Of what: "" (all rows, or the fold's), "mean over folds", "best fold", "of rows that
            could be read".
        value: The score.
    """

    name: str
    how: str
    value: float

    def __str__(self) -> str:
        return f"{self.name}{', ' if self.how else ''}{self.how} {self.value:.4f}"


def meant_by(metric: str) -> tuple[str, bool] | None:
    """The score that a file means by a metric's name.

    Args:
        metric: As the file has it: "f1_score", "weighted_f1".

    Returns:
        Its name, and whether the file says the average too; None where it is no score of labels.
    """
    words = set(metric.lower().replace("-", "_").split("_"))
    for named, score in _NAMED.items():
        if words.issuperset(named):
            return score, True
    for word, score in _USUAL.items():
        if word in words:
            return score, score in {"accuracy", "Cohen's kappa"}
    return None


def family_of(name: str) -> str:
    """The kind of a score: all F1 are of one kind."""
    return FAMILIES[name]


def ways_of_scoring(sheet: Sheet, fold: int | None) -> list[Recomputed]:
    """Every score of one fold, or of all: together, as the mean over folds, as the best fold.

    Args:
        sheet: The rows.
        fold: The fold; None for all.

    Returns:
        The scores, the usual way of each first; empty where there are no rows.
    """
    here = sheet.scored if fold is None else sheet.scored & (sheet.folds == fold)
    truth, answer = sheet.truth[here], sheet.answer[here]
    if not len(truth):
        return []
    n_classes, read = len(sheet.scheme.labels), answer != UNREAD
    found = _scores(truth, answer, n_classes, "")
    if read.any() and not read.all():
        found += _scores(truth[read], answer[read], n_classes, "of rows that could be read")
    folds = sheet.folds[here]
    several = np.unique(folds[folds >= 0])
    if fold is not None or len(several) < 2:
        return found
    by_fold = [_scores(truth[folds == one], answer[folds == one], n_classes, "") for one in several]
    for own in zip(*by_fold, strict=True):
        values = [one.value for one in own]
        found.append(Recomputed(own[0].name, "mean over folds", float(np.mean(values))))
        found.append(Recomputed(own[0].name, "best fold", float(np.max(values))))
    return found


def _scores(truth: Codes, answer: Codes, n_classes: int, how: str) -> list[Recomputed]:
    table = np.zeros((n_classes, n_classes + 1))
    np.add.at(table, (truth, np.where(answer == UNREAD, n_classes, answer)), 1)
    right, true = np.diag(table), table.sum(axis=1)
    said = table[:, :n_classes].sum(axis=0)
    f1, recall, precision = (
        _ratio(2 * right, true + said), _ratio(right, true), _ratio(right, said),
    )  # fmt: skip
    occurs, is_true = (true + said) > 0, true > 0
    n = true.sum()
    values = {
        "accuracy": right.sum() / n,
        "balanced accuracy": recall[is_true].mean(),
        "weighted F1": f1 @ true / n,
        "macro F1": f1[occurs].mean(),
        "macro F1 over all classes of the scheme": f1.mean(),
        "micro F1": 2 * right.sum() / (n + said.sum()),
        "macro precision": precision[occurs].mean(),
        "weighted precision": precision @ true / n,
        "macro recall": recall[occurs].mean(),
        "weighted recall": recall @ true / n,
        "Cohen's kappa": kappa(truth, answer),
        "weighted F1 with truth and answers exchanged": f1 @ said / max(said.sum(), 1),
    }
    return [Recomputed(name, how, float(value)) for name, value in values.items()]


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
