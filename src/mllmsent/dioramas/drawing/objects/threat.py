"""Things that warn: fire, a broken window, a spider, a snake.

Every object is drawn around (0, 0), the middle of its foot on the ground, about 90 units wide.
"""

from __future__ import annotations

import itertools
from math import cos, radians, sin
from typing import TYPE_CHECKING

from mllmsent.dioramas.drawing import color as c

if TYPE_CHECKING:
    from mllmsent.dioramas.dice import Dice
    from mllmsent.dioramas.drawing.light import Light
    from mllmsent.dioramas.drawing.settings import Box
    from mllmsent.dioramas.drawing.sketch import Sketch

__all__ = [
    "draw_blaze",
    "draw_broken_window",
    "draw_campfire",
    "draw_hearth_fire",
    "draw_snake",
    "draw_spider",
]


def _flames(sketch: Sketch, light: Light, width: float, height: float) -> None:
    for part, shade, rise in (
        (1.0, "#e8452f", 1.0),
        (0.72, "#f7872f", 0.76),
        (0.44, "#ffc94a", 0.52),
        (0.2, "#fff2b8", 0.28),
    ):
        w, h = width * part / 2, height * rise
        sketch.path(
            f"M{-w:.1f} -4C{-w * 1.25:.1f} {-h * 0.34:.1f} {-w * 0.55:.1f} {-h * 0.42:.1f} {-w * 0.62:.1f} "
            f"{-h * 0.74:.1f}C{-w * 0.2:.1f} {-h * 0.62:.1f} {-w * 0.12:.1f} {-h * 0.8:.1f} {w * 0.06:.1f} {-h:.1f}"
            f"C{w * 0.3:.1f} {-h * 0.74:.1f} {w * 0.36:.1f} {-h * 0.6:.1f} {w * 0.66:.1f} {-h * 0.66:.1f}"
            f"C{w * 0.6:.1f} {-h * 0.42:.1f} {w * 1.28:.1f} {-h * 0.34:.1f} {w:.1f} -4Q0 6 {-w:.1f} -4Z",
            light.shining(shade),
        )


def draw_campfire(sketch: Sketch, light: Light, dice: Dice) -> None:
    """A small fire on logs, within a ring of stones."""
    sketch.glow(0, -34, 150, "#ff9a3d", 0.5)
    sketch.shadow(0, 0, 50, 7)
    wood = light.on_figure("#7a4f38")
    for turn in (-16, 16):
        with sketch.moved(0, -9, turn=turn):
            sketch.rect(
                -40,
                -6,
                80,
                12,
                sketch.down(-6, 6, c.lighter(wood, 0.2), c.darker(wood, 0.3)),
                corner=6,
            )
            sketch.ellipse(-36, 0, 4.6, 5.4, light.on_figure("#d9b48a"))
    with sketch.moved(0, -10):
        _flames(sketch, light, 62, 88)
    for number in range(7):
        x = -46 + number * 15.3
        sketch.ellipse(x, 2 + dice.near(0, 1.5), 8.5, 6.5, light.on_figure("#8f8d94"))
    for x, y in ((-14, -104), (12, -116), (24, -92)):
        sketch.ellipse(x, y, 2, 2, light.shining("#ffc85a"))


def draw_blaze(sketch: Sketch, light: Light, dice: Dice) -> None:
    """A burning litter bin, with black smoke."""
    for x, y, r, strength in ((16, -186, 48, 0.34), (-12, -152, 40, 0.42), (8, -124, 30, 0.5)):
        across = x + dice.near(0, 4)
        smoke = sketch.radial(
            across,
            y,
            r,
            ((0, "#2a2730", strength * 1.5), (0.6, "#2a2730", strength), (1, "#2a2730", 0)),
        )
        sketch.ellipse(across, y, r, r, smoke, is_solid=False)
    sketch.glow(0, -70, 165, "#ff7a2d", 0.55)
    sketch.shadow(0, 0, 44, 7)
    with sketch.moved(0, -52):
        _flames(sketch, light, 76, 96)
    iron = light.on_figure("#565a66")
    sketch.path(
        "M-34 -64H34L27 2H-27Z",
        sketch.linear(-34, 0, 34, 0, ((0, c.lighter(iron, 0.24), 1), (1, c.darker(iron, 0.36), 1))),
    )
    for x in (-18, 0, 18):
        sketch.path(f"M{x} -58L{x * 0.84:.1f} -4", stroke=c.darker(iron, 0.4), width=3)
    sketch.rect(-38, -70, 76, 10, c.darker(iron, 0.12), corner=4)
    sketch.path("M-16 -50C-20 -34 -8 -30 -12 -16C0 -26 -4 -38 -16 -50Z", light.shining("#f7872f"))


