"""An old burial ground beside a ruined chapel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.dioramas.drawing import color as c
from mllmsent.dioramas.drawing.nature import hill, stone, tufts
from mllmsent.dioramas.drawing.settings.stage import Stage
from mllmsent.dioramas.drawing.sketch import SIDE
from mllmsent.dioramas.drawing.sky import draw_sky

if TYPE_CHECKING:
    from mllmsent.dioramas.dice import Dice
    from mllmsent.dioramas.drawing.light import Light
    from mllmsent.dioramas.drawing.sketch import Sketch
    from mllmsent.dioramas.scene import Scene

__all__ = ["draw"]

_HORIZON = 210.0


def draw(sketch: Sketch, light: Light, scene: Scene, dice: Dice) -> Stage:
    """Draw it, sky included."""
    draw_sky(sketch, light, scene, _HORIZON)
    hill(sketch, light, left=190, middle=206, right=196, color="#8b9990", depth=0.9)
    is_left = scene.layout % 2 == 0
    with sketch.moved(0 if is_left else SIDE, 0, is_mirrored=not is_left):
        _chapel(sketch, light)
    hill(sketch, light, left=236, middle=226, right=238, color="#7d8a68", depth=0.4)
    _fence(sketch, light)
    for x, base, scale in ((40, 274, 0.72), (140, 262, 0.56), (236, 264, 0.6), (346, 276, 0.76)):
        _gravestone(sketch, light, dice, x=x + dice.near(0, 14), base=base, scale=scale, depth=0.3)
    hill(sketch, light, left=284, middle=296, right=282, color="#6f7a58", depth=0.08)
    for x, base, scale in ((24, 330, 1.0), (362, 334, 1.05)):
        _gravestone(
            sketch, light, dice, x=x, base=base, scale=scale * dice.between(0.92, 1.1), depth=0.05
        )
    stone(sketch, light, x=dice.between(110, 280), base=322, scale=0.8, depth=0.1, color="#8f8f96")
    hill(sketch, light, left=336, middle=344, right=338, color="#65704f", depth=0.0)
    tufts(sketch, light, dice, top=296, count=40, color="#75794f")
    return Stage(ground=300)


def _chapel(sketch: Sketch, light: Light) -> None:
    wall = light.on("#a39c98", 0.45)
    sketch.path(
        "M36 240V118L52 106L60 116L70 92L84 84L96 68L108 82L120 84L128 106L140 112L150 140"
        "L160 150V186L172 196V240Z",
        sketch.down(68, 240, c.lighter(wall, 0.12), c.darker(wall, 0.1)),
    )
    opening = c.mix(light.sky[2], light.sky[1], 0.4)
    for x, width, top in ((66, 17, 138), (118, 15, 146)):
        sketch.path(
            f"M{x - width} 214V{top}C{x - width} {top - 26} {x} {top - 36} {x} {top - 36}"
            f"S{x + width} {top - 26} {x + width} {top}V214Z",
            c.darker(wall, 0.22),
        )
        inner = width - 4
        sketch.path(
            f"M{x - inner} 212V{top}C{x - inner} {top - 20} {x} {top - 29} {x} {top - 29}"
            f"S{x + inner} {top - 20} {x + inner} {top}V212Z",
            opening,
        )
        sketch.path(f"M{x} {top - 28}V212", stroke=c.darker(wall, 0.22), width=3)
    sketch.ellipse(94, 100, 10, 10, opening, stroke=c.darker(wall, 0.22), width=4)
    for x, y in (
        (48, 150),
        (92, 168),
        (140, 160),
        (46, 196),
        (94, 224),
        (150, 206),
        (84, 118),
        (38, 224),
    ):
        sketch.rect(x, y, 15, 6, c.darker(wall, 0.12), corner=2)


def _fence(sketch: Sketch, light: Light) -> None:
    iron = light.on("#42444f", 0.35)
    for x in range(4, SIDE, 15):
        sketch.path(f"M{x} 252V222L{x} 217", stroke=iron, width=2.2)
        sketch.path(f"M{x - 3} 221L{x} 213L{x + 3} 221Z", iron)
    sketch.path(f"M-2 228H{SIDE + 2}M-2 246H{SIDE + 2}", stroke=iron, width=2.2)


def _gravestone(
    sketch: Sketch, light: Light, dice: Dice, *, x: float, base: float, scale: float, depth: float
) -> None:
    lit = light.on(light.snowed("#9397a0", 0.2), depth)
    with sketch.moved(x, base, scale, turn=dice.near(0, 9)):
        sketch.shadow(2, 1, 30, 5, 0.3)
        fill = sketch.linear(
            -24, 0, 24, 0, ((0, c.lighter(lit, 0.16), 1), (1, c.darker(lit, 0.18), 1))
        )
        if dice.happens(0.3):
            sketch.path("M-7 2V-46H-24V-60H-7V-82H7V-60H24V-46H7V2Z", fill)
        else:
            sketch.path("M-24 2V-46C-24 -76 24 -76 24 -46V2Z", fill)
            mark = c.darker(lit, 0.26)
            sketch.path("M0 -54V-32M-8 -46H8", stroke=mark, width=3)
            sketch.path("M-12 -20H12M-9 -12H9", stroke=mark, width=2, opacity=0.7)
