"""Numbers with their intervals: as columns of a table, and in a sentence."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mllmsent.metrics import Score

__all__ = ["p_value", "score_columns", "with_interval"]


def score_columns(name: str, score: Score | None, prefix: str = "") -> dict[str, float]:
    """A score as three columns: its value, and `low` and `high`.

    Args:
        name: Column of the value.
        score: The score; None gives NaN.
        prefix: Before `low` and `high`, where a row has several scores.
    """
    if score is None:
        return dict.fromkeys((name, f"{prefix}low", f"{prefix}high"), math.nan)
    return {
        name: score.value,
        f"{prefix}low": score.interval.low,
        f"{prefix}high": score.interval.high,
    }


def with_interval(value: float, low: float, high: float, *, digits: int = 2) -> str:
    """A number and its interval in a sentence: "0.61 (0.52 to 0.69)"; the number alone without one."""
    number, start, end = (_rounded(each, digits) for each in (value, low, high))
    return number if math.isnan(low) else f"{number} ({start} to {end})"


def _rounded(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    # -0.00 is zero.
    return text.lstrip("-") if float(text) == 0 else text


def p_value(p: float) -> str:
    """A p value in a sentence: "p = 0.031", "p < 0.001"."""
    if p < 0.001:
        return "p < 0.001"
    return f"p = {p:.2f}" if p >= 0.1 else f"p = {p:.3f}"
