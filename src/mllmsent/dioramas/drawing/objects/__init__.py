"""Objects that carry feeling: one function each, drawn on the ground or where the setting has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.dioramas.drawing.objects import decay, festive, shelter, threat
from mllmsent.dioramas.drawing.objects.threat import draw_broken_window

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mllmsent.dioramas.dice import Dice
    from mllmsent.dioramas.drawing.light import Light
    from mllmsent.dioramas.drawing.sketch import Sketch

__all__ = ["FIRES", "OBJECTS", "draw_broken_window"]

OBJECTS: Mapping[str, Callable[[Sketch, Light, Dice], None]] = {
    "balloons": festive.draw_balloons,
    "birthday cake": festive.draw_cake,
    "butterflies": festive.draw_butterflies,
    "dead tree": decay.draw_dead_tree,
    "empty chair": decay.draw_chair,
    "flowers": festive.draw_flowers,
    "gift": festive.draw_gift,
    "rubbish": decay.draw_rubbish,
    "snake": threat.draw_snake,
    "umbrella": shelter.draw_umbrella,
}
"""Objects that are drawn the same way everywhere, around their foot."""

FIRES: Mapping[str, Callable[[Sketch, Light, Dice], None]] = {
    "room": threat.draw_hearth_fire,
    "street": threat.draw_blaze,
}
"""Fire by setting; elsewhere it is a campfire."""
