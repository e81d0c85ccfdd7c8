"""What a figure is: a table, and a drawing of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from markupsafe import Markup

__all__ = ["Figure", "Scale", "scale_of"]


@dataclass(frozen=True, eq=False)
class Figure:
    """A table and its drawing.

    Attributes:
        name: What it is called in the page and in `Report.figures`.
        title: What it shows, in a few words.
        caption: How to read it.
        table: The numbers, and only those, from which it is drawn.
        body: The drawing, as HTML or SVG that needs no script.
    """

    name: str
    title: str
    caption: str | Markup
    table: pd.DataFrame
    body: Markup


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear axis.

    Attributes:
        low: Value at its left end.
        high: Value at its right end.
        ticks: Values that are marked.
    """

    low: float
    high: float
    ticks: tuple[float, ...]

    def place(self, value: float) -> float:
        """Where a value lies, in percent of the axis; values beyond its ends lie on them."""
        share = (value - self.low) / (self.high - self.low)
        return round(100 * min(1.0, max(0.0, share)), 2)

    def label(self, tick: float) -> str:
        """A tick as text, with as many digits as its step needs."""
        step = self.ticks[1] - self.ticks[0] if len(self.ticks) > 1 else 1.0
        digits = 0 if step >= 1 else (1 if round(step, 6) == round(step, 1) else 2)
        return f"{tick:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def scale_of(low: float, high: float, *, most: int = 5) -> Scale:
    """An axis with round ends that holds `low` and `high`.

    Args:
        low: The least value to be shown.
        high: The greatest.
        most: About how many steps between ticks.
    """
    span = (high - low) or 1.0
    step = next(
        step
        for power in range(-6, 9)
        for step in (10.0**power, 2 * 10.0**power, 5 * 10.0**power)
        if span / step <= most
    )
    first = int((low + 1e-9 * span) // step)
    last = -int(-(high - 1e-9 * span) // step)
    last = max(last, first + 1)
    ticks = tuple(round(index * step, 9) for index in range(first, last + 1))
    return Scale(ticks[0], ticks[-1], ticks)
