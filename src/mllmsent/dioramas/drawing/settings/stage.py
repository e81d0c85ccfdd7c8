"""What a setting offers to whatever is placed in it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Box", "Stage"]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle from its upper left corner."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Stage:
    """Places in a setting.

    Attributes:
        ground: Height of the farthest place on which things can stand near the viewer.
        window: A pane that may be broken, where there is one.
        hearth: Middle of a fireplace's floor, where there is one.
    """

    ground: float
    window: Box | None = None
    hearth: tuple[float, float] | None = None
