"""How a simulated model marks a description of a picture: by what it sees in the picture itself.

What it overlooks it does not miss, and what it mistakes it takes for the truth; so that it finds its
own descriptions better than they are, as real models do.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mllmsent.dioramas.terms import find_terms

if TYPE_CHECKING:
    from mllmsent.dioramas.dice import Dice
    from mllmsent.dioramas.scene import Scene
    from mllmsent.dioramas.simulated.asking import Asked, AskedDimension

__all__ = ["described_in", "marks_for"]

FACTORS = ("setting", "time", "weather", "light", "palette")
"""What a description is held against, beside the expressions in it."""

_DESCRIPTION = re.compile(r"<description>(.*)</description>", flags=re.DOTALL)


def described_in(text: str) -> str | None:
    """The description that a question wants marked; None where it wants none marked."""
    found = _DESCRIPTION.search(text)
    return found[1].strip() if found else None


def marks_for(
    asked: Asked, description: str, seen: Scene, dice: Dice, *, noise: float
) -> dict[str, float]:
    """The marks of a model that sees a scene so, as whole numbers.

    Args:
        asked: What is wanted: a number on each criterion.
        description: What is marked.
        seen: What it sees in the picture.
        dice: Chance.
        noise: Standard deviation of each mark, in points of a scale from 1 to 5.
    """
    truths = {factor: {str(getattr(seen, factor))} for factor in FACTORS}
    faces = {subject.expression for subject in seen.subjects}
    if faces:
        truths["expression"] = faces
    named = {factor: set(find_terms(description, factor)) for factor in truths}
    said = [factor for factor in truths if named[factor]]
    right = [factor for factor in said if named[factor] <= truths[factor]]
    shares = {
        "accuracy": len(right) / len(said) if said else 1.0,
        "completeness": len(said) / len(truths),
        "affect": float(bool(find_terms(description, "expression"))),
    }
    return {
        scale.name: _mark(scale, shares.get(scale.name, 0.5) + dice.normal(0.0, noise / 4))
        for scale in asked.dimensions
    }


def _mark(scale: AskedDimension, share: float) -> float:
    """A share of the way from the lowest mark to the highest, as a whole number between them."""
    return float(round(scale.low + (scale.high - scale.low) * min(1.0, max(0.0, share))))
