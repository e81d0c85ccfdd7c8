"""Numbers and lists as a reader wants them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeGuard

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "UNREAD", "beginning", "count", "interval", "is_number", "listed", "number", "percent", "plural",
    "signed",
]  # fmt: skip

UNREAD = {"unparsed": "not read", "refused": "refused", "failed": "no answer"}
"""What stands in place of an answer, by its status."""

MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EN DASH}"


def is_number(value: Any) -> TypeGuard[float]:
    """Whether a value is a finite number: not missing, not NaN, not infinite."""
    # pandas' missing value has no truth value, and a bool is no score.
    if value is None or isinstance(value, (bool, str)) or type(value).__name__ == "NAType":
        return False
    try:
        return math.isfinite(float(value))
    except (TypeError, ValueError):
        return False


def number(value: Any, digits: int = 2) -> str:
    """A number with a true minus sign; a dash where there is none."""
    if not is_number(value):
        return NOTHING
    text = f"{float(value):.{digits}f}"
    # -0.00 is zero.
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def signed(value: Any, digits: int = 2) -> str:
    """A difference: its sign is always written."""
    text = number(value, digits)
    is_positive = is_number(value) and text[0] != MINUS and float(text) > 0
    return f"+{text}" if is_positive else text


def interval(low: Any, high: Any, digits: int = 2) -> str:
    """An interval: "0.61 to 0.74"; empty where there is none."""
    if not (is_number(low) and is_number(high)):
        return ""
    return f"{number(low, digits)} to {number(high, digits)}"


def percent(share: Any) -> str:
    """A share as a percentage, with a decimal only where it would be lost: "4%", "0.3%"."""
    if not is_number(share):
        return NOTHING
    value = 100 * float(share)
    if 0 < value < 0.05:
        return "<0.1%"
    if 99.95 < value < 100:
        return ">99.9%"
    near_an_end = 0 < value < 0.95 or 99.05 < value < 100
    return f"{value:.1f}%" if near_an_end else f"{value:.0f}%"


def count(value: Any) -> str:
    """A whole number with separators: "12,400"; a dash where there is none."""
    return f"{int(value):,}" if is_number(value) else NOTHING


def plural(n: int, one: str, many: str = "") -> str:
    """A count with its noun: "1 item", "12 items"."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def beginning(text: str, most: int = 100) -> str:
    """The first characters of a text, with an ellipsis where there are more."""
    return text if len(text) <= most else f"{text[:most].rstrip()}…"


def listed(names: Sequence[str | Markup], *, most: int = 4) -> Markup:
    """Names as a list in a sentence, escaped: "a, b and c"; long lists end in how many more."""
    if len(names) > most:
        rest = len(names) - most
        others = plural(rest, "other")
        return Markup("{} and {}").format(Markup(", ").join(names[:most]), others)
    if len(names) < 2:
        return Markup("").join(names)
    return Markup("{} and {}").format(Markup(", ").join(names[:-1]), names[-1])
