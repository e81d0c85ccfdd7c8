"""What falls and drifts in front of everything: rain, snow, fog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.dioramas.dice import Dice
from mllmsent.dioramas.drawing import color as c
from mllmsent.dioramas.drawing.sketch import SIDE

if TYPE_CHECKING:
    from mllmsent.dioramas.drawing.light import Light
    from mllmsent.dioramas.drawing.sketch import Sketch
    from mllmsent.dioramas.scene import Scene

__all__ = ["draw_weather"]


def draw_weather(sketch: Sketch, light: Light, scene: Scene) -> None:
    """Let it rain, snow or drift over the whole square."""
    dice = Dice(scene.layout, "weather")
    with sketch.element("weather", "weather"):
        if scene.weather in {"rain", "storm"}:
            _rain(sketch, light, dice, is_storm=scene.weather == "storm")
        elif scene.weather == "snow":
            _snow(sketch, light, dice)
        elif scene.weather == "fog":
            _fog(sketch, light, dice)


def _rain(sketch: Sketch, light: Light, dice: Dice, *, is_storm: bool) -> None:
    tone = c.lighter(light.sky[1], 0.66)
    slant = 0.5 if is_storm else 0.16
    for number in range(130 if is_storm else 92):
        nearness = dice.unit() ** 1.5
        x, y = dice.between(-30, SIDE + 60), dice.between(-30, SIDE)
        length = 10 + nearness * (30 if is_storm else 20)
        sketch.path(
            f"M{x:.1f} {y:.1f}l{-length * slant:.1f} {length:.1f}",
            stroke=tone,
            width=0.9 + nearness * 1.1,
            opacity=0.28 + 0.34 * nearness,
        )
        if number % 9 == 0:
            y = SIDE - dice.between(4, 70)
            sketch.path(
                f"M{x - 5:.1f} {y:.1f}q2 -6 4.5 -1q2.5 -5 5 1", stroke=tone, width=1.2, opacity=0.5
            )


def _snow(sketch: Sketch, light: Light, dice: Dice) -> None:
    tone = c.lighter(light.on("#ffffff"), 0.7)
    for _ in range(96):
        nearness = dice.unit() ** 2.2
        size = 1.2 + nearness * 3.6
        sketch.ellipse(
            dice.between(0, SIDE),
            dice.between(0, SIDE),
            size,
            size,
            tone,
            opacity=0.9 - 0.3 * nearness,
        )


def _fog(sketch: Sketch, light: Light, dice: Dice) -> None:
    tone = c.lighter(light.haze, 0.25)
    for number in range(5):
        y = 150 + number * 46 + dice.near(0, 14)
        x = dice.between(20, SIDE - 20)
        across, down = dice.between(190, 280), dice.between(22, 34)
        # a drifting bank is a soft disc pressed flat
        with sketch.moved(x, y), sketch.squeezed(across / 100, down / 100):
            fill = sketch.radial(0, 0, 100, ((0, tone, 0.46), (0.55, tone, 0.28), (1, tone, 0)))
            sketch.ellipse(0, 0, 100, 100, fill, is_solid=False)
