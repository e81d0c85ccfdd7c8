"""A room: a window on the weather, a lamp, furniture, a rug; with fire, a fireplace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.dioramas.drawing import color as c
from mllmsent.dioramas.drawing.light import light_of
from mllmsent.dioramas.drawing.nature import hill, round_tree
from mllmsent.dioramas.drawing.settings import furniture
from mllmsent.dioramas.drawing.settings.stage import Box, Stage
from mllmsent.dioramas.drawing.sketch import SIDE
from mllmsent.dioramas.drawing.sky import draw_sky
from mllmsent.dioramas.drawing.weather import draw_weather

if TYPE_CHECKING:
    from mllmsent.dioramas.dice import Dice
    from mllmsent.dioramas.drawing.light import Light
    from mllmsent.dioramas.drawing.sketch import Sketch
    from mllmsent.dioramas.scene import Scene

__all__ = ["draw"]

_FLOOR = 272.0
_WALLS = ("#e6c7a4", "#dcb09a", "#cfc6a8", "#b9c7bd", "#b7c0d0", "#d6bcc0")
_WOODS = ("#b27f58", "#94684a", "#c79a6e", "#8d7664")
_CLOTHS = ("#c9766a", "#7f92ac", "#8a9f7a", "#c9a05f", "#9a7f9f")


def draw(sketch: Sketch, light: Light, scene: Scene, dice: Dice) -> Stage:
    """Draw it, the view from its window included."""
    is_left = scene.layout % 2 == 0
    wall = light.on(dice.choose(_WALLS))
    fill = sketch.down(0, _FLOOR, c.darker(wall, 0.1), c.lighter(wall, 0.06))
    sketch.rect(0, 0, SIDE, _FLOOR + 2, fill)
    _wallpaper(sketch, dice, wall)
    _floor(sketch, light, dice, wall)
    width, height = dice.between(94, 118), dice.between(108, 142)
    middle = 82 + dice.near(0, 8)
    window = Box((middle if is_left else SIDE - middle) - width / 2, 44, width, height)
    _window(sketch, light, scene, dice, window)
    # what stands there is drawn by chance even where a fireplace takes its place
    side = SIDE - 66 if is_left else 66
    piece = dice.choose(furniture.PIECES)
    if "fire" in scene.objects:
        # near the edge, where people do not hide the fire
        side = SIDE - 46 if is_left else 46
        furniture.draw_fireplace(sketch, light, wall, side, _FLOOR)
    else:
        piece(sketch, light, dice, side, _FLOOR)
    furniture.draw_lamp(sketch, light, dice, is_warm=scene.light == "warm")
    furniture.draw_plant(sketch, light, dice, 30 if is_left else 354, 300)
    # between the curtains
    pane = Box(window.x + 18, window.y, window.width - 36, window.height)
    return Stage(window=pane, hearth=(side, _FLOOR - 6), ground=_FLOOR + 20)


def _wallpaper(sketch: Sketch, dice: Dice, wall: str) -> None:
    pattern = dice.choose(("stripes", "plain", "dots", "panels"))
    if pattern == "stripes":
        for x in range(12, SIDE, 24):
            sketch.path(f"M{x} 0V{_FLOOR}", stroke=c.darker(wall, 0.08), width=5, opacity=0.35)
    elif pattern == "dots":
        for row in range(7):
            for x in range(16 + 20 * (row % 2), SIDE, 40):
                sketch.ellipse(x, 16 + row * 34, 3.4, 3.4, c.lighter(wall, 0.3), opacity=0.6)
    elif pattern == "panels":
        sketch.rect(0, 196, SIDE, _FLOOR - 196, c.darker(wall, 0.12))
        sketch.rect(0, 192, SIDE, 7, c.lighter(wall, 0.3))
        for x in range(-10, SIDE, 62):
            sketch.rect(x, 208, 46, 46, stroke=c.darker(wall, 0.24), width=2, corner=2)


def _floor(sketch: Sketch, light: Light, dice: Dice, wall: str) -> None:
    wood = light.on(dice.choose(_WOODS))
    fill = sketch.down(_FLOOR, SIDE, c.darker(wood, 0.2), wood)
    sketch.rect(0, _FLOOR, SIDE, SIDE - _FLOOR, fill)
    line = c.darker(wood, 0.34)
    for row, y in enumerate((_FLOOR + 16, _FLOOR + 38, _FLOOR + 68, _FLOOR + 104)):
        sketch.path(f"M0 {y}H{SIDE}", stroke=line, width=1.3, opacity=0.7)
        for x in range(-20 + 53 * (row % 2), SIDE, 106):
            sketch.path(f"M{x} {y}v{14 + row * 8}", stroke=line, width=1.1, opacity=0.6)
    sketch.rect(0, _FLOOR - 11, SIDE, 12, c.lighter(wall, 0.42))
    rug, rim = light.on(dice.choose(_CLOTHS)), light.on("#ecd3a8")
    if dice.happens(0.5):
        sketch.ellipse(192, 346, 150, 40, c.darker(rug, 0.16))
        sketch.ellipse(192, 346, 136, 34, stroke=rim, width=3.4)
        sketch.ellipse(192, 346, 92, 21, rug)
    else:
        sketch.path("M96 308H288L340 378H44Z", c.darker(rug, 0.16))
        sketch.path("M108 314H276L322 372H62Z", stroke=rim, width=3)
        for number in range(3):
            y = 326 + number * 15
            sketch.path(f"M{102 - number * 14} {y}H{282 + number * 14}", stroke=rug, width=7)


def _window(sketch: Sketch, light: Light, scene: Scene, dice: Dice, box: Box) -> None:
    outside = light_of(scene)
    frame = c.lighter(light.on("#efe3d3"), 0.2)
    sketch.rect(box.x - 8, box.y - 8, box.width + 16, box.height + 16, frame, corner=3)
    tree = 60 + dice.unit() * 160
    with (
        sketch.clipped(f"M{box.x} {box.y}h{box.width}v{box.height}h{-box.width}Z"),
        sketch.moved(box.x - 10, box.y - 4, 0.39),
    ):
        draw_sky(sketch, outside, scene, 290)
        hill(sketch, outside, left=300, middle=280, right=296, color="#7fa876", depth=0.6)
        round_tree(sketch, outside, dice, x=tree, base=318, scale=1.1, depth=0.4)
        hill(sketch, outside, left=322, middle=326, right=318, color="#78a85f", depth=0.2)
        draw_weather(sketch, outside, scene)
    across, down = box.x + box.width / 2, box.y + box.height * dice.choose((0.36, 0.44, 0.5))
    sketch.path(f"M{across} {box.y}v{box.height}M{box.x} {down}h{box.width}", stroke=frame, width=5)
    bottom = box.y + box.height
    sketch.rect(box.x - 15, bottom + 5, box.width + 30, 9, c.darker(frame, 0.06), corner=3)
    _curtains(sketch, light, dice, box)


def _curtains(sketch: Sketch, light: Light, dice: Dice, box: Box) -> None:
    cloth, bottom = light.on(dice.choose(_CLOTHS)), box.y + box.height
    for sign, edge in ((1, box.x - 14), (-1, box.x + box.width + 14)):
        wide = sign * 26
        fill = sketch.linear(
            edge,
            0,
            edge + wide,
            0,
            ((0, c.lighter(cloth, 0.12), 1), (0.5, cloth, 1), (1, c.darker(cloth, 0.2), 1)),
        )
        sketch.path(
            f"M{edge} {box.y - 14}h{wide}C{edge + wide} {box.y + 60} {edge + wide * 0.4} "
            f"{box.y + 92} {edge + wide * 0.72} {bottom + 22}H{edge}Z",
            fill,
        )
    sketch.path(f"M{box.x - 22} {box.y - 15}h{box.width + 44}", stroke=light.on("#6d4a3a"), width=5)
