"""A beach: sand, surf, water that carries the light, a headland far off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.dioramas.dice import Dice
from mllmsent.dioramas.drawing import color as c
from mllmsent.dioramas.drawing.settings.stage import Stage
from mllmsent.dioramas.drawing.sketch import SIDE
from mllmsent.dioramas.drawing.sky import draw_sky, sun_place

if TYPE_CHECKING:
    from mllmsent.dioramas.drawing.light import Light
    from mllmsent.dioramas.drawing.sketch import Sketch
    from mllmsent.dioramas.scene import Scene

__all__ = ["draw"]

_HORIZON = 196.0
_SHORE = 286.0


def draw(sketch: Sketch, light: Light, scene: Scene, dice: Dice) -> Stage:
    """Draw it, sky included."""
    draw_sky(sketch, light, scene, _HORIZON)
    is_rough = scene.weather == "storm"
    _headland(sketch, light, dice, is_right=scene.layout % 2 == 1)
    near = light.on("#2f8fa8" if not is_rough else "#3d6675")
    far = c.mix(light.on("#4fb0c4", 0.5), light.sky[2], 0.45)
    sketch.rect(0, _HORIZON, SIDE, SIDE - _HORIZON, sketch.down(_HORIZON, _SHORE, far, near))
    # the water's chance is its own: rough or calm, the beach stays as it is
    water = Dice(scene.layout, "water")
    _glitter(sketch, light, scene, Dice(scene.layout, "glitter"))
    if water.happens(0.45) and not is_rough:
        _sailboat(sketch, light, SIDE * (0.62 if scene.layout % 2 else 0.34), _HORIZON + 9)
    _waves(sketch, light, water, is_rough=is_rough)
    _sand(sketch, light, dice)
    return Stage(ground=310)


def _headland(sketch: Sketch, light: Light, dice: Dice, *, is_right: bool) -> None:
    for depth, reach, top in (
        (0.95, 170 + dice.near(0, 20), 172),
        (0.72, 108 + dice.near(0, 18), 160),
    ):
        lit = light.on(light.snowed("#6f8f84", 0.4), depth)
        edge, inner = (SIDE + 2, SIDE - reach) if is_right else (-2, reach)
        middle = (edge + inner) / 2
        sketch.path(
            f"M{edge} {_HORIZON + 2}V{top - 10}C{(edge + middle) / 2:.1f} {top - 12} {middle:.1f} {top}"
            f" {(middle + inner) / 2:.1f} {top + 18:.1f}S{inner:.1f} {_HORIZON} {inner:.1f} "
            f"{_HORIZON + 2}Z",
            sketch.down(top - 12, _HORIZON, c.lighter(lit, 0.1), c.mix(lit, light.haze, 0.3)),
        )


def _glitter(sketch: Sketch, light: Light, scene: Scene, dice: Dice) -> None:
    if scene.weather in {"rain", "storm"}:
        return
    middle, _ = sun_place(scene, _HORIZON)
    shine = {"night": "#dfe8ff", "dusk": "#ffd09a", "dawn": "#fff0cc"}.get(scene.time, "#ffffff")
    for number in range(22):
        y = _HORIZON + 3 + number * 3.9
        half = dice.between(4, 12 + number * 1.5)
        x = middle + dice.near(0, 8 + number * 1.3)
        sketch.path(
            f"M{x - half:.1f} {y:.1f}H{x + half:.1f}",
            stroke=light.shining(shine),
            width=1.9,
            opacity=dice.between(0.25, 0.75),
            is_solid=False,
        )


def _sailboat(sketch: Sketch, light: Light, x: float, y: float) -> None:
    with sketch.moved(x, y, 0.9):
        sketch.path("M-15 0H15L10 7H-10Z", light.on("#8a4f3d", 0.4))
        sketch.path("M-1 -3V-36C8 -26 13 -14 14 -3Z", light.on("#fff6e8", 0.25))
        sketch.path("M-3 -3V-29C-9 -20 -12 -12 -13 -3Z", light.on("#f0d9c0", 0.25))


def _waves(sketch: Sketch, light: Light, dice: Dice, *, is_rough: bool) -> None:
    crest = c.mix(light.on("#dff3f2"), light.sky[2], 0.3)
    for row in range(5):
        y = _HORIZON + 14 + row * row * 4.2 + row * 4
        size = (9 + row * 8) * (1.35 if is_rough else 1.0)
        height = size * (0.5 if is_rough else 0.22)
        x = dice.between(-30, 30)
        while x < SIDE + 30:
            if dice.happens(0.62):
                sketch.path(
                    f"M{x:.1f} {y:.1f}q{size * 0.5:.1f} {-height:.1f} {size:.1f} 0"
                    f"q{size * 0.5:.1f} {-height * 0.8:.1f} {size:.1f} 0",
                    stroke=crest,
                    width=1.2 + row * (0.55 if is_rough else 0.32),
                    opacity=0.62,
                )
            x += size * dice.between(2.2, 3.4)


def _sand(sketch: Sketch, light: Light, dice: Dice) -> None:
    wet, dry = light.on(light.snowed("#cfae80", 0.6)), light.on(light.snowed("#efd6a4", 0.8))
    edge = f"C{SIDE * 0.2} {_SHORE - 14} {SIDE * 0.36} {_SHORE + 16} {SIDE * 0.56} {_SHORE + 2}"
    edge += f"S{SIDE * 0.86} {_SHORE - 12} {SIDE + 4} {_SHORE + 4}V{SIDE + 2}H-4Z"
    foam = light.on("#f7fbfa")
    sketch.path(f"M-4 {_SHORE - 2}{edge}", foam, opacity=0.92)
    with sketch.moved(0, 6):
        sketch.path(f"M-4 {_SHORE}{edge}", sketch.down(_SHORE, SIDE, wet, c.mix(wet, dry, 0.7)))
    with sketch.moved(0, 24):
        sketch.path(f"M-4 {_SHORE + 2}{edge}", sketch.down(_SHORE, SIDE, dry, c.darker(dry, 0.12)))
    for _ in range(26):
        x, y = dice.between(0, SIDE), dice.between(_SHORE + 42, SIDE)
        sketch.ellipse(x, y, dice.between(1, 2.4), 1.1, c.darker(dry, 0.22), opacity=0.5)
    shell = light.on("#f7e4dc")
    x, y = dice.between(120, 260), dice.between(346, 372)
    sketch.path(f"M{x} {y}l-6 -6a8 8 0 0 1 12 0Z", shell)
