"""What stands and hangs in a room: shelves, cabinets, pictures, lamps, plants, a fireplace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.dioramas.drawing import color as c

if TYPE_CHECKING:
    from collections.abc import Callable

    from mllmsent.dioramas.dice import Dice
    from mllmsent.dioramas.drawing.light import Light
    from mllmsent.dioramas.drawing.sketch import Sketch

__all__ = ["PIECES", "draw_fireplace", "draw_lamp", "draw_plant"]

_BOOKS = ("#c86b5a", "#5f8f8b", "#e0b45f", "#6f6f9c", "#d9cfc0", "#7f9f6a", "#a6556b")
_WOODS = ("#8a5d42", "#a5774f", "#6f4f45", "#b08a62")


def _shelves(sketch: Sketch, light: Light, dice: Dice, middle: float, floor: float) -> None:
    """Two shelves with books, a picture above."""
    del floor
    wood = light.on(dice.choose(_WOODS))
    lower = 190 + dice.near(0, 14)
    for y in (lower - dice.between(48, 58), lower):
        _books(sketch, light, dice, left=middle - 44, right=middle + 30, y=y)
        fill = sketch.down(y, y + 6, c.lighter(wood, 0.15), wood)
        sketch.rect(middle - 52, y, 104, 6, fill, corner=2)
    _picture(sketch, light, dice, middle=middle + dice.near(0, 14), y=70)


def _bookcase(sketch: Sketch, light: Light, dice: Dice, middle: float, floor: float) -> None:
    """A tall bookcase down to the floor."""
    wood = light.on(dice.choose(_WOODS))
    top, half = 92 + dice.near(0, 16), 46
    sketch.rect(middle - half - 6, top - 6, half * 2 + 12, floor - top + 12, wood, corner=3)
    rows = 4
    step = (floor - top - 6) / rows
    for row in range(rows):
        y = top + row * step
        sketch.rect(middle - half, y, half * 2, step - 6, c.darker(wood, 0.36))
        _books(
            sketch,
            light,
            dice,
            left=middle - half + 3,
            right=middle + half - 16,
            y=y + step - 6,
            most=step - 12,
        )
    sketch.rect(middle - half - 10, top - 10, half * 2 + 20, 7, c.lighter(wood, 0.16), corner=3)


def _sideboard(sketch: Sketch, light: Light, dice: Dice, middle: float, floor: float) -> None:
    """A low cabinet with a vessel on it, a round mirror above."""
    wood = light.on(dice.choose(_WOODS))
    rim = light.on(dice.choose(("#d9b36a", "#8f8a86", "#7a5340")))
    y = 108 + dice.near(0, 10)
    glass = light.on("#c3d4d8")
    sketch.ellipse(
        middle,
        y,
        33,
        33,
        sketch.down(y - 33, y + 33, c.lighter(glass, 0.5), glass),
        stroke=rim,
        width=6,
    )
    sketch.path(
        f"M{middle - 15} {y + 9}l20 -24M{middle - 4} {y + 16}l14 -17",
        stroke=c.lighter(glass, 0.7),
        width=4,
        opacity=0.7,
    )
    top = floor - 66
    sketch.rect(
        middle - 56, top, 112, 58, sketch.down(top, floor, c.lighter(wood, 0.14), wood), corner=3
    )
    for x in (-48, 6):
        sketch.rect(middle + x, top + 9, 42, 40, stroke=c.darker(wood, 0.26), width=2, corner=2)
        sketch.ellipse(middle + (x + 38 if x < 0 else x + 4), top + 29, 2.4, 2.4, rim)
    for x in (-46, 46):
        sketch.rect(middle + x - 3, floor - 9, 6, 15, c.darker(wood, 0.3))
    jar = light.on(dice.choose(("#5f8f8b", "#c86b5a", "#e8dcc8")))
    at = middle + dice.choose((-30, 26))
    sketch.path(
        f"M{at - 9} {top}C{at - 20} {top - 16} {at - 14} {top - 30} {at - 6} {top - 34}"
        f"H{at + 6}C{at + 14} {top - 30} {at + 20} {top - 16} {at + 9} {top}Z",
        sketch.linear(
            at - 16, 0, at + 16, 0, ((0, c.lighter(jar, 0.2), 1), (1, c.darker(jar, 0.2), 1))
        ),
    )


def _pictures(sketch: Sketch, light: Light, dice: Dice, middle: float, floor: float) -> None:
    """Three pictures and a clock over a narrow table."""
    for x, y in ((-28, 76), (30, 88), (-26, 146)):
        _picture(sketch, light, dice, middle=middle + x, y=y + dice.near(0, 6), scale=0.82)
    face = light.on("#f3ead8")
    sketch.ellipse(middle + 31, 146, 21, 21, face, stroke=light.on("#5a4a48"), width=4)
    sketch.path(
        f"M{middle + 31} 146v-13M{middle + 31} 146l9 5", stroke=light.on("#3a3038"), width=2.4
    )
    wood = light.on(dice.choose(_WOODS))
    sketch.rect(middle - 54, floor - 68, 108, 8, c.lighter(wood, 0.16), corner=3)
    for x in (-46, 46):
        sketch.path(f"M{middle + x} {floor - 60}V{floor + 4}", stroke=wood, width=6)
    _books(
        sketch,
        light,
        dice,
        left=middle - 40,
        right=middle + dice.between(-14, 6),
        y=floor - 68,
        most=30,
    )


PIECES: tuple[Callable[[Sketch, Light, Dice, float, float], None], ...] = (
    _shelves,
    _bookcase,
    _sideboard,
    _pictures,
)
"""What may stand beside the window: drawn around the middle given, on the floor given."""


def _books(
    sketch: Sketch,
    light: Light,
    dice: Dice,
    *,
    left: float,
    right: float,
    y: float,
    most: float = 36,
) -> None:
    """A row of books that stand on the height `y`."""
    x = left
    while x < right:
        width, height = dice.between(6, 12), most * dice.between(0.64, 1.0)
        sketch.rect(x, y - height, width - 0.8, height, light.on(dice.choose(_BOOKS)), corner=1)
        x += width


def _picture(
    sketch: Sketch, light: Light, dice: Dice, *, middle: float, y: float, scale: float = 1.0
) -> None:
    first, second = dice.choose(
        (("#8fb0a6", "#d98f6f"), ("#7f9cc0", "#e3c06f"), ("#b08aa6", "#7fa08a"))
    )
    with sketch.moved(middle, y, scale):
        sketch.rect(
            -27, -34, 54, 52, light.on(dice.choose(("#7a5340", "#4a4650", "#c9a66a"))), corner=2
        )
        sketch.rect(-22, -29, 44, 42, light.on("#efe4d0"))
        sketch.path("M-18 9V-4Q-4 -18 6 -2T18 -4V9Z", light.on(first))
        sketch.ellipse(7, -15, 5.4, 5.4, light.on(second))


def draw_fireplace(sketch: Sketch, light: Light, wall: str, middle: float, floor: float) -> None:
    """A brick fireplace with a mantelpiece; its fire is drawn by whoever lights it."""
    brick = light.on("#a9685a")
    fill = sketch.down(140, floor, c.lighter(brick, 0.1), brick)
    sketch.rect(middle - 56, 140, 112, floor - 138, fill)
    for row in range(9):
        y = 152 + row * 14
        for x in range(-52 + 11 * (row % 2), 50, 22):
            line = c.darker(brick, 0.22)
            sketch.path(f"M{middle + x} {y}h15", stroke=line, width=1.6, opacity=0.6)
    sketch.rect(middle - 64, 130, 128, 13, c.lighter(wall, 0.35), corner=3)
    sketch.path(
        f"M{middle - 37} {floor + 2}V190C{middle - 37} 158 {middle + 37} 158 {middle + 37} 190"
        f"V{floor + 2}Z",
        "#2a1c20",
    )
    sketch.rect(middle - 62, floor - 14, 124, 20, light.on("#8f8a86"), corner=2)


def draw_lamp(sketch: Sketch, light: Light, dice: Dice, *, is_warm: bool) -> None:
    """A lamp on the ceiling, in one of three shapes."""
    shade = light.shining("#ffe2a6" if is_warm else "#dfeaf6")
    strength = (0.62 if light.is_dark else 0.4) * (1.0 if is_warm else 0.6)
    sketch.glow(192, 52, 150, "#ffd591" if is_warm else "#c9defa", strength)
    cord = light.on("#4a4048")
    shape = dice.choose(("bell", "globe", "cone"))
    if shape == "globe":
        sketch.path("M192 0V22", stroke=cord, width=2.4)
        fill = sketch.radial(186, 36, 34, ((0, c.lighter(shade, 0.7), 1), (1, shade, 1)))
        sketch.ellipse(192, 42, 22, 22, fill)
        return
    sketch.path("M192 0V24", stroke=cord, width=2.4)
    outline = {
        "bell": "M164 52C166 34 178 22 192 22S218 34 220 52Z",
        "cone": "M160 54L182 24H202L224 54Z",
    }[shape]
    sketch.path(outline, sketch.down(22, 54, c.darker(shade, 0.22), shade))
    sketch.ellipse(192, 53, 29 if shape == "bell" else 32, 4.5, c.lighter(shade, 0.6))


def draw_plant(sketch: Sketch, light: Light, dice: Dice, x: float, base: float) -> None:
    """A plant in a pot, in one of three kinds."""
    leaf = light.on(dice.choose(("#5f9070", "#6f9a58", "#4f8078")))
    pot = light.on(dice.choose(("#d08a62", "#e8dcc8", "#7f92a0")))
    kind = dice.choose(("broad", "tall", "round"))
    with sketch.moved(x, base, 1.1):
        sketch.shadow(0, 0, 22, 4, 0.25)
        if kind == "round":
            for dx, dy, r in ((0, -58, 21), (-15, -46, 15), (16, -46, 15), (0, -40, 16)):
                fill = sketch.radial(
                    dx - 5,
                    dy - 7,
                    r * 1.6,
                    ((0, c.lighter(leaf, 0.22), 1), (1, c.darker(leaf, 0.14), 1)),
                )
                sketch.ellipse(dx, dy, r, r, fill)
        else:
            turns = (-52, -26, 0, 24, 50) if kind == "broad" else (-17, -6, 5, 16)
            length = 1.0 if kind == "broad" else 1.55
            for turn in turns:
                with sketch.moved(0, -26, length, turn):
                    sketch.path(
                        "M0 4C-11 -12 -10 -34 0 -50C10 -34 11 -12 0 4Z",
                        c.lighter(leaf, 0.12) if turn % 4 else leaf,
                    )
                    sketch.path("M0 2V-40", stroke=c.darker(leaf, 0.2), width=1.3)
        fill = sketch.linear(
            -16, 0, 16, 0, ((0, c.lighter(pot, 0.16), 1), (1, c.darker(pot, 0.16), 1))
        )
        sketch.path("M-16 -28H16L12 1H-12Z", fill)
        sketch.rect(-18, -32, 36, 8, pot, corner=3)
