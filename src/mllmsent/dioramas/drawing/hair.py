"""Hair and headwear: a part behind the head and a part over it, for each style.

Drawn around (0, 0), the middle of a head that reaches from -44 to 44 across and -56 to 52 down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.dioramas.drawing import color as c

if TYPE_CHECKING:
    from mllmsent.dioramas.drawing.sketch import Sketch

__all__ = ["draw_beard", "draw_hair_back", "draw_hair_front", "draw_winter_hat"]


@dataclass(frozen=True, slots=True)
class _Part:
    """A shape of a hair style.

    Attributes:
        outline: Path data.
        discs: Middle and radius of discs.
        is_shaded: Whether it lies in shade.
        line: Outlines of strands drawn over it.
    """

    outline: str = ""
    discs: tuple[tuple[float, float, float], ...] = ()
    is_shaded: bool = False
    line: str = ""


_CAP = "M-47 -2C-52 -40 -34 -66 0 -66S52 -40 47 -2"
_TIED = _Part(
    outline=f"{_CAP}C44 -20 30 -34 0 -36C-30 -34 -44 -20 -47 -2Z",
    line="M-14 -37C-20 -48 -14 -58 -8 -64M16 -37C22 -48 16 -58 10 -64",
)
_FALLING = _Part(
    outline="M-50 26C-56 -34 -36 -67 0 -67S56 -34 50 26C47 30 43 28 42 22C42 -4 34 -22 8 -36"
    "C-8 -24 -36 -20 -42 2C-42 10 -42 18 -42 22C-43 28 -47 30 -50 26Z"
)
_BACK = {
    "long": _Part(
        "M-50 -8C-60 40 -58 84 -50 112C-30 122 30 122 50 112C58 84 60 40 50 -8"
        "C46 -50 -46 -50 -50 -8Z"
    ),
    "bob": _Part(
        "M-50 -8C-58 18 -58 36 -54 52C-40 60 40 60 54 52C58 36 58 18 50 -8C44 -52 -44 -52 -50 -8Z",
        is_shaded=True,
    ),
    "afro": _Part(
        discs=(
            (0, -34, 50),
            (-40, -16, 30),
            (40, -16, 30),
            (-50, 10, 20),
            (50, 10, 20),
            (-30, -50, 28),
            (30, -50, 28),
        ),
    ),
    "curls": _Part(
        discs=(
            (-47, -8, 18),
            (47, -8, 18),
            (-51, 14, 16),
            (51, 14, 16),
            (-46, 34, 14),
            (46, 34, 14),
        ),
        is_shaded=True,
    ),
    "bun": _Part(discs=((0, -70, 22),)),
    "ponytail": _Part("M30 -52C70 -64 84 -20 70 34C66 50 54 54 52 42C58 6 50 -24 26 -34Z"),
    "pigtails": _Part(
        "M40 -16C70 -30 82 4 70 32C64 44 52 36 50 20Z"
        "M-40 -16C-70 -30 -82 4 -70 32C-64 44 -52 36 -50 20Z"
    ),
    "scarf": _Part(
        "M-52 0C-58 50 -54 88 -46 104H46C54 88 58 50 52 0C44 -56 -44 -56 -52 0Z", is_shaded=True
    ),
}
_FRONT = {
    "crop": _Part(f"{_CAP}C46 -14 42 -22 38 -28C22 -24 -14 -24 -30 -34C-38 -26 -44 -14 -47 -2Z"),
    "parting": _Part(
        f"{_CAP}C44 -18 34 -32 12 -38C-4 -34 -28 -30 -38 -24C-42 -16 -46 -8 -47 -2Z",
        line="M12 -38C6 -48 2 -56 -2 -64",
    ),
    "bob": _FALLING,
    "long": _FALLING,
    "bowl": _Part(
        "M-49 8C-54 -40 -34 -66 0 -66S54 -40 49 8C46 10 43 8 42 2C42 -8 41 -14 39 -20"
        "Q0 -28 -39 -20C-41 -14 -42 -8 -42 2C-43 8 -46 10 -49 8Z"
    ),
    "bun": _TIED,
    "ponytail": _TIED,
    "pigtails": _TIED,
    "curls": _Part(
        discs=(
            (-37, -32, 16),
            (-19, -48, 18),
            (3, -53, 19),
            (24, -47, 18),
            (40, -29, 15),
            (-8, -38, 13),
            (14, -37, 12),
        ),
    ),
    "afro": _Part(discs=((-26, -40, 19), (0, -47, 22), (27, -39, 19))),
    "tufts": _Part(
        "M-46 -6C-50 -40 -34 -64 -6 -65C-10 -74 -2 -80 4 -76C2 -72 4 -68 10 -66"
        "C38 -60 50 -38 46 -6C42 -20 34 -30 24 -34L16 -25L4 -36L-8 -26L-18 -36"
        "C-32 -28 -42 -20 -46 -6Z"
    ),
    # the face shows through the second outline, which runs the other way
    "scarf": _Part(
        "M-50 20C-58 -34 -38 -68 0 -68S58 -34 50 20C46 62 34 74 0 76S-46 62 -50 20Z"
        "M-37 4C-38 34 -22 50 0 50S38 34 37 4C36 -26 22 -38 0 -38S-36 -26 -37 4Z",
        line="M-30 64C-14 74 18 76 36 56",
    ),
    "bald": _Part(
        "M-46 6C-49 -8 -46 -20 -42 -26C-40 -14 -41 0 -41 8Z"
        "M46 6C49 -8 46 -20 42 -26C40 -14 41 0 41 8Z"
    ),
}


def draw_hair_back(sketch: Sketch, style: str, hair: str) -> None:
    """What is behind the head and the neck."""
    if style in _BACK:
        shade = c.darker(hair, 0.22)
        _draw(sketch, _BACK[style], sketch.down(-90, 116, c.lighter(hair, 0.06), shade), shade)
    if style == "pigtails":
        for x in (-45, 45):
            sketch.ellipse(x, -12, 7, 7, "#e2706a")


def draw_hair_front(sketch: Sketch, style: str, hair: str) -> None:
    """What lies over the forehead and the crown."""
    fill = sketch.down(-70, -10, c.lighter(hair, 0.14), hair)
    _draw(sketch, _FRONT[style], fill, c.darker(hair, 0.16))


def _draw(sketch: Sketch, part: _Part, fill: str, shade: str) -> None:
    paint = shade if part.is_shaded else fill
    if part.outline:
        sketch.path(part.outline, paint)
    for x, y, radius in part.discs:
        sketch.ellipse(x, y, radius, radius, paint)
    if part.line:
        sketch.path(part.line, stroke=shade, width=2.2)


def draw_winter_hat(sketch: Sketch, cloth: str, trim: str) -> None:
    """A woolen hat for snowy weather, over any hair."""
    sketch.path(
        "M-48 -24C-50 -58 -30 -74 0 -74S50 -58 48 -24Z",
        sketch.down(-74, -22, c.lighter(cloth, 0.12), cloth),
    )
    sketch.rect(-52, -36, 104, 18, trim, corner=9)
    for x in range(-42, 50, 12):
        sketch.path(f"M{x} -32V-22", stroke=c.darker(trim, 0.16), width=2)
    sketch.ellipse(0, -78, 12, 12, trim)


def draw_beard(sketch: Sketch, kind: str, *, hair: str, skin: str) -> None:
    """A beard, to be drawn before the mouth, around which it leaves skin."""
    if kind == "full":
        sketch.path(
            "M-45 2C-46 34 -34 60 0 62S46 34 45 2C42 14 34 18 24 15Q0 10 -24 15"
            "C-34 18 -42 14 -45 2Z",
            c.darker(hair, 0.05),
        )
        sketch.ellipse(0, 28, 21, 11.5, c.mix(skin, "#b0584a", 0.12))
    elif kind == "moustache":
        sketch.path(
            "M0 13C-8 10 -20 14 -26 21C-16 23 -6 22 0 18C6 22 16 23 26 21C20 14 8 10 0 13Z", hair
        )
