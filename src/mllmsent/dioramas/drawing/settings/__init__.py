"""Settings: one file each, one function each, that draws the place and tells what it offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.dioramas.drawing.settings import meadow, mountains, park, room, ruin, sea, street
from mllmsent.dioramas.drawing.settings.stage import Box, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mllmsent.dioramas.dice import Dice
    from mllmsent.dioramas.drawing.light import Light
    from mllmsent.dioramas.drawing.sketch import Sketch
    from mllmsent.dioramas.scene import Scene

__all__ = ["SETTINGS", "Box", "Stage"]

SETTINGS: Mapping[str, Callable[[Sketch, Light, Scene, Dice], Stage]] = {
    "meadow": meadow.draw,
    "mountains": mountains.draw,
    "park": park.draw,
    "room": room.draw,
    "ruin": ruin.draw,
    "sea": sea.draw,
    "street": street.draw,
}