def draw_hearth_fire(sketch: Sketch, light: Light, dice: Dice) -> None:
    """A fire in a fireplace."""
    del dice
    sketch.glow(0, -30, 130, "#ffab4a", 0.6)
    wood = light.on_figure("#7a4f38")
    for turn in (-9, 9):
        with sketch.moved(0, -15, turn=turn):
            sketch.rect(-30, -5, 60, 10, c.darker(wood, 0.1), corner=5)
    with sketch.moved(0, -15):
        _flames(sketch, light, 56, 84)


def draw_broken_window(sketch: Sketch, light: Light, dice: Dice, box: Box) -> None:
    """Cracks and a jagged hole in a pane, with shards on the sill."""
    x, y = box.x + box.width * 0.46, box.y + box.height * 0.5
    reach = min(box.width, box.height * 1.3) * 0.36
    points = []
    for number in range(14):
        far = reach * (1.0 if number % 2 == 0 else 0.48) * dice.between(0.82, 1.12)
        angle = number * 360 / 14
        points.append((angle, far))
    hole = _star(x, y, points)
    pane = f"M{box.x} {box.y}h{box.width}v{box.height}h{-box.width}Z"
    with sketch.clipped(pane):
        sketch.rect(
            box.x,
            box.y,
            box.width,
            box.height,
            light.on_figure("#c9dbe6"),
            opacity=0.25,
            is_solid=False,
        )
        sketch.path(hole, "#14121f", stroke="#eef6fb", width=2.4)
        for number, (angle, far) in enumerate(points):
            if number % 2 == 0:
                sketch.path(
                    _star(
                        x,
                        y,
                        [
                            (angle, far),
                            (angle + dice.near(0, 9), far * 1.5),
                            (angle + dice.near(0, 12), far * 2.6),
                        ],
                        is_closed=False,
                    ),
                    stroke="#f4fafd",
                    width=1.8,
                )
    for dx, turn, size in (
        (-24, 10, 1.0),
        (2, -24, 1.3),
        (26, 40, 0.9),
        (12, 80, 0.7),
        (-8, 120, 0.8),
    ):
        with sketch.moved(x + dx, box.y + box.height + 1, size, turn):
            sketch.path("M-6 5L1 -10L7 4Z", light.on_figure("#d6e8f1"), stroke="#ffffff", width=0.8)


def _star(x: float, y: float, points: list[tuple[float, float]], *, is_closed: bool = True) -> str:
    corners = [
        (x + far * cos(radians(angle)), y + far * sin(radians(angle))) for angle, far in points
    ]
    outline = "M" + "L".join(f"{px:.1f} {py:.1f}" for px, py in corners)
    return outline + ("Z" if is_closed else "")


