"""P values, as sentences have them."""

from __future__ import annotations

from typing import Any

from mllmsent.report.writing import is_number, number

__all__ = ["adjusted", "p_text"]


def p_text(p_value: Any) -> str:
    """A p value that no line breaks apart: "p = 0.002", "p < 0.001"."""
    if not is_number(p_value):
        return "p unknown"
    text = "< 0.001" if p_value < 0.001 else f"= {number(p_value, 3 if p_value < 0.1 else 2)}"
    return f"p {text}".replace(" ", "\N{NO-BREAK SPACE}")


def adjusted(p_value: Any) -> str:
    """A p value that is corrected for all that was asked."""
    return f"adjusted {p_text(p_value)}"
