"""Mediation within pairs: through what does a treatment act, where every item was seen under both?

Each of N rows has two outcomes, Y1 under the first treatment and Y2 under the second, and for each of
m mediators two values, M1 and M2. With differences D = second - first and averages S = (M1 + M2) / 2,

    D_M = a + e_M
    D_Y = c' + b D_M + d (S - mean S) + e_Y

by least squares, all mediators in one equation: a mediator carries the indirect effect a b, what no
mediator carries is the direct effect c', and c' + sum(a b) is the total effect, the mean of D_Y. What
an item is like is the same under both treatments and cancels out. Source: Judd, Kenny and McClelland
(2001), Psychological Methods 6, 115-134; Montoya and Hayes (2017), Psychological Methods 22, 6-27,
equations 3-7.

Intervals are percentiles of a bootstrap of groups: of products, bias-corrected ones cover too little
(Fritz, Taylor and MacKinnon 2012, Sociological Methods and Research 41, 61-87). The test of a path is
that of joint significance, a and b each by its own (MacKinnon and others 2002, Psychological Methods 7,
83-104), from the standard errors of the same bootstrap.

**Sensitivity.** What was not measured may move the mediator and the outcome together, so that e_M and
e_Y have a correlation rho which least squares takes to be 0. The slope would then be
b(rho) = (s_Y / s_M) (r - rho sqrt((1 - r^2) / (1 - rho^2))) with r the correlation of the two
residuals before the mediator is entered, s_Y and s_M their spreads: Imai, Keele and Yamamoto (2010),
Statistical Science 25, 51-71, theorem 4, here given all that else is in the equation. The indirect
effect vanishes at rho = r.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.foundation import InputError
from mllmsent.metrics.bootstrap import DEFAULT_RESAMPLING, draw
from mllmsent.metrics.bootstrap_p import bootstrap_p
from mllmsent.metrics.grouping import Grouping

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.metrics.bootstrap import Draws, Resampling, Score
    from mllmsent.metrics.metric import Floats

__all__ = [
    "LEAST_PER_COEFFICIENT",
    "MediatedPath",
    "PairedMediation",
    "paired_mediation",
    "slope_under",
]

LEAST_PER_COEFFICIENT = 5
"""Fewest groups for each coefficient of the equation of the outcome."""

LEAST_DIFFERING = 10
"""Fewest pairs in which a mediator differs by something else than in most: with fewer, many resamples
would have none of them."""

MOST_GROUPS = 1000
"""Of more groups, bundles are drawn: sums of independent groups are independent too."""

COLLINEAR = 0.02
"""Least share of a mediator's variance that is not that of the others."""

SINGULAR = 1e-10
"""Least determinant of the correlations of an equation that is solved."""


@dataclass(frozen=True, slots=True)
class MediatedPath:
    """What one mediator carries.

    Attributes:
        mediator: Its name.
        change: a, by how many of its standard deviations (over both treatments) the second treatment
            has more of it.
        slope: b, by how much a standard deviation more changes the outcome, all else equal.
        indirect: a b, in units of the outcome.
        p: That a and b both are chance, or one of them; not corrected for other paths.
        rho: The correlation between what moves mediator and outcome, beyond the equations, at which
            the indirect effect is 0.
    """

    mediator: str
    change: Score
    slope: Score
    indirect: Score
    p: float
    rho: Score


@dataclass(frozen=True, slots=True)
class PairedMediation:
    """What a treatment does, and through what.

    Attributes:
        n: Rows.
        n_groups: Groups of rows.
        total: Mean of the outcome under the second treatment less that under the first.
        direct: What no mediator carries.
        indirect: What all mediators carry together; None without any.
        share: `indirect` / `total`; None unless the interval of `total` excludes 0.
        paths: The mediators, in their order.
        left_out: Mediators that are not in the equation, and why.
        p: That the total effect is chance; not corrected for other treatments.
    """

    n: int
    n_groups: int
    total: Score
    direct: Score
    indirect: Score | None
    share: Score | None
    paths: tuple[MediatedPath, ...]
    left_out: Mapping[str, str]
    p: float


