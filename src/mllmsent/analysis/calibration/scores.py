"""Every number that is made of one system's confidences, with its interval, from one set of draws."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.calibration.stages import STAGES
from mllmsent.metrics.bootstrap import Score, draw
from mllmsent.metrics.calibration import (
    accuracy_at_coverage,
    gap_variances,
    risk_coverage_area,
    squared_error,
)
from mllmsent.metrics.discrimination import area_of_counts
from mllmsent.metrics.distributions import count_table
from mllmsent.metrics.ratio import ratio
from mllmsent.metrics.temperature import (
    LEAST_PROBABILITY,
    stepped_temperature,
    temperature_terms,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mllmsent.analysis.calibration.stages import Judged
    from mllmsent.metrics import Resampling
    from mllmsent.metrics.bootstrap import Draws
    from mllmsent.metrics.metric import Floats

__all__ = ["COVERAGES", "score_all"]

COVERAGES = tuple(round(0.1 * step, 1) for step in range(1, 11))
"""Shares of the answers, surest first, at which accuracy is told."""

ROW_SUMS = (
    "n", "right", "confidence", "brier", "nll", "brier_after", "nll_after", "confidence_after",
    "n_people", "people_brier", "people_nll", "people_entropy",
)  # fmt: skip


def score_all(judged: Sequence[Judged], resampling: Resampling) -> list[dict[str, Score]]:
    """Every number of every system with its interval; all see the same draws.

    Args:
        judged: The systems, over the same groups.
        resampling: How intervals are made.

    Returns:
        For each system, name to score: those of the table `calibration`; for each bin of a stage
        "as given accuracy 0" and "as given confidence 0"; for each code of a label "brier 0" and
        "skill 0"; for each of `COVERAGES` "accuracy at 0.5".
    """
    from scipy.sparse import csr_array, hstack  # noqa: PLC0415 - scipy is slow to import

    if not judged:
        return []
    sparse, of_counts = _side_by_side([_counts(each) for each in judged])
    dense, of_sums = _side_by_side([_sums(each) for each in judged])
    counts, sums = csr_array(hstack(sparse)), np.hstack(dense)
    counted, summed = draw(
        [lambda weights: weights @ counts, lambda weights: weights @ sums],
        len(judged[0].own.grouping),
        resampling,
    )
    found = []
    for each, in_counts, in_sums in zip(judged, of_counts, of_sums, strict=True):
        found.append(
            _scored(each, counted, in_counts, _of_counts)
            | _scored(each, summed, in_sums, _of_sums)
            | _errors_without_chance(each, counted, in_counts)
        )
    return found


def _side_by_side(tables: Sequence[Mapping[str, Any]]) -> tuple[list[Any], list[dict[str, slice]]]:
    """All tables, and for each system where its own lie when they stand in a row."""
    places: list[dict[str, slice]] = []
    start = 0
    for own in tables:
        places.append({})
        for name, table in own.items():
            places[-1][name] = slice(start, start + table.shape[1])
            start += table.shape[1]
    return [table for own in tables for table in own.values()], places


def _counts(each: Judged) -> dict[str, Any]:
    """Counts in bins and levels by group, (G, ...) each, sparse."""
    grouping = each.own.grouping
    tables: dict[str, Any] = {}
    for name, stage in each.stages.items():
        excess = each.right - stage.confidence
        for part, weights in (("excess", excess), ("n", None), ("right", each.right)):
            tables[f"{name} {part}"] = count_table(stage.bins, stage.n_bins, grouping, weights)
    levels, n_levels = each.levels
    for part, weights in (("right", each.right), ("wrong", 1 - each.right)):
        tables[f"level {part}"] = count_table(levels, n_levels, grouping, weights)
    return tables


def _sums(each: Judged) -> dict[str, Floats]:
    """Sums over rows by group, (G, ...) each."""
    own, grouping = each.own, each.own.grouping
    is_true = np.eye(own.probabilities.shape[1])[own.truth]
    return {
        "classes": grouping.sums(is_true),
        "class_brier": grouping.sums((own.probabilities - is_true) ** 2),
        "rows": grouping.sums(_row_sums(each, is_true)),
        "temperature": grouping.sums(
            temperature_terms(own.probabilities, own.truth, each.temperature)
        ),
    }


def _row_sums(each: Judged, is_true: Floats) -> Floats:
    own = each.own
    after = own.probabilities if each.cooled is None else each.cooled.probabilities
    known = np.asarray(~np.isnan(own.people).any(axis=1))
    people = np.where(known[:, None], own.people, 0.0)
    surprise = -np.log(np.maximum(own.probabilities, LEAST_PROBABILITY))
    last = each.stages[STAGES[1]] if STAGES[1] in each.stages else each.stages[STAGES[0]]
    columns = {
        "n": np.ones(len(each.right)),
        "right": each.right,
        "confidence": each.stages[STAGES[0]].confidence,
        "brier": ((own.probabilities - is_true) ** 2).sum(axis=1),
        "nll": (surprise * is_true).sum(axis=1),
        "brier_after": ((after - is_true) ** 2).sum(axis=1),
        "nll_after": -np.log(np.maximum((after * is_true).sum(axis=1), LEAST_PROBABILITY)),
        "confidence_after": last.confidence,
        "n_people": known.astype(float),
        "people_brier": ((own.probabilities - people) ** 2).sum(axis=1) * known,
        "people_nll": (surprise * people).sum(axis=1),
        "people_entropy": -(people * np.log(np.where(people > 0, people, 1.0))).sum(axis=1),
    }
    return np.stack([columns[name] for name in ROW_SUMS], axis=1)


def _scored(
    each: Judged,
    draws: Draws,
    place: Mapping[str, slice],
    numbers: Callable[[Mapping[str, Floats], Judged], dict[str, Floats]],
) -> dict[str, Score]:
    names: list[str] = []

    def table(totals: Floats) -> Floats:
        values = numbers({part: totals[:, own] for part, own in place.items()}, each)
        names[:] = values
        return np.stack(list(values.values()), axis=1)

    drawn = draws.mapped(table)
    return {
        name: drawn.column(
            column,
            proportion=" accuracy " in name,
            n_units=_groups_in_bin(each, name) if " accuracy " in name else None,
        )
        for column, name in enumerate(names)
    }


def _errors_without_chance(
    each: Judged, counted: Draws, place: Mapping[str, slice]
) -> dict[str, Score]:
    """Root mean square error of calibration of each stage."""
    found = {}
    for (name, stage), column in zip(each.stages.items(), ("rmsce", "rmsce_after"), strict=False):
        excess, n = (
            count_table(stage.bins, stage.n_bins, each.own.grouping, weights).toarray()
            for weights in (each.right - stage.confidence, None)
        )
        variances = gap_variances(excess, n)
        parts = place[f"{name} excess"], place[f"{name} n"]

        def squared(
            totals: Floats,
            times: int,
            parts: tuple[slice, slice] = parts,
            variances: Floats = variances,
        ) -> Floats:
            return squared_error(totals[:, parts[0]], totals[:, parts[1]], times * variances)

        # What is taken off differs, so that percentiles are right and a jackknife is not needed.
        score = replace(
            counted,
            whole=squared(counted.whole, 1),
            resampled=squared(counted.resampled, 2),
            resampling=replace(counted.resampling, method="percentile"),
        ).score(lambda values: values)
        low, high = _root(score.interval.low), _root(score.interval.high)
        found[column] = Score(_root(score.value), replace(score.interval, low=low, high=high))
    return found


def _root(squared: float) -> float:
    """Of less than nothing, which chance leaves where there is no error, nothing."""
    return squared if math.isnan(squared) else math.sqrt(max(squared, 0.0))


def _of_counts(totals: Mapping[str, Floats], each: Judged) -> dict[str, Floats]:
    """Numbers of what was counted in bins and levels."""
    found: dict[str, Floats] = {}
    for name, stage in each.stages.items():
        excess, n, right = (totals[f"{name} {part}"] for part in ("excess", "n", "right"))
        for number in range(stage.n_bins):
            accuracy = ratio(right[:, number], n[:, number])
            found[f"{name} accuracy {number}"] = accuracy
            found[f"{name} confidence {number}"] = accuracy - ratio(excess[:, number], n[:, number])
    right, wrong = totals["level right"], totals["level wrong"]
    found["auroc"] = area_of_counts(right, wrong)
    found["aurc"] = risk_coverage_area(right, wrong)
    for coverage, accuracy in zip(
        COVERAGES, accuracy_at_coverage(right, wrong, COVERAGES).T, strict=True
    ):
        found[f"accuracy at {coverage}"] = accuracy
    return found


def _of_sums(totals: Mapping[str, Floats], each: Judged) -> dict[str, Floats]:
    """Numbers of what was summed over rows."""
    sums = dict(zip(ROW_SUMS, totals["rows"].T, strict=True))
    n, classes = sums["n"], totals["classes"]
    mean = {name: ratio(sums[name], n) for name in ROW_SUMS}
    base = ratio(classes, n[:, None])
    # A forecast of the base rates: of each class p (1 - p), which add up to 1 - sum p^2.
    by_base = base * (1 - base)
    of_class = ratio(totals["class_brier"], n[:, None])
    found = {
        "accuracy": mean["right"],
        "confidence": mean["confidence"],
        "overconfidence": mean["confidence"] - mean["right"],
        "brier": mean["brier"],
        "brier_skill": 1 - ratio(mean["brier"], by_base.sum(axis=1)),
        "nll": mean["nll"],
        "temperature": stepped_temperature(totals["temperature"], each.temperature),
    }
    if each.cooled is not None:
        found |= {
            "overconfidence_after": mean["confidence_after"] - mean["right"],
            "brier_after": mean["brier_after"],
            "brier_gain": mean["brier"] - mean["brier_after"],
            "nll_after": mean["nll_after"],
            "nll_gain": mean["nll"] - mean["nll_after"],
        }
    known = sums["n_people"]
    found |= {
        "people_brier": ratio(sums["people_brier"], known),
        "people_nll": ratio(sums["people_nll"], known),
        "people_divergence": ratio(sums["people_nll"] - sums["people_entropy"], known),
    }
    for code in range(classes.shape[1]):
        found[f"brier {code}"] = of_class[:, code]
        found[f"skill {code}"] = 1 - ratio(of_class[:, code], by_base[:, code])
    return found


def _groups_in_bin(each: Judged, name: str) -> int:
    stage, number = name.split(" accuracy ")
    inside = each.stages[stage].bins == int(number)
    return len(np.unique(each.own.grouping.index[inside]))
