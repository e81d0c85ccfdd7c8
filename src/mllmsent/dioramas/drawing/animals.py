"""A dog and a cat, sitting and facing the viewer.

Drawn like people around (0, 0), the middle of the head; a scale of 1 makes the head about 96 wide.
The ground is 196 below.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.dioramas.dice import Dice
from mllmsent.dioramas.drawing import color as c

if TYPE_CHECKING:
    from mllmsent.dioramas.drawing.light import Light
    from mllmsent.dioramas.drawing.sketch import Sketch
    from mllmsent.dioramas.scene import Subject

__all__ = ["FEET", "draw_animal"]

FEET = 196.0
"""How far the ground is below the middle of the head."""

_INK = "#2b1f2b"
_DOGS = (
    ("#c98f56", "#f5dfc0"),
    ("#7a5238", "#e5c9a8"),
    ("#e8d7bd", "#ffffff"),
    ("#4c4650", "#d8cfc8"),
    ("#b5673a", "#f7e6d0"),
)
_CATS = (
    ("#e09a4f", "#fdeed6"),
    ("#6f7480", "#e9e8ea"),
    ("#3d3a46", "#c9c4c8"),
    ("#cdb89c", "#fff8ec"),
    ("#9a7b62", "#f0e2d0"),
)


@dataclass(frozen=True, slots=True)
class _Coat:
    fur: str
    pale: str
    dark: str


def draw_animal(
    sketch: Sketch, light: Light, subject: Subject, *, x: float, y: float, scale: float, name: str
) -> None:
    """Draw a dog or a cat whose head is at (x, y); see `figures.draw_person`."""
    dice = Dice("coat", subject.look)
    is_dog = subject.kind == "dog"
    fur, pale = dice.choose(_DOGS if is_dog else _CATS)
    coat = _Coat(light.on_figure(fur), light.on_figure(pale), c.darker(light.on_figure(fur), 0.28))
    is_low = subject.expression in {"sad", "afraid"}
    with sketch.element(name, "subject"), sketch.moved(x, y, scale):
        sketch.shadow(0, FEET, 92, 12, 0.34)
        _tail(sketch, coat, subject, is_dog=is_dog)
        _body(sketch, light, coat, dice, is_dog=is_dog)
        tilt = dice.choose((-4, 4)) if is_low else 0
        with (
            sketch.moved(0, 12 if is_low else 0, turn=tilt),
            sketch.element(f"{name}/face", "face"),
        ):
            if is_dog:
                _dog_head(sketch, coat, subject.expression)
            else:
                _cat_head(sketch, coat, subject.expression)


def _tail(sketch: Sketch, coat: _Coat, subject: Subject, *, is_dog: bool) -> None:
    mood = subject.expression
    if is_dog:
        path = {
            "happy": "M52 160C92 150 104 116 94 78",
            "surprised": "M52 160C92 150 100 120 96 92",
            "angry": "M52 156C84 146 96 120 98 96",
            "sad": "M50 176C84 184 104 188 116 186",
            "afraid": "M50 180C70 190 66 192 40 190",
        }.get(mood, "M52 166C88 166 104 150 108 130")
        sketch.path(path, stroke=coat.dark, width=20)
        return
    path = {
        "afraid": "M54 168C96 160 108 120 96 70",
        "angry": "M54 168C100 166 112 130 92 96S110 56 100 44",
        "surprised": "M54 168C94 160 104 120 98 66",
        "sad": "M54 178C90 186 108 186 118 184",
    }.get(mood, "M54 172C96 176 112 150 96 124S76 100 86 90")
    sketch.path(path, stroke=coat.dark, width=24 if mood in {"afraid", "surprised"} else 17)


def _body(sketch: Sketch, light: Light, coat: _Coat, dice: Dice, *, is_dog: bool) -> None:
    fill = sketch.linear(-60, 60, 70, 180, ((0, c.lighter(coat.fur, 0.1), 1), (1, coat.dark, 1)))
    sketch.path(
        "M-34 30C-46 70 -72 110 -70 160C-70 186 -56 196 -38 196H38C56 196 70 186 70 160"
        "C72 110 46 70 34 30Z",
        fill,
    )
    sketch.path("M-24 44C-34 84 -34 116 -22 146Q0 158 22 146C34 116 34 84 24 44Z", coat.pale)
    for side in (-1, 1):
        with sketch.moved(0, 0, is_mirrored=side < 0):
            sketch.path(
                "M10 112C8 146 8 166 8 184C8 200 42 200 40 184C38 160 40 132 36 112Z",
                c.mix(coat.fur, coat.pale, 0.12),
            )
            sketch.path("M8 184C6 202 46 202 42 184C38 176 12 176 8 184Z", coat.pale)
            sketch.path("M20 190v6M31 190v6", stroke=coat.dark, width=2)
            sketch.path("M44 150C60 146 72 166 66 186C64 196 50 198 44 194Z", coat.fur)
    sketch.path("M0 120V192", stroke=coat.dark, width=2.4, opacity=0.6)
    collar = light.on_figure(dice.choose(("#d9534a", "#2f8f8a", "#e0a63a", "#5a6fb5")))
    sketch.path("M-33 46Q0 68 33 46", stroke=collar, width=11)
    if is_dog:
        sketch.ellipse(0, 65, 8, 8, light.on_figure("#f2cf6a"))
    else:
        sketch.ellipse(0, 64, 6.4, 6.4, light.on_figure("#f2cf6a"))
        sketch.ellipse(0, 66, 1.8, 1.8, _INK)


def _dog_head(sketch: Sketch, coat: _Coat, mood: str) -> None:
    ear_turn = {"happy": -6, "surprised": -24, "angry": -18, "afraid": 20, "sad": 10}.get(mood, 0)
    for side in (-1, 1):
        with sketch.moved(side * 38, -32, turn=side * ear_turn, is_mirrored=side < 0):
            sketch.path("M-10 -6C8 -20 30 -6 32 26C33 50 20 62 10 54C2 46 4 20 -10 8Z", coat.dark)
    outline = "M-46 -6C-48 -52 -28 -58 0 -58S48 -52 46 -6C50 34 28 50 0 50S-50 34 -46 -6Z"
    sketch.path(outline, sketch.down(-58, 50, c.lighter(coat.fur, 0.12), coat.fur))
    sketch.path(
        "M-8 -57C-14 -30 -12 -10 -20 4C-36 10 -36 48 0 50S36 10 20 4C12 -10 14 -30 8 -57Z",
        coat.pale,
    )
    _animal_eyes(sketch, coat, mood, spread=24, y=-12)
    sketch.path("M-13 5C-13 -3 13 -3 13 5C13 13 4 17 0 17S-13 13 -13 5Z", _INK)
    sketch.ellipse(-4, 4, 4, 2.2, "#ffffff", opacity=0.4)
    _muzzle(sketch, mood, 17, is_dog=True)


def _cat_head(sketch: Sketch, coat: _Coat, mood: str) -> None:
    flat = {"angry": 24, "afraid": 34, "sad": 20}.get(mood, 0)
    for side in (-1, 1):
        with sketch.moved(side * 30, -36, turn=side * flat, is_mirrored=side < 0):
            sketch.path("M-20 8C-16 -14 0 -36 10 -42C22 -30 26 -4 20 14Z", coat.fur)
            sketch.path(
                "M-9 4C-6 -10 2 -24 9 -29C15 -20 17 -4 13 8Z", c.mix(coat.pale, "#f0a0a0", 0.5)
            )
    outline = "M-50 0C-50 -38 -26 -50 0 -50S50 -38 50 0C50 32 28 46 0 46S-50 32 -50 0Z"
    sketch.path(outline, sketch.down(-50, 46, c.lighter(coat.fur, 0.1), coat.fur))
    for dx in (-12, 0, 12):
        sketch.path(f"M{dx} -47q{dx * 0.1} 9 {-dx * 0.2} 17", stroke=coat.dark, width=5)
    sketch.path("M-28 22C-28 8 -8 6 0 10C8 6 28 8 28 22C28 38 14 44 0 44S-28 38 -28 22Z", coat.pale)
    _animal_eyes(sketch, coat, mood, spread=23, y=-6)
    sketch.path("M-6.5 10H6.5L0 17.5Z", "#d9737c")
    _muzzle(sketch, mood, 18, is_dog=False)
    for side in (-1, 1):
        for turn in (-9, 4, 17):
            with sketch.moved(side * 26, 20, turn=side * turn, is_mirrored=side < 0):
                sketch.path("M0 0H31", stroke=c.lighter(coat.pale, 0.4), width=1.7, opacity=0.9)


def _animal_eyes(sketch: Sketch, coat: _Coat, mood: str, *, spread: float, y: float) -> None:
    brow = {
        "neutral": (-17, -18),
        "happy": (-19, -17),
        "calm": (-15, -15),
        "sad": (-24, -12),
        "angry": (-8, -19),
        "afraid": (-26, -16),
        "surprised": (-26, -25),
    }[mood]
    for side in (-1, 1):
        with sketch.moved(side * spread, y, is_mirrored=side < 0):
            if mood == "happy":
                sketch.path("M-10 4Q0 -12 10 4", stroke=_INK, width=5)
            elif mood == "calm":
                sketch.path("M-10 -1Q0 8 10 -1", stroke=_INK, width=4.6)
            else:
                size = {"afraid": 12.5, "surprised": 12.5, "sad": 10.5}.get(mood, 9.6)
                sketch.ellipse(0, 0, size, size, "#fffdf8", stroke=_INK, width=1.6)
                pupil = {"afraid": 3.9, "surprised": 7.2, "sad": 6.8, "angry": 5.2}.get(mood, 6.4)
                down = 2.4 if mood == "sad" else 0.8 if mood == "angry" else 0
                sketch.ellipse(-1 if mood == "angry" else 0, down, pupil, pupil, _INK)
                sketch.ellipse(2, down - 2.4, pupil * 0.34, pupil * 0.34, "#ffffff")
            if mood == "angry":
                sketch.path("M-12 -13H13V-8L-12 0Z", coat.fur)
                sketch.path("M-11 -0.5L12 -8", stroke=_INK, width=4)
            if mood == "sad":
                sketch.path("M-12 -13H13V-1L-12 -7Z", coat.fur)
                sketch.path("M-11 -7.4L12 -1.4", stroke=_INK, width=3.4)
            sketch.path(f"M-9 {brow[0]}Q2 {min(brow) - 2} 11 {brow[1]}", stroke=coat.dark, width=5)
    if mood == "sad":
        x, top = -spread - 3, y + 14
        sketch.path(
            f"M{x} {top - 6}C{x + 8} {top + 5} {x + 5} {top + 12} {x} {top + 12}"
            f"S{x - 8} {top + 5} {x} {top - 6}Z",
            "#7cc8f0",
            stroke="#4b9fd0",
            width=1.2,
        )


def _muzzle(sketch: Sketch, mood: str, y: float, *, is_dog: bool) -> None:
    sketch.path(f"M0 {y}v5", stroke=_INK, width=3)
    y += 5
    if mood == "happy":
        sketch.path(
            f"M-17 {y - 2}Q-8 {y + 8} 0 {y}Q8 {y + 8} 17 {y - 2}C17 {y + 20} 6 {y + 22} 0 {y + 22}"
            f"S-17 {y + 20} -17 {y - 2}Z",
            "#7a2436",
            stroke=_INK,
            width=2.6,
        )
        if is_dog:
            sketch.path(
                f"M-9 {y + 8}C-10 {y + 34} 10 {y + 34} 9 {y + 8}Q0 {y + 4} -9 {y + 8}Z",
                "#e8757c",
                stroke="#b44a58",
                width=1.4,
            )
            sketch.path(f"M0 {y + 10}v12", stroke="#b44a58", width=1.6)
        else:
            sketch.ellipse(0, y + 16, 7, 4.6, "#e8757c")
    elif mood == "angry":
        sketch.path(
            f"M-19 {y + 11}Q-17 {y} 0 {y}T19 {y + 11}Q0 {y + 16} -19 {y + 11}Z",
            "#fffdf8",
            stroke=_INK,
            width=2.8,
        )
        sketch.path(f"M-12 {y + 2}l3 9l3 -9M6 {y + 2}l3 9l3 -9", stroke=_INK, width=2)
        sketch.path(f"M-16 {y + 7.5}H16", stroke=_INK, width=1.6)
    elif mood == "sad":
        sketch.path(f"M-14 {y + 12}Q0 {y - 3} 14 {y + 12}", stroke=_INK, width=4)
    elif mood == "afraid":
        sketch.path(
            f"M-15 {y + 9}q5 -8 10 -2t10 -1t10 3q-4 6 -10 4t-10 0t-10 -4Z",
            "#7a2436",
            stroke=_INK,
            width=2.8,
        )
    elif mood == "surprised":
        sketch.ellipse(0, y + 9, 7, 9, "#7a2436", stroke=_INK, width=2.6)
    elif mood == "calm":
        sketch.path(f"M-14 {y}Q-7 {y + 9} 0 {y}Q7 {y + 9} 14 {y}", stroke=_INK, width=3.4)
    else:
        sketch.path(f"M-12 {y + 3}Q-6 {y + 5} 0 {y}Q6 {y + 5} 12 {y + 3}", stroke=_INK, width=3.4)
