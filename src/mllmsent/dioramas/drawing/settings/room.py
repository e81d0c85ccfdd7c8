"""A room: a window on the weather, a lamp, shelves, a rug; with fire, a fireplace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.dioramas.drawing import color as c
from mllmsent.dioramas.drawing.light import light_of
from mllmsent.dioramas.drawing.nature import hill, round_tree
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
_WALLS = {"warm": ("#e9c39b", "#dfa98c", "#d9b88f"), "cold": ("#a9b8c6", "#b3bcc4", "#9fb3bd")}


def draw(sketch: Sketch, light: Light, scene: Scene, dice: Dice) -> Stage:
    """Draw it, the view from its window included."""
    is_left = scene.layout % 2 == 0
    wall = light.on(dice.choose(_WALLS[scene.light]))
    sketch.rect(
        0, 0, SIDE, _FLOOR + 2, sketch.down(0, _FLOOR, c.darker(wall, 0.1), c.lighter(wall, 0.06))
    )
    for x in range(12, SIDE, 24):
        sketch.path(f"M{x} 0V{_FLOOR}", stroke=c.darker(wall, 0.08), width=5, opacity=0.35)
    _floor(sketch, light, wall)
    window = Box(26 if is_left else 248, 44, 110, 132)
    _window(sketch, light, scene, dice, window)
    # a fireplace stands near the edge, where people do not hide its fire
    reach = 46 if "fire" in scene.objects else 66
    side = SIDE - reach if is_left else reach
    if "fire" in scene.objects:
        _mantel(sketch, light, wall, side)
    else:
        _shelves(sketch, light, dice, side)
    _frame(sketch, light, dice, side, 74)
    _pendant(sketch, light, scene)
    _plant(sketch, light, 30 if is_left else 354, 300)
    # between the curtains
    pane = Box(window.x + 20, window.y, window.width - 40, window.height)
    return Stage(window=pane, hearth=(side, _FLOOR - 6), ground=_FLOOR + 20)


def _floor(sketch: Sketch, light: Light, wall: str) -> None:
    wood = light.on("#b27f58")
    sketch.rect(
        0, _FLOOR, SIDE, SIDE - _FLOOR, sketch.down(_FLOOR, SIDE, c.darker(wood, 0.2), wood)
    )
    for row, y in enumerate((_FLOOR + 16, _FLOOR + 38, _FLOOR + 68, _FLOOR + 104)):
        sketch.path(f"M0 {y}H{SIDE}", stroke=c.darker(wood, 0.34), width=1.3, opacity=0.7)
        for x in range(-20 + 53 * (row % 2), SIDE, 106):
            sketch.path(
                f"M{x} {y}v{14 + row * 8}", stroke=c.darker(wood, 0.34), width=1.1, opacity=0.6
            )
    sketch.rect(0, _FLOOR - 11, SIDE, 12, c.lighter(wall, 0.42))
    rug = light.on("#a8615c")
    sketch.ellipse(192, 346, 150, 40, rug)
    sketch.ellipse(192, 346, 136, 34, stroke=light.on("#ecd3a8"), width=3.4)
    sketch.ellipse(192, 346, 92, 21, light.on("#c98a68"))


def _window(sketch: Sketch, light: Light, scene: Scene, dice: Dice, box: Box) -> None:
    outside = light_of(scene)
    frame = c.lighter(light.on("#efe3d3"), 0.2)
    sketch.rect(box.x - 8, box.y - 8, box.width + 16, box.height + 16, frame, corner=3)
    outline = f"M{box.x} {box.y}h{box.width}v{box.height}h{-box.width}Z"
    with sketch.clipped(outline):
        with sketch.moved(box.x - 10, box.y, 0.36):
            draw_sky(sketch, outside, scene, dice, 290)
            hill(sketch, outside, left=300, middle=280, right=296, color="#7fa876", depth=0.6)
            round_tree(
                sketch, outside, dice, x=90 + dice.near(0, 40), base=318, scale=1.1, depth=0.4
            )
            hill(sketch, outside, left=322, middle=326, right=318, color="#78a85f", depth=0.2)
        with sketch.moved(box.x - 10, box.y, 0.36):
            draw_weather(sketch, outside, scene, dice)
    bars = f"M{box.x + box.width / 2} {box.y}v{box.height}M{box.x} {box.y + box.height * 0.42}h{box.width}"
    sketch.path(bars, stroke=frame, width=5)
    sketch.rect(
        box.x - 15, box.y + box.height + 5, box.width + 30, 9, c.darker(frame, 0.06), corner=3
    )
    curtain = light.on("#c9766a" if scene.light == "warm" else "#7f92ac")
    for sign, edge in ((1, box.x - 14), (-1, box.x + box.width + 14)):
        wide = sign * 26
        fill = sketch.linear(
            edge,
            0,
            edge + wide,
            0,
            ((0, c.lighter(curtain, 0.12), 1), (0.5, curtain, 1), (1, c.darker(curtain, 0.2), 1)),
        )
        sketch.path(
            f"M{edge} {box.y - 14}h{wide}C{edge + wide} {box.y + 60} {edge + wide * 0.4} "
            f"{box.y + 92} {edge + wide * 0.72} {box.y + box.height + 22}H{edge}Z",
            fill,
        )
    sketch.path(f"M{box.x - 22} {box.y - 15}h{box.width + 44}", stroke=light.on("#6d4a3a"), width=5)


def _shelves(sketch: Sketch, light: Light, dice: Dice, middle: float) -> None:
    wood = light.on("#8a5d42")
    books = ("#c86b5a", "#5f8f8b", "#e0b45f", "#6f6f9c", "#d9cfc0", "#7f9f6a", "#a6556b")
    for y in (150.0, 204.0):
        x = middle - 44
        while x < middle + 30:
            width, height = dice.between(6, 12), dice.between(23, 36)
            sketch.rect(x, y - height, width - 0.8, height, light.on(dice.choose(books)), corner=1)
            x += width
        sketch.rect(
            middle - 52, y, 104, 6, sketch.down(y, y + 6, c.lighter(wood, 0.15), wood), corner=2
        )


def _mantel(sketch: Sketch, light: Light, wall: str, middle: float) -> None:
    brick = light.on("#a9685a")
    sketch.rect(
        middle - 56, 140, 112, _FLOOR - 138, sketch.down(140, _FLOOR, c.lighter(brick, 0.1), brick)
    )
    for row in range(9):
        y = 152 + row * 14
        for x in range(-52 + 11 * (row % 2), 50, 22):
            sketch.path(
                f"M{middle + x} {y}h15", stroke=c.darker(brick, 0.22), width=1.6, opacity=0.6
            )
    sketch.rect(middle - 64, 130, 128, 13, c.lighter(wall, 0.35), corner=3)
    sketch.path(
        f"M{middle - 37} {_FLOOR + 2}V190C{middle - 37} 158 {middle + 37} 158 {middle + 37} 190"
        f"V{_FLOOR + 2}Z",
        "#2a1c20",
    )
    sketch.rect(middle - 62, _FLOOR - 14, 124, 20, light.on("#8f8a86"), corner=2)


def _frame(sketch: Sketch, light: Light, dice: Dice, middle: float, y: float) -> None:
    sketch.rect(middle - 27, y - 34, 54, 52, light.on("#7a5340"), corner=2)
    sketch.rect(middle - 22, y - 29, 44, 42, light.on("#efe4d0"))
    first, second = dice.choose(
        (("#8fb0a6", "#d98f6f"), ("#7f9cc0", "#e3c06f"), ("#b08aa6", "#7fa08a"))
    )
    sketch.path(
        f"M{middle - 18} {y + 9}V{y - 4}Q{middle - 4} {y - 18} {middle + 6} {y - 2}T{middle + 18} "
        f"{y - 4}V{y + 9}Z",
        light.on(first),
    )
    sketch.ellipse(middle + 7, y - 15, 5.4, 5.4, light.on(second))


def _pendant(sketch: Sketch, light: Light, scene: Scene) -> None:
    is_warm = scene.light == "warm"
    shade = light.shining("#ffe2a6" if is_warm else "#dfeaf6")
    strength = 0.62 if light.is_dark else 0.4
    sketch.glow(
        192, 52, 150, "#ffd591" if is_warm else "#c9defa", strength if is_warm else strength * 0.6
    )
    sketch.path("M192 0V22", stroke=light.on("#4a4048"), width=2.4)
    sketch.path(
        "M164 52C166 34 178 22 192 22S218 34 220 52Z",
        sketch.down(22, 52, c.darker(shade, 0.22), shade),
    )
    sketch.ellipse(192, 52, 28, 4.5, c.lighter(shade, 0.6))


def _plant(sketch: Sketch, light: Light, x: float, base: float) -> None:
    leaf, pot = light.on("#5f9070"), light.on("#d08a62")
    with sketch.moved(x, base, 1.1):
        sketch.shadow(0, 0, 22, 4, 0.25)
        for turn in (-52, -26, 0, 24, 50):
            with sketch.moved(0, -26, 1.0, turn):
                sketch.path(
                    "M0 4C-11 -12 -10 -34 0 -50C10 -34 11 -12 0 4Z",
                    c.lighter(leaf, 0.12) if turn % 4 else leaf,
                )
                sketch.path("M0 2V-40", stroke=c.darker(leaf, 0.2), width=1.3)
        sketch.path(
            "M-16 -28H16L12 1H-12Z",
            sketch.linear(
                -16, 0, 16, 0, ((0, c.lighter(pot, 0.16), 1), (1, c.darker(pot, 0.16), 1))
            ),
        )
        sketch.rect(-18, -32, 36, 8, pot, corner=3)