def paired_mediation(
    outcomes: Floats,
    mediators: Mapping[str, Floats],
    grouping: Grouping,
    resampling: Resampling = DEFAULT_RESAMPLING,
) -> PairedMediation:
    """Find through which mediators a treatment acts.

    Args:
        outcomes: (N, 2): under the first treatment and under the second.
        mediators: Name to (N, 2), most important first: where there are too few groups for all, the
            last are left out, as are those that never differ and those that others tell.
        grouping: Which of the N rows are drawn together.
        resampling: How intervals are made; always percentiles.

    Raises:
        InputError: If there are no rows, or a number is missing.
    """
    columns = [outcomes, *mediators.values()]
    if not len(outcomes) or not all(np.isfinite(each).all() for each in columns):
        raise InputError("Mediation needs numbers in every row.", cure="Leave out the other rows.")
    chosen, left_out = _choose(mediators, len(grouping))
    drawn = _draws(outcomes, list(chosen.values()), _bundled(grouping), resampling)
    total = drawn.column(0)
    excludes_zero = total.interval.defined and total.interval.low * total.interval.high > 0
    m = len(chosen)
    return PairedMediation(
        n=len(outcomes),
        n_groups=len(grouping),
        total=total,
        direct=drawn.column(1),
        indirect=drawn.score(lambda effects: effects[:, 0] - effects[:, 1]) if m else None,
        share=drawn.score(_share) if m and excludes_zero else None,
        paths=tuple(_path(drawn, name, place, m) for place, name in enumerate(chosen)),
        left_out=left_out,
        p=bootstrap_p(drawn, lambda effects: effects[:, 0]),
    )


def slope_under(rho: Floats | float, slope: float, vanishing: float) -> Floats:
    """The slope of a mediator if what was not measured ties it to the outcome.

    Args:
        rho: The correlation that it makes, between -1 and 1.
        slope: The slope if there is none.
        vanishing: `MediatedPath.rho`, at which the slope is 0; not 0 itself.
    """
    rho = np.asarray(rho, dtype=np.float64)
    left: Floats = slope * (1 - rho / vanishing * np.sqrt((1 - vanishing**2) / (1 - rho**2)))
    return left


