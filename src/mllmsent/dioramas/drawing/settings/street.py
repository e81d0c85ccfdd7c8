"""A street of townhouses, a pavement in front."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from mllmsent.dioramas.drawing import color as c
from mllmsent.dioramas.drawing.settings.park import lamp
from mllmsent.dioramas.drawing.settings.stage import Box, Stage
from mllmsent.dioramas.drawing.sketch import SIDE
from mllmsent.dioramas.drawing.sky import draw_sky

if TYPE_CHECKING:
    from mllmsent.dioramas.dice import Dice
    from mllmsent.dioramas.drawing.light import Light
    from mllmsent.dioramas.drawing.sketch import Sketch
    from mllmsent.dioramas.scene import Scene

__all__ = ["draw"]

_HORIZON = 190.0
_FOOT = 276.0
_WALLS = ("#d98f6f", "#e3b778", "#7fa3a8", "#c97b78", "#94a978", "#d8c6a4", "#8f86ad")


def draw(sketch: Sketch, light: Light, scene: Scene, dice: Dice) -> Stage:
    """Draw it, sky included."""
    draw_sky(sketch, light, scene, _HORIZON)
    _far_houses(sketch, light, dice)
    walls = dice.shuffled(_WALLS)
    edges = (-14, 92 + dice.near(0, 6), 192 + dice.near(0, 8), 292 + dice.near(0, 6), 398)
    # the house at one edge is tall, with a large upper window that nobody's head can hide
    tall = 0 if scene.layout % 2 else 3
    panes = [
        _house(
            sketch,
            light,
            dice,
            x=left,
            width=right - left,
            color=walls[number],
            is_tall=number == tall,
        )
        for number, (left, right) in enumerate(itertools.pairwise(edges))
    ]
    _ground(sketch, light)
    lamp(sketch, light, 360 if scene.layout % 2 else 24, 296, 1.12)
    return Stage(ground=300, window=panes[tall])


def _far_houses(sketch: Sketch, light: Light, dice: Dice) -> None:
    x = -8.0
    while x < SIDE:
        width, height = dice.between(30, 52), dice.between(176, 232)
        lit = light.on("#8f93ae", 0.85)
        sketch.rect(
            x,
            _FOOT - height,
            width,
            height,
            sketch.down(_FOOT - height, _FOOT, lit, c.mix(lit, light.haze, 0.5)),
        )
        x += width + dice.between(8, 34)


def _house(
    sketch: Sketch,
    light: Light,
    dice: Dice,
    *,
    x: float,
    width: float,
    color: str,
    is_tall: bool,
) -> Box:
    """A townhouse; its largest upper window is what comes back."""
    height = 176 if is_tall else 130 + dice.near(0, 30)
    wall, top = light.on(color, 0.18), _FOOT - height
    fill = sketch.down(top, _FOOT, c.lighter(wall, 0.08), c.darker(wall, 0.14))
    sketch.rect(x, top, width + 0.6, height, fill)
    roof = light.on(light.snowed("#6d4f57", 0.85), 0.18)
    if dice.happens(0.5):
        sketch.path(
            f"M{x - 3} {top + 1}L{x + width * 0.5} {top - 32}L{x + width + 3} {top + 1}Z", roof
        )
    else:
        sketch.rect(x - 3, top - 9, width + 6, 11, roof, corner=3)
    _door(sketch, light, dice, x + width * 0.5, c.lighter(wall, 0.45))
    if is_tall:
        # in the part of the house that the picture does not cut off
        pane = Box(x + (18 if x < SIDE / 2 else 20), top + 14, 66, 60)
        _window(sketch, light, pane, c.lighter(wall, 0.45), is_lit=light.is_dark)
        return pane
    rows = 2 if height < 140 else 3
    panes = [
        Box(x + width * share, top + 14 + row * (height - 74) / (rows - 0.4), width * 0.24, 27)
        for row in range(rows)
        for share in (0.16, 0.6)
    ]
    for pane in panes:
        _window(
            sketch, light, pane, c.lighter(wall, 0.45), is_lit=dice.happens(0.55) and light.is_dark
        )
    return panes[0]


def _window(sketch: Sketch, light: Light, pane: Box, trim: str, *, is_lit: bool) -> None:
    glass = light.shining("#ffd98c") if is_lit else light.on("#6f8da3", 0.2)
    x, y, width, height = pane.x, pane.y, pane.width, pane.height
    sketch.rect(x - 3, y - 3, width + 6, height + 6, trim, corner=2)
    sketch.rect(x, y, width, height, sketch.down(y, y + height, c.lighter(glass, 0.2), glass))
    sketch.rect(x - 5, y + height + 2, width + 10, 4, trim, corner=2)
    sketch.path(f"M{x + width / 2:.1f} {y}v{height}", stroke=trim, width=2)


def _door(sketch: Sketch, light: Light, dice: Dice, middle: float, trim: str) -> None:
    door = light.on(dice.choose(("#4f6f78", "#7b4a4a", "#5b6b4a", "#3f4f74")), 0.15)
    sketch.path(
        f"M{middle - 14} {_FOOT}V{_FOOT - 38}Q{middle} {_FOOT - 50} {middle + 14} {_FOOT - 38}"
        f"V{_FOOT}Z",
        door,
        stroke=trim,
        width=2.4,
    )
    sketch.ellipse(middle + 8, _FOOT - 18, 1.9, 1.9, light.on("#f2d58a"))
    if dice.happens(0.5):
        _awning(sketch, light, middle, dice)


def _awning(sketch: Sketch, light: Light, middle: float, dice: Dice) -> None:
    first = light.on(dice.choose(("#c85a54", "#3f8f88", "#d79b3f")), 0.12)
    second = light.on("#fbf1e2", 0.12)
    for stripe in range(6):
        left = middle - 30 + stripe * 10
        sketch.path(
            f"M{left + 2} {_FOOT - 60}H{left + 11}L{left + 12 - 2} {_FOOT - 46}a5 5 0 0 1 -10 0Z",
            first if stripe % 2 else second,
        )


def _ground(sketch: Sketch, light: Light) -> None:
    stone = light.on(light.snowed("#c7bfb6", 0.75), 0.1)
    road = light.on(light.snowed("#6f7480", 0.5))
    sketch.rect(0, _FOOT, SIDE, 42, sketch.down(_FOOT, _FOOT + 42, c.darker(stone, 0.1), stone))
    for x in range(-30, SIDE + 60, 46):
        sketch.path(
            f"M{192 + (x - 192) * 0.9:.1f} {_FOOT + 1}L{192 + (x - 192) * 1.12:.1f} {_FOOT + 42}",
            stroke=c.darker(stone, 0.16),
            width=1.2,
            opacity=0.7,
        )
    sketch.rect(0, _FOOT + 40, SIDE, 7, c.darker(stone, 0.26))
    sketch.rect(0, _FOOT + 46, SIDE, 80, sketch.down(_FOOT + 46, SIDE, road, c.darker(road, 0.2)))
    for x in range(-10, SIDE, 86):
        sketch.path(f"M{x} 352h44l-4 7h-46Z", light.on("#efe9da"), opacity=0.75)
