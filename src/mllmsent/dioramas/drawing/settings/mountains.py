"""A lake among mountains, firs on both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.dioramas.dice import Dice
from mllmsent.dioramas.drawing import color as c
from mllmsent.dioramas.drawing.nature import hill, pine, ridge, stone, tufts
from mllmsent.dioramas.drawing.settings.stage import Stage
from mllmsent.dioramas.drawing.sketch import SIDE
from mllmsent.dioramas.drawing.sky import draw_sky, sun_place

if TYPE_CHECKING:
    from mllmsent.dioramas.drawing.light import Light
    from mllmsent.dioramas.drawing.sketch import Sketch
    from mllmsent.dioramas.scene import Scene

__all__ = ["draw"]

_HORIZON = 226.0


def draw(sketch: Sketch, light: Light, scene: Scene, dice: Dice) -> Stage:
    """Draw it, sky included."""
    draw_sky(sketch, light, scene, _HORIZON)
    ridge(
        sketch,
        light,
        dice,
        base=_HORIZON,
        height=152,
        color="#7f93b8",
        depth=0.8,
        peaks=3,
        has_snow=True,
    )
    ridge(sketch, light, dice, base=_HORIZON, height=96, color="#5f7d94", depth=0.5, peaks=4)
    far = light.on(light.snowed("#4f7f6c", 0.4), 0.42)
    sketch.path(
        f"M-2 {_HORIZON + 2}V204q16 -12 34 2q14 -10 30 2q20 -8 36 6q22 -4 40 6q40 4 72 0q26 -10 44 -4"
        f"q22 -14 44 -4q20 -14 42 -6q20 -8 46 -2V{_HORIZON + 2}Z",
        far,
    )
    _lake(sketch, light, scene, Dice(scene.layout, "lake"))
    hill(sketch, light, left=268, middle=308, right=276, color="#6f9a62", depth=0.08)
    for x, base, scale in ((14, 292, 1.35), (52, 284, 1.0), (372, 294, 1.45), (334, 286, 0.95)):
        pine(
            sketch,
            light,
            x=x + dice.near(0, 7),
            base=base,
            scale=scale * dice.between(0.9, 1.12),
            depth=0.16,
        )
    hill(sketch, light, left=320, middle=334, right=322, color="#648f56", depth=0.0)
    tufts(sketch, light, dice, top=318, count=26, color="#5d8650")
    stone(sketch, light, x=dice.between(130, 250), base=344, scale=0.7, depth=0.0)
    return Stage(ground=312)


def _lake(sketch: Sketch, light: Light, scene: Scene, dice: Dice) -> None:
    top, bottom = (
        c.mix(light.sky[2], light.on("#7fa8c4"), 0.4),
        c.mix(light.sky[0], light.on("#2f6f92"), 0.5),
    )
    sketch.rect(0, _HORIZON, SIDE, 100, sketch.down(_HORIZON, _HORIZON + 84, top, bottom))
    dark = c.mix(light.on("#5f7d94", 0.5), bottom, 0.45)
    for x, half, deep in ((70, 84, 42), (196, 96, 34), (320, 90, 46)):
        sketch.path(
            f"M{x - half} {_HORIZON}L{x} {_HORIZON + deep}L{x + half} {_HORIZON}Z",
            dark,
            opacity=0.5,
        )
    middle, _ = sun_place(scene, _HORIZON)
    is_bright = scene.weather not in {"rain", "storm", "fog"}
    for number in range(15):
        y = _HORIZON + 4 + number * 4.6
        reach = dice.between(6, 22)
        at = middle + dice.near(0, 16) if is_bright and number % 2 else dice.between(0, SIDE)
        sketch.path(
            f"M{at - reach:.1f} {y:.1f}H{at + reach:.1f}",
            stroke=c.lighter(light.sky[2], 0.4),
            width=1.6,
            opacity=0.5,
            is_solid=False,
        )
