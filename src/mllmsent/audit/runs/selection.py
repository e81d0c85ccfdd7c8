"""Training that was stopped, or a checkpoint that was chosen, by the very fold that is reported.

Two things have to show. That the curve is of the reported fold: it is called so, or one of its values
is the reported score to the last digit. And that it was selected by: training ended equally many
epochs after the curve's best in fold after fold (a patience), or what is reported is the curve's
best, which later epochs fell below.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.audit.finding import AffectedRow, Finding
from mllmsent.audit.run_registry import RunAudit
from mllmsent.audit.runs.recomputed import meant_by, ways_of_scoring
from mllmsent.audit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mllmsent.audit.runs.sheets import Sheet
    from mllmsent.audit.runs.tables import RunTables

__all__ = ["SELECTION"]

EQUAL = 1e-6
"""Difference within which a value of a curve is the reported score."""

MOST = 0.6
"""Share of the folds that must show it; and two folds at least."""

DIGITS = 5
"""A score with so many digits is not met by accident."""


@dataclass(frozen=True, eq=False)
class _Curve:
    """A score over the epochs of one fold, on rows that were not trained on.

    Attributes:
        fold: The fold.
        split: "test" or "validation".
        metric: As the file has it.
        file: The file.
        epochs: The epochs, ascending.
        scores: The score after each.
        reported: Scores of the fold that this one may be compared with: recomputed and claimed.
    """

    fold: int
    split: str
    metric: str
    file: str
    epochs: NDArray[np.int64]
    scores: NDArray[np.float64]
    reported: tuple[float, ...]

    @property
    def best(self) -> int:
        """Where the curve is highest, the first time."""
        return int(np.argmax(self.scores))

    @property
    def lag(self) -> int:
        """Epochs from the best to the last."""
        return int(self.epochs[-1] - self.epochs[self.best])

    @property
    def is_reported_fold(self) -> bool:
        """Whether one of its values is a reported score that could not be met by accident.

        Accuracies are too few to tell: of as many rows there are only as many values.
        """
        return "acc" not in self.metric and any(
            abs(value - score) <= EQUAL
            for score in self.reported
            if abs(round(score, DIGITS - 1) - score) > EQUAL
            for value in self.scores
        )

    @property
    def reports_best(self) -> bool:
        """Whether its best is what is reported, and its last would have been less."""
        top = self.scores[self.best]
        is_reported = any(abs(top - score) <= EQUAL for score in self.reported)
        return is_reported and self.scores[-1] < top - EQUAL


def check(run: RunTables) -> Iterator[Finding]:
    """Systems whose curves show that the reported fold chose when to stop, or what to report."""
    curves = run.table("training_curves")
    if not len(curves):
        return
    claims = run.table("imported_claims")
    for sheet in run.label_sheets:
        own = curves[
            (curves["system_id"] == sheet.system_id)
            & (curves["scheme"] == sheet.scheme.name)
            & (curves["split"] != "train")
            & curves["fold"].notna()
        ]
        if len(own):
            said = claims[
                (claims["system_id"] == sheet.system_id)
                & (claims["scheme"] == sheet.scheme.name)
                & claims["fold"].notna()
            ]
            yield from _of_system(sheet, list(_curves(sheet, own, said)))


def _curves(sheet: Sheet, curves: pd.DataFrame, claims: pd.DataFrame) -> Iterator[_Curve]:
    for key, rows in curves.groupby(["split", "metric", "fold"], sort=False):
        split, metric, fold = str(key[0]), str(key[1]), int(str(key[2]))
        meant = meant_by(metric)
        if meant is None:
            continue
        # What a file calls F1 may be any average of it; the exact digits tell which.
        same = [
            way.value
            for way in ways_of_scoring(sheet, fold)
            if (way.name == meant[0] if meant[1] else way.name.endswith(meant[0].split()[-1]))
        ]
        stated = claims[(claims["fold"] == fold) & (claims["metric"] == metric)]["value"]
        rows = rows.sort_values("epoch", kind="stable")  # noqa: PLW2901 - the same rows, in order
        yield _Curve(
            fold,
            split,
            metric,
            str(rows["file"].iloc[0]),
            rows["epoch"].to_numpy(dtype=np.int64),
            rows["value"].to_numpy(dtype=np.float64),
            (*same, *(float(value) for value in stated)),
        )


def _of_system(sheet: Sheet, curves: Sequence[_Curve]) -> Iterator[Finding]:
    by_split: dict[str, list[_Curve]] = {}
    for curve in curves:
        by_split.setdefault(curve.split, []).append(curve)
    for split, own in by_split.items():
        if split != "test" and not any(curve.is_reported_fold for curve in own):
            continue
        by_metric: dict[str, list[_Curve]] = {}
        for curve in own:
            by_metric.setdefault(curve.metric, []).append(curve)
        # Scores that rise and fall together show the same; the clearest one is told.
        proof = _proof(own)
        shown = [
            found
            for each in by_metric.values()
            if (found := _shown(sheet, each, proof)) is not None
        ]
        if shown:
            yield max(shown, key=lambda one: (one.severity == "error", len(one.rows)))
            return


def _proof(curves: Sequence[_Curve]) -> str:
    """In which folds a curve shows to be of the reported fold, as a part of a sentence."""
    shown = {curve.fold: curve.metric for curve in curves if curve.is_reported_fold}
    if not shown:
        return ""
    folds = sorted(shown)
    which = "fold" if len(folds) == 1 else "folds"
    return (
        f"; that the curve is of the reported fold shows in {which} "
        f"{listed([str(fold) for fold in folds])}, whose reported {shown[folds[0]]} is on it to the "
        "last digit"
    )


def _shown(sheet: Sheet, curves: Sequence[_Curve], proof: str) -> Finding | None:
    enough = max(2, MOST * len(curves))
    best = [curve for curve in curves if curve.reports_best]
    if len(best) >= enough:
        return _chosen(sheet, curves, best)
    last = [int(curve.epochs[-1]) for curve in curves]
    # A run that reached the most epochs there are was not stopped; equal lengths are no stopping.
    stopped = [curve for curve in curves if int(curve.epochs[-1]) < max(last)]
    if len(stopped) < 2:
        return None
    lags = Counter(curve.lag for curve in curves if curve.lag > 0)
    lag, _ = lags.most_common(1)[0] if lags else (0, 0)
    patient = [curve for curve in curves if curve.lag == lag]
    if lag > 0 and len(patient) >= max(3, enough):
        return _stopped(sheet, curves, patient, proof)
    return None


def _chosen(sheet: Sheet, curves: Sequence[_Curve], best: Sequence[_Curve]) -> Finding:
    metric = curves[0].metric
    top = float(np.mean([curve.scores[curve.best] for curve in curves]))
    last = float(np.mean([curve.scores[-1] for curve in curves]))
    return Finding(
        code="selected-on-reported-fold",
        severity="error",
        message=f"What {sheet.name} reports in {sheet.scheme.name} is, in {len(best)} of {len(curves)} "
        f"folds, the best {metric} that any epoch had on the reported fold itself.",
        cure="Choose the epoch by rows of the training folds only, and report the fold once.",
        effect=f"The best epochs' mean is {top:.4f}, the last epochs' {last:.4f}: {top - last:.4f} of "
        "the score is had from looking at the answers.",
        rows=tuple(_row(curve) for curve in best),
        systems=(sheet.name,),
    )


def _stopped(
    sheet: Sheet, curves: Sequence[_Curve], patient: Sequence[_Curve], proof: str
) -> Finding:
    metric = curves[0].metric
    top = float(np.mean([curve.scores[curve.best] for curve in curves]))
    last = float(np.mean([curve.scores[-1] for curve in curves]))
    return Finding(
        code="selected-on-reported-fold",
        severity="warning",
        message=f"Training of {sheet.name} in {sheet.scheme.name} ended {patient[0].lag} epochs after the best "
        f"{metric} on the reported fold, in {len(patient)} of {len(curves)} folds: the fold that is "
        f"reported said when to stop{proof}.",
        cure="Stop by rows of the training folds only, and look at the reported fold once.",
        effect=f"How much it gives cannot be had from the rows: along the curves the mean over folds "
        f"of the best epochs is {top:.4f}, of the last epochs {last:.4f}.",
        rows=tuple(_row(curve) for curve in patient),
        systems=(sheet.name,),
    )


def _row(curve: _Curve) -> AffectedRow:
    return AffectedRow(
        file=curve.file,
        note=f"fold {curve.fold}: best {curve.metric} {curve.scores[curve.best]:.4f} after epoch "
        f"{curve.epochs[curve.best]}, last epoch {curve.epochs[-1]} ({curve.scores[-1]:.4f})",
    )


SELECTION = RunAudit("selection", "Checkpoints or scores chosen by the reported fold.", check)
