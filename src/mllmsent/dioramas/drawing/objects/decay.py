"""Things left behind: a dead tree, rubbish, an empty chair.

Every object is drawn around (0, 0), the middle of its foot on the ground, about 90 units wide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.dioramas.drawing import color as c
from mllmsent.dioramas.drawing.nature import bare_tree

if TYPE_CHECKING:
    from mllmsent.dioramas.dice import Dice
    from mllmsent.dioramas.drawing.light import Light
    from mllmsent.dioramas.drawing.sketch import Sketch

__all__ = ["draw_chair", "draw_dead_tree", "draw_rubbish"]


def draw_dead_tree(sketch: Sketch, light: Light, dice: Dice) -> None:
    """A tall bare tree."""
    bare_tree(sketch, light, x=0, base=0, scale=1.15, depth=0.0, is_mirrored=dice.happens(0.5))


def draw_rubbish(sketch: Sketch, light: Light, dice: Dice) -> None:
    """Bags, a tin, a bone and a banana skin, with flies."""
    sketch.shadow(0, 0, 60, 8)
    for x, y, size, tone in (
        (-22, 0, 1.0, "#4a4f58"),
        (26, 0, 0.86, "#5d6b52"),
        (4, -6, 1.12, "#3d424c"),
    ):
        bag = light.on_figure(tone)
        with sketch.moved(x, y, size):
            sketch.path(
                "M-30 2C-36 -22 -22 -38 -8 -46L-13 -58L0 -52L11 -59L8 -46C24 -38 36 -20 30 2Z",
                sketch.radial(
                    -10, -30, 54, ((0, c.lighter(bag, 0.26), 1), (1, c.darker(bag, 0.32), 1))
                ),
            )
            sketch.path(
                "M-8 -46H8M-14 -34Q-20 -20 -16 -8M10 -34Q16 -22 14 -8",
                stroke=c.darker(bag, 0.36),
                width=2,
            )
    slime = light.on_figure("#9db24a")
    sketch.path("M-44 4Q-30 -6 -14 0T20 2T48 4Q30 10 2 9T-44 4Z", slime, opacity=0.92)
    sketch.path("M-12 -40C-14 -28 -4 -28 -6 -16C2 -24 0 -34 -2 -42Z", slime)
    tin = light.on_figure("#b9bec4")
    with sketch.moved(-46, -4, turn=-68):
        sketch.rect(
            -8,
            -11,
            16,
            24,
            sketch.linear(-8, 0, 8, 0, ((0, c.lighter(tin, 0.3), 1), (1, c.darker(tin, 0.2), 1))),
        )
        sketch.rect(-8, -5, 16, 11, light.on_figure("#c2524a"))
        sketch.ellipse(0, -11, 8, 3, c.darker(tin, 0.34))
    skin = light.on_figure("#e3c63f")
    for turn in (-60, 0, 62):
        with sketch.moved(44, -7, turn=turn):
            sketch.path("M-3 0Q-6 9 0 17Q6 9 3 0Z", skin)
    sketch.path("M-11 -74H9L6 -78M-9 -74L-12 -71", stroke=light.on_figure("#f0ead9"), width=3.4)
    for _ in range(7):
        fly_x, fly_y = dice.between(-44, 44), dice.between(-104, -64)
        sketch.ellipse(fly_x, fly_y, 2.5, 2.1, "#1f1a24")
        sketch.ellipse(fly_x - 2, fly_y - 2.4, 2.4, 1.3, "#dfe6ee", opacity=0.8)
        sketch.ellipse(fly_x + 2, fly_y - 2.4, 2.4, 1.3, "#dfe6ee", opacity=0.8)


def draw_chair(sketch: Sketch, light: Light, dice: Dice) -> None:
    """A plain wooden chair with nobody on it."""
    del dice
    wood = light.on_figure("#9c6b47")
    dark = c.darker(wood, 0.26)
    sketch.shadow(0, 0, 44, 7)
    for x, y in ((-26, -8), (22, -8)):
        sketch.path(f"M{x} {y}V-54", stroke=dark, width=7)
    sketch.path("M-27 -54L-31 -132M23 -54L27 -132", stroke=wood, width=8)
    for y in (-124, -104, -84):
        sketch.path(f"M-29 {y}Q-2 {y - 7} 25 {y}", stroke=c.lighter(wood, 0.1), width=9)
    sketch.path("M-34 -48L-28 -62H24L34 -48Z", c.lighter(wood, 0.22))
    sketch.path("M-34 -48H34V-40H-34Z", wood)
    sketch.path("M-31 -40V0M31 -40V0", stroke=wood, width=8)
    sketch.path("M-31 -18H31", stroke=dark, width=5)
