"""Intervals that are not what they claim: folds' scatter for the mean's error, or far too narrow.

Beside each claimed interval stand those that the rows give: a bootstrap over items of the same score
(the mean over folds where there are folds), and, of the folds' scores, their standard deviation, the
standard error of their mean, and the interval of Student's t from it. Some other way of making an
interval that comes near one of the sound ones is left in peace.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mllmsent.audit.finding import AffectedRow, Finding, counted
from mllmsent.audit.run_registry import RunAudit
from mllmsent.audit.runs.claimed_spreads import spread_of
from mllmsent.audit.runs.recomputed import meant_by
from mllmsent.audit.runs.rounding import rounded_off
from mllmsent.metrics import LabelSample, Resampling, fold_mean, get_metric, score_sample
from mllmsent.metrics.grouping import Grouping

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from mllmsent.audit.runs.sheets import Sheet
    from mllmsent.audit.runs.tables import RunTables

__all__ = ["CLAIMED_INTERVALS"]

TOO_NARROW, TOO_WIDE = 0.5, 2.5
"""Beyond these shares of every sound interval's width a claimed one is none of them."""

NEAR = 0.2
"""Relative difference from a sound interval's width that other seeds and methods may make."""

EQUAL = 0.02
"""Relative difference within which a width is another kind of number."""

_METRICS = {"weighted F1": "weighted_f1", "macro F1": "macro_f1", "accuracy": "accuracy"}


@dataclass(frozen=True, slots=True)
class _Claimed:
    """What a file says of the uncertainty of one score.

    Attributes:
        score: The score's name, as the audits have it.
        fold: The fold; None for all.
        parts: "value", "low", "high", "half", "sd", "se" to the number, as a share.
        tolerance: How far rounding may have moved them.
        rows: Where they are.
    """

    score: str
    fold: int | None
    parts: dict[str, float]
    tolerance: float
    rows: tuple[AffectedRow, ...]


class _Sound(NamedTuple):
    """What the rows give: the score and half widths of its 95 % interval; NaN where there is none."""

    value: float
    bootstrap: float
    student: float
    sd: float
    se: float
    n_folds: int


def check(run: RunTables) -> Iterator[Finding]:
    """Claimed intervals, standard deviations and standard errors that the rows contradict."""
    claims = run.table("imported_claims")
    for sheet in run.label_sheets:
        own = claims[
            (claims["system_id"] == sheet.system_id) & (claims["scheme"] == sheet.scheme.name)
        ]
        wrong = []
        for claimed in _claimed(own):
            sound = _sound(sheet, claimed)
            said = None if sound is None else _judged(claimed, sound)
            if sound is not None and said is not None:
                wrong.append((claimed, sound, said))
        if wrong:
            yield _finding(sheet, wrong)


def _claimed(claims: pd.DataFrame) -> Iterator[_Claimed]:
    found: dict[tuple[str, int | None], list[tuple[str, float, AffectedRow]]] = {}
    for row in claims.to_dict("records"):
        metric, value = str(row["metric"]), float(row["value"])
        base, kind = spread_of(metric) or (metric, "value")
        meant = meant_by(base)
        if meant is None:
            continue
        fold = None if str(row["fold"]) in {"<NA>", "nan", "None"} else int(row["fold"])
        place = AffectedRow(
            file=str(row["file"]), row=int(row["row"]), note=f"{metric} {value:.6g}"
        )
        found.setdefault((meant[0], fold), []).append((kind, value, place))
    for (score, fold), parts in found.items():
        if all(kind == "value" for kind, _, _ in parts):
            continue
        # In a table of percents a small spread is a percent too.
        scale = 100.0 if any(abs(value) > 1.5 for _, value, _ in parts) else 1.0
        yield _Claimed(
            score,
            fold,
            {kind: value / scale for kind, value, _ in parts},
            max(min(rounded_off(value)[1], 0.0005 * scale) / scale for _, value, _ in parts),
            tuple(place for _, _, place in parts),
        )


def _sound(sheet: Sheet, claimed: _Claimed) -> _Sound | None:
    name = _METRICS.get(claimed.score)
    sheet = sheet.take(sheet.scored)
    if claimed.fold is not None:
        sheet = sheet.take(sheet.folds == claimed.fold)
    if name is None or len(sheet.answer) < 10:
        return None
    sample = LabelSample(
        sheet.truth,
        sheet.answer,
        sheet.scheme.label_names,
        Grouping.of(sheet.items, len(sheet.answer)),
    )
    metric, resampling = get_metric(name), Resampling(n_resamples=1000)
    folds = sheet.folds
    several = np.unique(folds[folds >= 0])
    if claimed.fold is not None or len(several) < 2:
        score = score_sample([metric], sample, resampling)[name]
        half = (score.interval.high - score.interval.low) / 2
        return _Sound(score.value, half, math.nan, math.nan, math.nan, 0)
    from scipy import stats  # noqa: PLC0415 - 200 ms that only audits need

    by_fold = fold_mean(metric, sample, folds.tolist(), resampling)
    scores = np.array(list(by_fold.by_fold.values()))
    sd = float(scores.std(ddof=1))
    se = sd / math.sqrt(len(scores))
    student = se * float(stats.t.ppf(0.975, len(scores) - 1))
    interval = by_fold.mean.interval
    half = (interval.high - interval.low) / 2
    return _Sound(by_fold.mean.value, half, student, sd, se, len(scores))


