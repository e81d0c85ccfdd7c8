"""P values are told as exactly as they need to be."""

from __future__ import annotations

import pytest

from mllmsent.report.p_values import adjusted, p_text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0004, "p < 0.001"), (0.0123, "p = 0.012"), (0.5, "p = 0.50"), (None, "p unknown"),
     (float("nan"), "p unknown")],
)  # fmt: skip
def test_a_p_value_is_as_exact_as_it_needs_to_be(value: float | None, text: str) -> None:
    assert " ".join(p_text(value).split()) == text
    assert " ".join(adjusted(value).split()) == f"adjusted {text}"
