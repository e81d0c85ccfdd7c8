"""Agreement of several raters, such as models, who all answer the same rows.

Each pair's agreement and that of all together, with intervals from drawing groups of rows again.
An answer that could not be read is no answer: a pair is compared on the rows that both answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mllmsent.foundation import InputError
from mllmsent.metrics.bootstrap import (
    DEFAULT_RESAMPLING,
    Resampling,
    Score,
    draw,
    draw_side_by_side,
)
from mllmsent.metrics.moments import concordance, group_moments
from mllmsent.metrics.ratio import ratio

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from mllmsent.metrics.grouping import Grouping
    from mllmsent.metrics.metric import Floats

__all__ = ["PairAgreement", "cohen_kappas", "concordances", "fleiss_kappa"]

UNREAD = -1
"""The code of an answer that could not be read."""


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """How well two raters agree.

    Attributes:
        first: Name of the first.
        second: Name of the second.
        n: Rows that both answered.
        same: Share of those on which they said the same; NaN for numbers.
        score: Agreement beyond chance with its interval: Cohen's kappa, or the concordance
            correlation of numbers. NaN where it is undefined, as where both always say one thing.
    """

    first: str
    second: str
    n: int
    same: float
    score: Score


def cohen_kappas(
    codes: Mapping[str, NDArray[np.intp]],
    n_labels: int,
    grouping: Grouping,
    weights: Literal["nominal", "quadratic"] = "nominal",
    resampling: Resampling = DEFAULT_RESAMPLING,
) -> list[PairAgreement]:
    """Cohen's kappa of every pair of raters.

    Args:
        codes: Rater to the code of each of N answers, 0 to `n_labels` - 1, or -1 for none.
        n_labels: K, the number of labels, lowest first where they are ordered.
        grouping: Which rows move together.
        weights: "nominal", or "quadratic" for ordered labels, where a near miss counts less
            (Cohen 1968).
        resampling: How intervals are made.

    Returns:
        One for each pair, in the order of `codes`.

    Raises:
        InputError: If raters have different numbers of rows.

    Source: Cohen (1960), Educational and Psychological Measurement 20, 37-46; Cohen (1968),
        Psychological Bulletin 70, 213-220.
    """
    _check_length(codes, grouping)
    place = np.arange(n_labels)
    gap = (place[:, None] - place[None, :]) ** 2
    distance = (gap if weights == "quadratic" else gap > 0).astype(float)

    def sums(first: NDArray[np.intp], second: NDArray[np.intp]) -> Floats:
        both = (first != UNREAD) & (second != UNREAD)
        cells = grouping.index[both] * n_labels**2 + first[both] * n_labels + second[both]
        counts = np.bincount(cells, minlength=len(grouping) * n_labels**2)
        return counts.reshape(len(grouping), n_labels**2).astype(float)

    def kappa(totals: Floats) -> Floats:
        table = totals.reshape(-1, n_labels, n_labels)
        n = table.sum(axis=(1, 2))
        expected = table.sum(axis=2)[:, :, None] * table.sum(axis=1)[:, None, :]
        observed = (table * distance).sum(axis=(1, 2)) * n
        return 1 - ratio(observed, (expected * distance).sum(axis=(1, 2)))

    def same(totals: Floats) -> float:
        table = totals.reshape(n_labels, n_labels)
        return float(np.trace(table) / table.sum()) if table.sum() else float("nan")

    return _pairs(codes, _Measure(sums, kappa, same, np.sum), grouping, resampling)


def concordances(
    numbers: Mapping[str, NDArray[np.float64]],
    middle: float,
    grouping: Grouping,
    resampling: Resampling = DEFAULT_RESAMPLING,
) -> list[PairAgreement]:
    """Lin's concordance correlation of every pair of raters.

    Args:
        numbers: Rater to each of N numbers, NaN for none.
        middle: Middle of the scale, near which sums are kept exact.
        grouping: Which rows move together.
        resampling: How intervals are made.

    Returns:
        One for each pair, in the order of `numbers`.

    Raises:
        InputError: If raters have different numbers of rows.

    Source: Lin (1989), Biometrics 45, 255-268.
    """
    _check_length(numbers, grouping)

    def sums(first: NDArray[np.float64], second: NDArray[np.float64]) -> Floats:
        answered = ~np.isnan(first)
        filled = np.where(answered, first, middle)
        return group_moments(filled, np.where(answered, second, np.nan), grouping, center=middle)

    measure = _Measure(sums, concordance, lambda _: float("nan"), lambda whole: float(whole[0]))
    return _pairs(numbers, measure, grouping, resampling)


def fleiss_kappa(
    codes: Mapping[str, NDArray[np.intp]],
    n_labels: int,
    grouping: Grouping,
    resampling: Resampling = DEFAULT_RESAMPLING,
) -> Score:
    """Fleiss' kappa of all raters together, on the rows that every one of them answered.

    Args:
        codes: Rater to the code of each of N answers, or -1 for none; at least two raters.
        n_labels: Number of labels.
        grouping: Which rows move together.
        resampling: How the interval is made.

    Raises:
        InputError: If raters have different numbers of rows.

    Source: Fleiss (1971), Psychological Bulletin 76, 378-382.
    """
    _check_length(codes, grouping)
    table = np.stack(list(codes.values()), axis=1)
    n_raters = table.shape[1]
    whole = (table != UNREAD).all(axis=1)
    counts = (table[:, :, None] == np.arange(n_labels)).sum(axis=1).astype(float)
    agreeing = (counts * (counts - 1)).sum(axis=1) / (n_raters * (n_raters - 1))
    rows = np.column_stack([np.ones(len(table)), agreeing, counts / n_raters]) * whole[:, None]
    by_group = grouping.sums(rows)

    def kappa(totals: Floats) -> Floats:
        n = totals[:, :1]
        observed = ratio(totals[:, 1], totals[:, 0])
        by_chance = (ratio(totals[:, 2:], n) ** 2).sum(axis=1)
        return ratio(observed - by_chance, 1 - by_chance)

    return draw([lambda weights: weights @ by_group], len(grouping), resampling)[0].score(kappa)


@dataclass(frozen=True, slots=True)
class _Measure:
    """How two raters' answers become sums per group, and those a score."""

    sums: Callable[[Any, Any], Floats]
    score: Callable[[Floats], Floats]
    same: Callable[[Floats], float]
    n: Callable[[Floats], float]


def _pairs(
    answers: Mapping[str, NDArray[Any]],
    measure: _Measure,
    grouping: Grouping,
    resampling: Resampling,
) -> list[PairAgreement]:
    names = list(combinations(answers, 2))
    tables = [measure.sums(answers[one], answers[other]) for one, other in names]
    drawn = draw_side_by_side(tables, len(grouping), resampling)
    found = []
    for (one, other), table, draws in zip(names, tables, drawn, strict=True):
        whole = table.sum(axis=0)
        n = int(measure.n(whole))
        found.append(PairAgreement(one, other, n, measure.same(whole), draws.score(measure.score)))
    return found


def _check_length(answers: Mapping[str, NDArray[Any]], grouping: Grouping) -> None:
    for name, own in answers.items():
        if len(own) != len(grouping.index):
            raise InputError(
                f"{name!r} has {len(own)} answers to {len(grouping.index)} rows.",
                cure="Give every rater one answer to each row, -1 or NaN for none.",
            )
