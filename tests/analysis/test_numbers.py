"""Numbers as sentences have them."""

from __future__ import annotations

import math

from mllmsent.analysis.numbers import p_value, with_interval


def test_what_rounds_to_zero_has_no_sign() -> None:
    assert with_interval(-0.001, -0.25, 0.001) == "0.00 (-0.25 to 0.00)"
    assert with_interval(-0.0004, math.nan, math.nan, digits=3) == "0.000"
    assert with_interval(-0.6, -0.7, -0.5, digits=0) == "-1 (-1 to 0)"


def test_a_small_p_value_is_no_zero() -> None:
    assert [p_value(p) for p in (0.0004, 0.031, 0.5)] == ["p < 0.001", "p = 0.031", "p = 0.50"]
