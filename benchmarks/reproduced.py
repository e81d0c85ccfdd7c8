"""What `reproduce` finds, and the page that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any, TypeAlias

from jinja2 import Environment, FileSystemLoader, StrictUndefined

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Comparison", "SeedScores", "markdown", "verdict"]

Told: TypeAlias = tuple[float, float, float]
"""A score, and the low and high end of its 95 % interval."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A cell on its published folds: means over the folds.

    Attributes:
        problem: "P3" or "P5".
        sigma: How many annotators had to agree.
        n: Items.
        published: Weighted F1 as published.
        recomputed: Weighted F1 that the published rows give.
        recomputed_macro: Their macro F1.
        ours: Our weighted F1.
        ours_macro: Our macro F1.
        difference: Ours less theirs in weighted F1, paired by item.
        difference_macro: The same in macro F1.
        seconds: What learning and reading took us, all folds together.
    """

    problem: str
    sigma: int
    n: int
    published: float
    recomputed: Told
    recomputed_macro: Told
    ours: Told
    ours_macro: Told
    difference: Told
    difference_macro: Told
    seconds: float


@dataclass(frozen=True, slots=True)
class SeedScores:
    """A cell on new divisions of its items.

    Attributes:
        problem: "P3" or "P5".
        sigma: How many annotators had to agree.
        seeds: Of the divisions.
        weighted_f1: Ours, the mean over the folds of each division.
        macro_f1: Ours, likewise.
        difference: Ours less theirs in the weighted F1 of all rows together, paired by item; theirs
            as they were published, on their own folds.
        difference_macro: The same in macro F1.
    """

    problem: str
    sigma: int
    seeds: tuple[int, ...]
    weighted_f1: tuple[float, ...]
    macro_f1: tuple[float, ...]
    difference: Told
    difference_macro: Told


def verdict(difference: Sequence[float]) -> str:
    """What a paired difference allows to be said: beaten only where the interval is above 0."""
    value, low, high = difference
    if low > 0:
        return "beaten"
    if high < 0:
        return "not reached"
    return "level, above" if value > 0 else "level, below"


def markdown(result: Mapping[str, Any]) -> str:
    """The page.

    Args:
        result: What `reproduce` gives.
    """
    house = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        autoescape=False,
    )
    house.filters |= {"told": _told, "signed": _signed, "verdict": verdict, "mean": fmean}
    return house.get_template("reproduce.md.jinja").render(result).strip()


def _told(score: Sequence[float]) -> str:
    value, low, high = score
    return f"{value:.4f} [{low:.3f}, {high:.3f}]"


def _signed(score: Sequence[float]) -> str:
    value, low, high = score
    return f"{value:+.4f} [{low:+.4f}, {high:+.4f}]"
