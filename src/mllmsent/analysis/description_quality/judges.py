"""How far judges of descriptions can be trusted: their marks against what is known, and each other.

A judge's mark is a quality named "CRITERION, by WHO". Where it is known what was drawn, the mark for
accuracy is held against the share of the drawn factors that a description gives wrongly, and that for
completeness against the share that it says nothing of: Spearman's correlation of the mark with how
little that is, over all descriptions, so that 1 is a judge who ranks them as the truth does and 0 one
who marks at random. The known factors are six of many things in a picture; a judge marks all of them.

Two judges agree by Lin's concordance correlation, which asks for the same mark and not only the same
order (Lin 1989, Biometrics 45, 255-268).
"""

from __future__ import annotations

import math
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.numbers import score_columns, with_interval
from mllmsent.metrics.grouping import Grouping
from mllmsent.metrics.rank_associations import mid_ranks, rank_correlations
from mllmsent.metrics.rater_agreement import concordances

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from mllmsent.analysis.description_quality.measured import MeasuredDescriptions
    from mllmsent.metrics import Resampling

__all__ = [
    "AGREEMENT_COLUMNS",
    "EVERYBODY",
    "TRUST_COLUMNS",
    "agreement_rows",
    "agreement_sentences",
    "follows_truth",
    "judge_marks",
    "trust_rows",
    "trust_sentences",
]

TRUST_COLUMNS = (
    "judge", "criterion", "against", "describer", "n", "n_groups", "rho", "low", "high",
)  # fmt: skip

AGREEMENT_COLUMNS = (
    "criterion", "first", "second", "n", "n_groups", "agreement", "low", "high",
)  # fmt: skip

KNOWN = {"accuracy": "invented", "completeness": "missing"}
"""Criterion to the quality that says how far short of it a description falls."""

FAULTS = {"invented": "how little is invented", "missing": "how little is missing"}
"""The same as words for what a good mark should go with."""

LEAST_GROUPS = 30
"""With fewer items, or groups of them, the interval of a rank correlation is not to be relied on."""

ROUNDING = 1e-9
"""How far from 1 a correlation of 1 may be computed to be."""

MIDDLE = 3.0
"""The middle of the scale of marks."""

EVERYBODY = "all"
"""Who describes, in the rows about every description."""

MOST_SENTENCES = 3
"""Judges, and pairs of them, that sentences are about; the tables have all."""


def judge_marks(qualities: Sequence[str]) -> dict[str, dict[str, str]]:
    """Judge to criterion to the quality that holds its marks."""
    found: dict[str, dict[str, str]] = {}
    for quality in qualities:
        criterion, by, judge = quality.partition(", by ")
        if by and judge:
            found.setdefault(judge, {})[criterion] = quality
    return found


def trust_rows(
    measured: MeasuredDescriptions, *, condition: str, level: float
) -> list[dict[str, Any]]:
    """Each judge's marks against what is known.

    Args:
        measured: The descriptions, with their marks.
        condition: The condition that stands for the images as they are.
        level: Level of the intervals.

    Returns:
        Rows of `TRUST_COLUMNS`: of every description and of each describer's. Empty where nothing is
        known; `rho` is NaN where a mark or what is known does not vary, or with too few items.
    """
    rows = measured.rows[measured.rows["condition"] == condition]
    describers = [str(name) for name in rows["describer"].unique()]
    found = []
    for judge, marks in judge_marks(measured.qualities).items():
        for criterion, quality in marks.items():
            against = KNOWN.get(criterion, "")
            if against not in measured.qualities:
                continue
            known = rows[rows[quality].notna() & rows[against].notna()]
            place = {"judge": judge, "criterion": criterion, "against": against}
            for describer in (EVERYBODY, *(describers if len(describers) > 1 else ())):
                own = known if describer == EVERYBODY else known[known["describer"] == describer]
                found.append(
                    place | {"describer": describer} | _correlation(own, quality, against, level)
                )
    return found