def _judged(claimed: _Claimed, sound: _Sound) -> str | None:
    """What is wrong with a claim; None where nothing is."""
    parts, tolerance = claimed.parts, claimed.tolerance
    if "low" in parts and "high" in parts:
        low, high = parts["low"], parts["high"]
        value = parts.get("value", sound.value)
        if low > high:
            return "its low end is above its high end"
        if not low - tolerance <= value <= high + tolerance:
            return f"it does not hold its own score, {value:.4f}"
        parts = {**parts, "half": (high - low) / 2}
    if "half" in parts and (said := _wrong_half(parts["half"], tolerance, sound)):
        return said
    for kind, name in (("sd", "standard deviation"), ("se", "standard error")):
        if kind in parts and not math.isnan(sound.sd):
            said = _wrong_name(name, parts[kind], tolerance, sound)
            if said:
                return said
    return None


def _wrong_half(half: float, tolerance: float, sound: _Sound) -> str | None:
    ways = [width for width in (sound.bootstrap, sound.student) if not math.isnan(width)]
    if max(ways) == 0 or any(abs(half - width) <= NEAR * width + tolerance for width in ways):
        return None
    said = None
    if half > TOO_WIDE * max(ways) + tolerance:
        said = f"it is {half / max(ways):.1f} times too wide"
    if half < TOO_NARROW * min(ways) - tolerance:
        said = f"it is {min(ways) / max(half, 1e-9):.1f} times too narrow"
    if _same(half, sound.sd, tolerance):
        said = (
            f"it is the mean ± the standard deviation of {sound.n_folds} folds, which says how "
            "single folds scatter and not how sure their mean is"
        )
    if _same(half, sound.se, tolerance):
        said = f"it is the mean ± one standard error of {sound.n_folds} folds"
    return said


def _wrong_name(name: str, value: float, tolerance: float, sound: _Sound) -> str | None:
    population = sound.sd * math.sqrt((sound.n_folds - 1) / sound.n_folds)
    deviations = [sound.sd, population]
    errors = [sound.se, population / math.sqrt(sound.n_folds), sound.bootstrap / 1.96]
    is_deviation = name == "standard deviation"
    right, other = (deviations, errors[:2]) if is_deviation else (errors, deviations)
    if any(_same(value, width, tolerance) for width in right):
        return None
    if any(_same(value, width, tolerance) for width in other):
        is_called = "standard error" if is_deviation else "standard deviation"
        return f"what it calls the {name} is the folds' {is_called}"
    low, high = TOO_NARROW * min(right) - tolerance, TOO_WIDE * max(right) + tolerance
    return None if low <= value <= high else f"the {name} of the folds is {right[0]:.4f}"


def _same(one: float, other: float, tolerance: float) -> bool:
    return not math.isnan(other) and abs(one - other) <= max(EQUAL * other, tolerance)


def _finding(sheet: Sheet, wrong: list[tuple[_Claimed, _Sound, str]]) -> Finding:
    claimed, sound, said = wrong[0]
    where = "all folds" if claimed.fold is None else f"fold {claimed.fold}"
    return Finding(
        code="interval-not-as-claimed",
        severity="error",
        message=f"{counted(len(wrong), 'interval')} of {sheet.name} in {sheet.scheme.name}: of "
        f"{claimed.score} of {where}, {said}.",
        cure="Give the 95 % interval from drawing items again (bootstrap), or say what the number is.",
        effect=_effect(claimed, sound),
        rows=tuple(row for one, _, _ in wrong for row in one.rows),
        systems=(sheet.name,),
    )


def _effect(claimed: _Claimed, sound: _Sound) -> str:
    parts = claimed.parts
    low, high = sound.value - sound.bootstrap, sound.value + sound.bootstrap
    half = (parts["high"] - parts["low"]) / 2 if {"low", "high"} <= parts.keys() else None
    half = parts.get("half", half)
    told = f"Its rows give {sound.value:.4f} with 95 % interval {low:.4f} to {high:.4f}"
    if half is None or half <= 0 or sound.bootstrap <= 0:
        return f"{told}."
    coverage = math.erf(1.96 * half / sound.bootstrap / math.sqrt(2))
    return (
        f"{told}; one as wide as the claimed one holds the truth in about {coverage:.0%} of cases."
    )


CLAIMED_INTERVALS = RunAudit("claimed-intervals", "Intervals that are not what they claim.", check)
