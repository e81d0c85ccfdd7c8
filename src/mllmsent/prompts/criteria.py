"""What a judge marks a description on: criteria, each a mark from 1 to 5."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from mllmsent.affect.scheme import Dimension, Scheme
from mllmsent.foundation.config import Config

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["HIGHEST", "LOWEST", "Criterion", "marks_scheme"]

LOWEST, HIGHEST = 1, 5
"""The ends of every mark's scale: the higher, the better."""


class Criterion(Config):
    """One thing that a description is marked on."""

    name: str = Field(pattern=r"^[a-z][a-z -]{0,39}$")
    """What tables and reports call it: "accuracy"."""
    low_anchor: str = Field(min_length=1)
    """What the lowest mark, 1, means."""
    high_anchor: str = Field(min_length=1)
    """What the highest mark, 5, means."""


def marks_scheme(name: str, criteria: Sequence[Criterion]) -> Scheme:
    """The marks as numbers on scales, which are asked for and read as any others are.

    Args:
        name: The strategy's.
        criteria: One or more, no two of one name.

    Raises:
        InputError: If two have one name.
    """
    return Scheme(
        name=f"marks of {name}",
        kind="dimensional",
        dimensions=tuple(
            Dimension(each.name, LOWEST, HIGHEST, each.low_anchor, each.high_anchor)
            for each in criteria
        ),
    )