def agreement_rows(
    measured: MeasuredDescriptions, *, condition: str, resampling: Resampling
) -> list[dict[str, Any]]:
    """How well each two judges agree in each criterion that both mark: rows of `AGREEMENT_COLUMNS`."""
    rows = measured.rows[measured.rows["condition"] == condition]
    grouping = Grouping.of(rows["group"].tolist(), len(rows))
    marks = judge_marks(measured.qualities)
    found = []
    for criterion in dict.fromkeys(name for own in marks.values() for name in own):
        numbers = {
            judge: rows[own[criterion]].to_numpy(np.float64)
            for judge, own in marks.items()
            if criterion in own
        }
        for pair in concordances(numbers, MIDDLE, grouping, resampling):
            both = ~np.isnan(numbers[pair.first]) & ~np.isnan(numbers[pair.second])
            found.append(
                {
                    "criterion": criterion,
                    "first": pair.first,
                    "second": pair.second,
                    "n": pair.n,
                    "n_groups": len(np.unique(grouping.index[both])),
                    **score_columns("agreement", pair.score),
                }
            )
    return found


def trust_sentences(
    rows: Sequence[Mapping[str, Any]], judges: Sequence[str]
) -> tuple[list[str], list[str]]:
    """What is known of how far judges can be trusted, and of which nothing is.

    Args:
        rows: What `trust_rows` found.
        judges: Every judge.

    Returns:
        Findings, and what could not be computed, a sentence each.
    """
    told, lacking = [], []
    every = [row for row in rows if row["describer"] == EVERYBODY and not math.isnan(row["rho"])]
    for judge in judges:
        own = [row for row in every if row["judge"] == judge]
        if not own:
            lacking.append(
                f"How far judge {judge} can be trusted here is not known: nothing, or too little, is "
                "known of what is true of these pictures. Its marks are a model's opinion."
            )
            continue
        parts = ", and ".join(
            f"{row['criterion']} with {FAULTS[row['against']]} by "
            f"{with_interval(row['rho'], row['low'], row['high'])}"
            for row in own
        )
        blind = [row["criterion"] for row in own if not follows_truth(row)]
        warning = (
            f" Its marks for {' and '.join(blind)} are not shown to follow the truth: make nothing "
            "of them."
            if blind
            else ""
        )
        told.append(
            f"How far judge {judge} can be trusted here: its marks go with what is known of the "
            f"pictures by these rank correlations, where 1 is the truth and 0 chance: {parts}.{warning}"
        )
    return told[:MOST_SENTENCES], lacking


def follows_truth(row: Mapping[Any, Any]) -> bool:
    """Whether a row of `TRUST_COLUMNS` shows marks that follow what is known.

    A correlation of 1 has no interval, for no item moves it.
    """
    return bool(row["low"] > 0 or row["rho"] > 1 - ROUNDING)


def agreement_sentences(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """How well judges agree, a sentence for each two."""
    known = [row for row in rows if not math.isnan(row["agreement"])]
    pairs = groupby(
        sorted(known, key=lambda row: (row["first"], row["second"])),
        key=lambda row: (row["first"], row["second"]),
    )
    return [
        f"Judges {first} and {second} agree by a concordance correlation of "
        + ", ".join(
            f"{with_interval(row['agreement'], row['low'], row['high'])} in {row['criterion']}"
            for row in own
        )
        + "."
        for (first, second), own in pairs
    ][:MOST_SENTENCES]


def _correlation(rows: pd.DataFrame, quality: str, against: str, level: float) -> dict[str, Any]:
    """Spearman's correlation of a mark with how little is wrong."""
    grouping = Grouping.of(rows["group"].tolist(), len(rows))
    found = {"n": len(rows), "n_groups": len(grouping)}
    if len(grouping) < LEAST_GROUPS:
        return found | dict.fromkeys(("rho", "low", "high"), math.nan)
    numbers = np.column_stack([rows[quality], -rows[against]]).astype(np.float64)
    ranks = mid_ranks(numbers)
    own = rank_correlations(ranks[:, :1], ranks[:, 1:], grouping).own
    low, high = own.intervals(level)
    ends = {"low": float(low[0, 0]), "high": float(high[0, 0])}
    return found | {"rho": float(own.points[0, 0])} | ends
