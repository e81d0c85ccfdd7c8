"""An umbrella, resting on the ground or held over somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.dioramas.drawing import color as c

if TYPE_CHECKING:
    from mllmsent.dioramas.dice import Dice
    from mllmsent.dioramas.drawing.light import Light
    from mllmsent.dioramas.drawing.sketch import Sketch

__all__ = ["draw_held_umbrella", "draw_umbrella"]

_CLOTHS = ("#d9534a", "#2f8f9a", "#e2a63b", "#6f62b0")


def draw_umbrella(sketch: Sketch, light: Light, dice: Dice) -> None:
    """An open umbrella resting on the ground, around (0, 0), its foot."""
    sketch.shadow(0, 0, 56, 7)
    wood = light.on_figure("#6b4632")
    with sketch.moved(-2, -42, turn=-24):
        sketch.path("M0 0L0 56C0 68 16 68 16 57", stroke=wood, width=4.6)
        _canopy(sketch, light.on_figure(dice.choose(_CLOTHS)), wood)


def draw_held_umbrella(sketch: Sketch, light: Light, dice: Dice) -> None:
    """An open umbrella over a head whose middle is at (0, 0); the hand is at (64, 150)."""
    wood = light.on_figure("#6b4632")
    sketch.path("M28 -66L68 176", stroke=wood, width=5)
    with sketch.moved(24, -70, 1.75, turn=-6):
        _canopy(sketch, light.on_figure(dice.choose(_CLOTHS)), wood)


def _canopy(sketch: Sketch, cloth: str, wood: str) -> None:
    second = c.lighter(cloth, 0.5)
    panels = ((-64, -38), (-38, -13), (-13, 13), (13, 38), (38, 64))
    for number, (left, right) in enumerate(panels):
        middle = (left + right) / 2
        sketch.path(
            f"M{left} 4C{left * 0.98:.1f} -34 {left * 0.5:.1f} -58 0 -62"
            f"C{right * 0.5:.1f} -58 {right * 0.98:.1f} -34 {right} 4Q{middle} -8 {left} 4Z",
            second if number % 2 else cloth,
        )
    sketch.path(
        "M-64 4C-62 -34 -32 -60 0 -62C-36 -46 -44 -20 -44 -3Q-54 -5 -64 4Z",
        "#ffffff",
        opacity=0.16,
        is_solid=False,
    )
    sketch.path("M0 -62V-71", stroke=wood, width=4)
