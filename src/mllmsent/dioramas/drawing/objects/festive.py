"""Things of feasts and affection: balloons, cake, gift, flowers, butterflies.

Every object is drawn around (0, 0), the middle of its foot on the ground, about 90 units wide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.dioramas.drawing import color as c

if TYPE_CHECKING:
    from mllmsent.dioramas.dice import Dice
    from mllmsent.dioramas.drawing.light import Light
    from mllmsent.dioramas.drawing.sketch import Sketch

__all__ = ["draw_balloons", "draw_butterflies", "draw_cake", "draw_flowers", "draw_gift"]

_BRIGHT = ("#e8594f", "#f4b942", "#3f9fc4", "#7fb84e", "#b06fc0", "#f08a5d")


def draw_balloons(sketch: Sketch, light: Light, dice: Dice) -> None:
    """Five balloons on strings, tied to a small weight."""
    colors = dice.shuffled(_BRIGHT)
    string = light.on_figure("#f4efe6")
    sketch.shadow(0, 0, 17, 4)
    heads = ((-30, -168, 0), (30, -176, 1), (-2, -206, 2), (-14, -146, 3), (20, -138, 4))
    for x, y, _ in heads:
        sketch.path(f"M{x} {y + 28}C{x} {y + 70} 0 -70 0 -14", stroke=string, width=1.8)
    for x, y, number in heads:
        tone = light.on_figure(colors[number])
        fill = sketch.radial(
            x - 8,
            y - 10,
            34,
            ((0, c.lighter(tone, 0.45), 1), (0.4, tone, 1), (1, c.darker(tone, 0.22), 1)),
        )
        sketch.path(
            f"M{x} {y - 28}C{x + 31} {y - 28} {x + 28} {y + 12} {x} {y + 28}"
            f"C{x - 28} {y + 12} {x - 31} {y - 28} {x} {y - 28}Z",
            fill,
        )
        sketch.path(f"M{x} {y + 26}l5 7h-10Z", c.darker(tone, 0.2))
        sketch.ellipse(x - 10, y - 13, 4, 7, "#ffffff", opacity=0.55)
    weight = light.on_figure("#c2455a")
    sketch.path("M-14 1L-10 -16H10L14 1Z", weight)
    sketch.path("M-12 -18Q0 -8 12 -18L8 -12H-8Z", c.lighter(weight, 0.3))


def draw_cake(sketch: Sketch, light: Light, dice: Dice) -> None:
    """A cake with burning candles on a small round table."""
    wood, cloth = light.on_figure("#9a6a48"), light.on_figure("#fdf4e6")
    sketch.shadow(0, 0, 42, 6)
    sketch.path("M-5 -2V-50H5V-2Z", wood)
    sketch.path("M-26 1Q0 -14 26 1Z", wood)
    sketch.path(
        "M-50 -54Q-48 -30 -42 -34T-28 -32T-14 -34T0 -32T14 -34T28 -32T42 -34Q48 -30 50 -54Z",
        sketch.down(-54, -30, cloth, c.darker(cloth, 0.12)),
    )
    sketch.ellipse(0, -54, 50, 11, c.lighter(cloth, 0.2))
    icing = light.on_figure(dice.choose(("#f7b5bd", "#f9dfa8", "#bfe0d8")))
    sponge = light.on_figure("#c98b57")
    sketch.ellipse(0, -55, 40, 8, light.on_figure("#cfd8dc"))
    sketch.path(
        "M-34 -58V-88H34V-58Q0 -48 -34 -58Z",
        sketch.linear(
            -34, 0, 34, 0, ((0, c.lighter(sponge, 0.16), 1), (1, c.darker(sponge, 0.12), 1))
        ),
    )
    sketch.path("M-34 -70Q0 -60 34 -70V-76Q0 -66 -34 -76Z", icing)
    sketch.path(
        "M-35 -90V-80Q-30 -70 -25 -79T-14 -76T-3 -78T8 -75T19 -78T29 -79Q35 -72 35 -82V-90Z", icing
    )
    sketch.ellipse(0, -90, 35, 8, c.lighter(icing, 0.25))
    for x, y in ((-20, -92), (-7, -94), (7, -94), (20, -92), (0, -89)):
        sketch.rect(x - 2, y - 17, 4, 17, light.on_figure("#fdf6e8"), corner=1.5)
        sketch.glow(x, y - 24, 15, "#ffd268", 0.6)
        sketch.path(
            f"M{x} {y - 31}C{x + 6} {y - 23} {x + 4} {y - 18} {x} {y - 18}S{x - 6} {y - 23} {x} {y - 31}Z",
            light.shining("#ffb43d"),
        )
        sketch.ellipse(x, y - 21, 1.6, 2.6, "#fff6cf")


def draw_gift(sketch: Sketch, light: Light, dice: Dice) -> None:
    """A wrapped present with a bow."""
    paper, ribbon = dice.choose(
        (
            ("#3f8fa8", "#f6d06a"),
            ("#d9574f", "#fbe9cf"),
            ("#7a62b0", "#f7b3c2"),
            ("#4f9a6a", "#fbe2a0"),
        )
    )
    paper, ribbon = light.on_figure(paper), light.on_figure(ribbon)
    sketch.shadow(0, 0, 50, 7)
    sketch.rect(
        -40,
        -60,
        80,
        62,
        sketch.linear(
            -40, 0, 40, 0, ((0, c.lighter(paper, 0.12), 1), (1, c.darker(paper, 0.16), 1))
        ),
        corner=3,
    )
    for x, y in ((-26, -44), (24, -36), (-22, -14), (27, -12), (-30, -28)):
        sketch.ellipse(x, y, 3.2, 3.2, c.lighter(paper, 0.3))
    sketch.rect(-9, -60, 18, 62, ribbon)
    sketch.rect(-45, -76, 90, 20, sketch.down(-76, -56, c.lighter(paper, 0.2), paper), corner=3)
    sketch.rect(-9, -76, 18, 20, c.lighter(ribbon, 0.1))
    for side in (-1, 1):
        with sketch.moved(0, -76, is_mirrored=side < 0):
            sketch.path("M0 0C8 -28 38 -34 38 -16C38 -2 16 0 0 0Z", ribbon)
            sketch.path("M4 -3C12 -18 28 -22 29 -14C29 -7 16 -4 4 -3Z", c.darker(ribbon, 0.22))
            sketch.path("M2 0L22 14L14 16L10 22Z", c.darker(ribbon, 0.1))
    sketch.ellipse(0, -78, 8, 7, c.darker(ribbon, 0.1))


def draw_flowers(sketch: Sketch, light: Light, dice: Dice) -> None:
    """A pot of flowers."""
    leaf, pot = light.on_figure("#5d9a5b"), light.on_figure("#c9744f")
    sketch.shadow(0, 0, 32, 5)
    colors = dice.shuffled(("#f2637e", "#f7b733", "#ffffff", "#b57ad6", "#ff8f5c"))
    for x, y in ((-34, -44), (34, -46), (-20, -60), (22, -62)):
        sketch.path(f"M0 -36Q{x * 0.3} {y} {x} {y - 4}Q{x * 0.8} {y + 18} 0 -30Z", leaf)
    for number, (x, y, size) in enumerate(
        ((-30, -78, 1.0), (0, -98, 1.15), (30, -80, 1.0), (-14, -62, 0.85), (17, -60, 0.85))
    ):
        sketch.path(f"M0 -34Q{x * 0.2} {y * 0.6} {x} {y}", stroke=c.darker(leaf, 0.1), width=3.4)
        tone = light.on_figure(colors[number])
        with sketch.moved(x, y, size, turn=dice.between(0, 60)):
            for turn in range(0, 360, 60):
                with sketch.moved(0, 0, turn=turn):
                    sketch.ellipse(0, -10, 6.4, 8.6, tone if turn % 120 else c.lighter(tone, 0.18))
            middle = "#f2b63d" if colors[number] != "#f7b733" else "#8a4f2d"
            sketch.ellipse(0, 0, 5.8, 5.8, light.on_figure(middle))
    sketch.path(
        "M-25 -38H25L19 2H-19Z",
        sketch.linear(-25, 0, 25, 0, ((0, c.lighter(pot, 0.2), 1), (1, c.darker(pot, 0.2), 1))),
    )
    sketch.rect(-28, -44, 56, 11, c.lighter(pot, 0.1), corner=4)


def draw_butterflies(sketch: Sketch, light: Light, dice: Dice) -> None:
    """Three butterflies in the air."""
    for x, y, size in ((-34, -128, 1.0), (22, -168, 0.8), (30, -96, 0.66)):
        tone = light.on_figure(dice.choose(("#f29b3f", "#5b8fd6", "#d96ba0", "#f2c94c")))
        with sketch.moved(x + dice.near(0, 8), y + dice.near(0, 10), size, turn=dice.near(0, 34)):
            for side in (-1, 1):
                with sketch.moved(0, 0, is_mirrored=side < 0):
                    sketch.path("M0 0C6 -26 36 -34 34 -14C33 2 14 6 0 2Z", tone)
                    sketch.path("M0 2C14 4 28 10 24 22C18 32 2 20 0 6Z", c.darker(tone, 0.14))
                    sketch.ellipse(22, -14, 5, 5, c.lighter(tone, 0.5))
            sketch.path("M0 -9V16", stroke="#33263a", width=4)
            sketch.path("M0 -9Q-3 -17 -8 -19M0 -9Q3 -17 8 -19", stroke="#33263a", width=1.5)
