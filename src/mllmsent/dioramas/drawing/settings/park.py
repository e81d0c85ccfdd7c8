"""A park: lawn, a curved path, a bench under trees, a lamp."""

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

_HORIZON = 208.0


def draw(sketch: Sketch, light: Light, scene: Scene, dice: Dice) -> Stage:
    """Draw it, sky included."""
    draw_sky(sketch, light, scene, _HORIZON)
    _skyline(sketch, light, dice)
    hill(sketch, light, left=210, middle=208, right=212, color="#7fb27c", depth=0.6)
    for number in range(6):
        round_tree(
            sketch,
            light,
            dice,
            x=SIDE * (number + 0.5 + dice.near(0, 0.3)) / 6,
            base=222 + dice.near(0, 4),
            scale=dice.between(0.7, 0.95),
            depth=0.52,
        )
    hill(sketch, light, left=230, middle=226, right=232, color="#8cc06a", depth=0.25)
    _path(sketch, light)
    is_left = scene.layout % 2 == 0
    round_tree(sketch, light, dice, x=26 if is_left else 358, base=272, scale=1.75, depth=0.12)
    round_tree(sketch, light, dice, x=372 if is_left else 12, base=256, scale=1.3, depth=0.22)
    _bench(sketch, light, 300 if is_left else 84, 266)
    lamp(sketch, light, 346 if is_left else 38, 284, 1.0)
    bush(sketch, light, x=206 if is_left else 172, base=252, scale=0.8, depth=0.25)
    hill(sketch, light, left=306, middle=322, right=304, color="#7db75c", depth=0.0)
    tufts(sketch, light, dice, top=300, count=30, color="#6fa850")
    return Stage(ground=300)


def lamp(sketch: Sketch, light: Light, x: float, base: float, scale: float) -> None:
    """A street lamp, shining when it is dark."""
    iron = light.on("#3c4454")
    with sketch.moved(x, base, scale):
        sketch.shadow(0, 0, 12, 3, 0.25)
        if light.is_dark:
            sketch.glow(0, -136, 74, "#ffd88a", 0.6)
        sketch.path("M-6 0L-2.6 -12V-120H2.6V-12L6 0Z", iron)
        glass = light.shining("#ffe9ae") if light.is_dark else light.on("#dfe7e6")
        sketch.path("M-8 -122L-11 -146H11L8 -122Z", glass)
        sketch.path("M-13 -146Q0 -162 13 -146Z", iron)
        sketch.rect(-9, -123, 18, 4, iron, corner=2)


def _skyline(sketch: Sketch, light: Light, dice: Dice) -> None:
    x = -6.0
    while x < SIDE:
        width, height = dice.between(20, 38), dice.between(26, 74)
        lit = light.on("#8f9bb3", 0.95)
        sketch.rect(
            x, _HORIZON - height, width, height + 12, c.mix(lit, light.haze, 0.25), corner=2
        )
        x += width + dice.between(2, 26)


def _path(sketch: Sketch, light: Light) -> None:
    tone = light.on(light.snowed("#e9d8b4", 0.6), 0.15)
    sketch.path(
        "M186 228C214 238 150 250 132 268S112 318 60 384H330C318 330 250 306 232 276S214 238 198 228Z",
        sketch.down(228, 384, tone, c.darker(tone, 0.12)),
    )


def _bench(sketch: Sketch, light: Light, x: float, base: float) -> None:
    wood, iron = light.on("#a9714a", 0.1), light.on("#3c4454", 0.1)
    with sketch.moved(x, base, 0.95):
        sketch.shadow(0, 2, 48, 5, 0.25)
        for side in (-36, 36):
            sketch.path(f"M{side} 2V-44", stroke=iron, width=4)
            sketch.path(f"M{side} -18h-6V2", stroke=iron, width=3)
        for y in (-44, -35, -26):
            sketch.rect(-46, y, 92, 7, c.lighter(wood, 0.1), corner=3)
        sketch.rect(-48, -18, 96, 8, sketch.down(-18, -10, c.lighter(wood, 0.16), wood), corner=3)