def _choose(
    mediators: Mapping[str, Floats], n_groups: int
) -> tuple[dict[str, Floats], dict[str, str]]:
    """The mediators of the equation, in standard deviations; and why the others are not in it."""
    most = max(0, (n_groups // LEAST_PER_COEFFICIENT - 1) // 2)
    chosen: dict[str, Floats] = {}
    left_out: dict[str, str] = {}
    basis: list[Floats] = []
    for name, values in mediators.items():
        spread = values.std()
        differences = values[:, 1] - values[:, 0]
        if not np.ptp(differences) > 1e-9 * spread:
            left_out[name] = "it differs by the same in every pair"
        elif not _differs(differences):
            left_out[name] = "it differs by the same in almost every pair"
        elif len(chosen) == most:
            left_out[name] = f"{n_groups} groups are too few for so many coefficients"
        elif not _adds(differences, basis):
            left_out[name] = "others tell it"
        else:
            chosen[name] = values / spread
    return chosen, left_out


def _differs(column: Floats) -> bool:
    """Whether enough rows have another value than most have."""
    return len(column) - int(np.unique(column, return_counts=True)[1].max()) >= LEAST_DIFFERING


def _adds(column: Floats, basis: list[Floats]) -> bool:
    """Whether a column says what no column of an orthonormal basis says; if so, it joins it."""
    unit = column - column.mean()
    norm = np.linalg.norm(unit)
    if not norm > 0:
        return False
    unit = unit / norm
    for other in basis:
        unit = unit - other * (other @ unit)
    own = float(unit @ unit)
    if own < COLLINEAR:
        return False
    basis.append(unit / math.sqrt(own))
    return True


def _bundled(grouping: Grouping) -> Grouping:
    if len(grouping) <= MOST_GROUPS:
        return grouping
    return Grouping(tuple(range(MOST_GROUPS)), grouping.index % MOST_GROUPS)


def _draws(
    outcomes: Floats, mediators: Sequence[Floats], grouping: Grouping, resampling: Resampling
) -> Draws:
    """The effects of the sample and of its resamples: rows as `_effects` gives them."""
    columns = [values[:, 1] - values[:, 0] for values in mediators]
    basis: list[Floats] = []
    for column in columns:
        _adds(column, basis)
    # What is constant under one treatment, or almost, has an average that its difference tells, in
    # many resamples if not in all. Only its spread matters, and what is far from 0 loses digits in its
    # square.
    averages = [
        values.mean(axis=1) - values.mean()
        for values in mediators
        if _differs(values[:, 0]) and _differs(values[:, 1])
    ]
    columns += [average for average in averages if _adds(average, basis)]
    rows = np.column_stack([*columns, outcomes[:, 1] - outcomes[:, 0]])
    m = len(mediators)
    one, other = np.triu_indices(rows.shape[1])
    parts = [np.ones((len(rows), 1)), rows, rows[:, one] * rows[:, other]]
    sums = grouping.sums(np.concatenate(parts, axis=1))
    asked = replace(resampling, method="percentile")
    return draw([lambda weights: _effects(weights @ sums, m)], len(grouping), asked)[0]


def _effects(sums: Floats, m: int) -> Floats:
    """Effects of B samples from their sums: total, direct, and a, b and rho of each mediator.

    Args:
        sums: (B, 1 + K + K (K + 1) / 2): of 1, of K columns (differences of the mediators, averages,
            difference of the outcome), of their products.
        m: How many mediators there are.

    Returns:
        (B, 2 + 3 m); NaN where the equation cannot be solved.
    """
    width = (math.isqrt(8 * sums.shape[1] + 1) - 3) // 2
    with np.errstate(divide="ignore", invalid="ignore"):
        means = sums[:, 1 : 1 + width] / sums[:, :1]
        products = sums[:, 1 + width :] / sums[:, :1]
    spreads = np.empty((len(sums), width, width))
    one, other = np.triu_indices(width)
    spreads[:, one, other] = spreads[:, other, one] = products - means[:, one] * means[:, other]
    inverse = _inverses(spreads)
    total, change = means[:, -1], means[:, :m]
    of_outcome = inverse[:, -1, -1]
    own = np.einsum("bii->bi", inverse)[:, :m]
    with np.errstate(divide="ignore", invalid="ignore"):
        # In the inverse of a covariance matrix stand the coefficients of each variable on the others.
        slope = -inverse[:, :m, -1] / of_outcome[:, None]
        rho = -inverse[:, :m, -1] / np.sqrt(own * of_outcome[:, None])
    direct = total - (change * slope).sum(axis=1)
    return np.column_stack([total, direct, change, slope, rho])


def _inverses(spreads: Floats) -> Floats:
    """Inverses of covariance matrices (B, K, K); NaN for those that have none."""
    # What is constant has a variance of 0, or less by rounding.
    scale = np.sqrt(np.maximum(np.einsum("bii->bi", spreads), 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        likeness = spreads / (scale[:, :, None] * scale[:, None, :])
    solvable = np.isfinite(likeness).all(axis=(1, 2))
    likeness[~solvable] = np.eye(spreads.shape[1])
    _, logarithm = np.linalg.slogdet(likeness)
    solvable &= logarithm > math.log(SINGULAR)
    likeness[~solvable] = np.eye(spreads.shape[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse: Floats = np.linalg.inv(likeness) / (scale[:, :, None] * scale[:, None, :])
    inverse[~solvable] = np.nan
    return inverse


def _share(effects: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        share: Floats = 1 - effects[:, 1] / effects[:, 0]
    return share


def _path(drawn: Draws, name: str, place: int, m: int) -> MediatedPath:
    change, slope, rho = (2 + place + part * m for part in range(3))

    def chance(of: int) -> float:
        return bootstrap_p(drawn, lambda effects: effects[:, of])

    return MediatedPath(
        mediator=name,
        change=drawn.column(change),
        slope=drawn.column(slope),
        indirect=drawn.score(lambda effects: effects[:, change] * effects[:, slope]),
        p=float(np.max([chance(change), chance(slope)])),
        rho=drawn.column(rho),
    )