def draw_spider(sketch: Sketch, light: Light, *, is_right: bool, has_branch: bool) -> None:
    """A large spider on its thread, with a web in the picture's upper corner.

    Args:
        sketch: Where to.
        light: The scene's light.
        is_right: In which corner.
        has_branch: Whether a branch is needed for the web to hang on.
    """
    thread = light.on_figure("#f4f4f8")
    with sketch.moved(384 if is_right else 0, 0, is_mirrored=is_right):
        if has_branch:
            bark = light.on("#4b3c3d")
            sketch.path("M-6 20C40 4 90 14 150 -6L150 -12H-6ZM-6 150C6 100 2 60 -2 0H-8Z", bark)
            sketch.path(
                "M96 6C112 16 126 14 140 24M4 96C14 108 12 118 22 130", stroke=bark, width=4
            )
        rays = ((132, 2), (118, 40), (92, 78), (52, 106), (2, 126))
        for x, y in rays:
            sketch.path(f"M0 0L{x} {y}", stroke=thread, width=1.6, opacity=0.85)
        for far in (0.34, 0.56, 0.78, 0.96):
            rim = f"M{rays[0][0] * far:.1f} {rays[0][1] * far:.1f}"
            for (x1, y1), (x2, y2) in itertools.pairwise(rays):
                rim += (
                    f"Q{(x1 + x2) * far * 0.44:.1f} {(y1 + y2) * far * 0.44:.1f} "
                    f"{x2 * far:.1f} {y2 * far:.1f}"
                )
            sketch.path(rim, stroke=thread, width=1.4, opacity=0.75)
        sketch.path("M54 52V84", stroke=thread, width=1.6)
        with sketch.moved(54, 106, 0.82):
            _spider(sketch)


def _spider(sketch: Sketch) -> None:
    ink = "#241b26"
    for side in (-1, 1):
        with sketch.moved(0, 0, is_mirrored=side < 0):
            for leg in (
                "M8 -8C22 -34 36 -36 44 -20",
                "M10 -2C28 -18 44 -14 50 4",
                "M10 5C28 2 42 14 42 28",
                "M8 10C18 16 26 30 22 44",
            ):
                sketch.path(leg, stroke=ink, width=4.4)
    fill = sketch.radial(-6, 6, 30, ((0, "#5a4450", 1), (1, ink, 1)))
    sketch.ellipse(0, 14, 19, 22, fill)
    sketch.path("M-6 8L0 14L6 8L0 24Z", "#d9433f")
    sketch.ellipse(0, -10, 13, 12, ink)
    for x in (-5, 5):
        sketch.ellipse(x, -14, 3.4, 3.4, "#f4f0e0")
        sketch.ellipse(x, -13.4, 1.5, 1.5, "#b3201f")


def draw_snake(sketch: Sketch, light: Light, dice: Dice) -> None:
    """A coiled snake with its head raised."""
    skin = light.on_figure(dice.choose(("#6f8f3f", "#8a7a3a", "#4f8a6a")))
    mark, belly = c.darker(skin, 0.45), c.lighter(skin, 0.42)
    sketch.shadow(0, 0, 56, 8)
    for y, across, down in ((-8, 48, 11), (-22, 37, 10), (-35, 25, 9)):
        sketch.ellipse(0, y, across, down + 2, c.darker(skin, 0.3))
        sketch.ellipse(
            0, y - 2, across, down, sketch.down(y - 12, y + 10, c.lighter(skin, 0.16), skin)
        )
        for number in range(-2, 3):
            sketch.ellipse(number * across * 0.36, y - 1 + abs(number) * -1.4, 6, 3.6, mark)
    sketch.path("M10 -38C30 -48 22 -64 8 -72S-10 -92 2 -104", stroke=c.darker(skin, 0.3), width=21)
    sketch.path("M10 -38C30 -48 22 -64 8 -72S-10 -92 2 -104", stroke=skin, width=18)
    sketch.path("M12 -42C24 -50 16 -64 4 -72S-14 -90 -3 -102", stroke=belly, width=6, opacity=0.9)
    sketch.path(
        "M-26 -108C-28 -122 -8 -130 8 -124C22 -118 22 -98 6 -96C-8 -94 -24 -98 -26 -108Z", skin
    )
    sketch.path("M-26 -104C-16 -100 -2 -99 8 -102", stroke=mark, width=2)
    sketch.path("M-26 -105L-42 -102L-50 -108M-42 -102L-49 -96", stroke="#d9333f", width=2.6)
    sketch.ellipse(-6, -114, 5, 5, "#f6e27a")
    sketch.path("M-6 -118.4V-109.6", stroke="#1d1a22", width=2.4)
    sketch.path("M-14 -121L2 -118", stroke=mark, width=3)
