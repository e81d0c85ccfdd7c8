"""Numbers as they were written down: percent or share, and rounded to so many digits."""

from __future__ import annotations

from decimal import Decimal

__all__ = ["rounded_off"]

CLOSEST = 1e-6
"""Numbers written with all their digits must be equal to this."""


def rounded_off(value: float) -> tuple[float, float]:
    """A score as a share of 1, and how far its rounding may have moved it.

    Args:
        value: As it was written: 0.7754, or 77.54 where it is in percent.

    Returns:
        The share and the tolerance: half a unit of the last digit written, at least 1e-6.
    """
    digits = -int(Decimal(repr(value)).normalize().as_tuple().exponent)
    tolerance = 0.5 * 10.0 ** -max(digits, 0) * (1 + 1e-6)
    if abs(value) > 1.5:
        return value / 100, max(tolerance / 100, CLOSEST)
    # 0.5, 0 and 1 may be exact; nobody rounds a score to one digit.
    return value, max(min(tolerance, 0.005), CLOSEST)
