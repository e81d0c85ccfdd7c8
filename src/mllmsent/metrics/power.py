"""How many groups of items it takes to tell a difference from chance.

The standard error of a paired difference of scores falls with the square root of the number of
groups, so what it is for the groups at hand says what it would be for others. A two-sided test at
1 - level then finds a true difference d with the given power once the standard error is below
d / (z(1 - (1 - level) / 2) + z(power)).

A number of groups computed from an observed difference holds for a true difference of that size. An
observed difference is uncertain, and so is the number: its interval's ends give the numbers for the
largest and the smallest difference that the data allow. It says nothing new about the test that was
made.

Sources: Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, ch. 2; Hoenig and
Heisey (2001), The abuse of power, The American Statistician 55, 19-24.
"""

from __future__ import annotations

import math

__all__ = ["POWER", "detectable_difference", "groups_needed"]

POWER = 0.8
"""The power that is asked for by convention."""


def detectable_difference(spread: float, *, level: float = 0.95, power: float = POWER) -> float:
    """The smallest true difference that a two-sided test would find with the given power.

    Args:
        spread: Standard error of the paired difference.
        level: 1 less the level of the test.
        power: Share of such studies that would find it, between 0.5 and 1.

    Returns:
        In the difference's own units; NaN where the standard error is unknown.
    """
    return _deviates(level, power) * spread


def groups_needed(
    difference: float, spread: float, n_groups: int, *, level: float = 0.95, power: float = POWER
) -> float:
    """How many groups would be needed to find a true difference with the given power.

    Args:
        difference: The true difference.
        spread: Standard error of the paired difference with the groups at hand.
        n_groups: How many those are.
        level: 1 less the level of the test.
        power: Share of such studies that would find it, between 0.5 and 1.

    Returns:
        A whole number; infinite where there is no difference, NaN where something is unknown.
    """
    if math.isnan(difference) or math.isnan(spread):
        return math.nan
    if difference == 0:
        return math.inf
    return float(math.ceil(n_groups * (_deviates(level, power) * spread / difference) ** 2 - 1e-9))


def _deviates(level: float, power: float) -> float:
    from scipy.special import ndtri  # noqa: PLC0415 - scipy is slow to import.

    return float(ndtri((1 + level) / 2) + ndtri(power))
