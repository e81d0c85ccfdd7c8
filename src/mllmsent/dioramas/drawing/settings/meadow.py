"""A meadow: rolling hills, a winding path, a few trees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.dioramas.drawing import color as c
from mllmsent.dioramas.drawing.nature import bush, hill, round_tree, tufts
from mllmsent.dioramas.drawing.settings.stage import Stage
from mllmsent.dioramas.drawing.sketch import SIDE
from mllmsent.dioramas.drawing.sky import draw_sky

if TYPE_CHECKING:
    from mllmsent.dioramas.dice import Dice
    from mllmsent.dioramas.drawing.light import Light
    from mllmsent.dioramas.drawing.sketch import Sketch
    from mllmsent.dioramas.scene import Scene

__all__ = ["draw"]

_HORIZON = 214.0


def draw(sketch: Sketch, light: Light, scene: Scene, dice: Dice) -> Stage:
    """Draw it, sky included."""
    draw_sky(sketch, light, scene, _HORIZON)
    hill(
        sketch,
        light,
        left=198 + dice.near(0, 12),
        middle=184 + dice.near(0, 10),
        right=206,
        color="#8fb59a",
        depth=0.95,
    )
    hill(
        sketch,
        light,
        left=212,
        middle=216 + dice.near(0, 8),
        right=190 + dice.near(0, 12),
        color="#7fb078",
        depth=0.66,
    )
    for place in dice.shuffled((0.1, 0.3, 0.62, 0.74, 0.9))[: 2 + dice.whole(3)]:
        round_tree(
            sketch,
            light,
            dice,
            x=SIDE * place,
            base=224 + dice.near(0, 6),
            scale=dice.between(0.5, 0.85),
            depth=0.5,
        )
    hill(
        sketch,
        light,
        left=222 + dice.near(0, 8),
        middle=236,
        right=224,
        color="#86bb62",
        depth=0.34,
    )
    _path(sketch, light, dice)
    bush(sketch, light, x=dice.choose((22, 362)), base=262, scale=1.0, depth=0.2)
    hill(
        sketch, light, left=292 + dice.near(0, 8), middle=316, right=296, color="#78b055", depth=0.0
    )
    tufts(sketch, light, dice, top=262, count=46, color="#6fa350")
    return Stage(ground=300)


def _path(sketch: Sketch, light: Light, dice: Dice) -> None:
    tone = light.on(light.snowed("#e2cf9f", 0.6), 0.25)
    end = dice.between(150, 230)
    sketch.path(
        f"M{end} 236C{end + 50} 248 {end - 60} 258 {end - 10} 274S{end + 80} 300 {end + 40} 330"
        f"H{end - 60}C{end} 306 {end - 70} 292 {end - 76} 276S{end + 6} 250 {end - 8} 236Z",
        sketch.down(236, 330, tone, c.darker(tone, 0.1)),
    )
