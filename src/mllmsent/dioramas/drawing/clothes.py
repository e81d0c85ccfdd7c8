"""Clothes: what makes a plain torso a sweater, a hoodie or a jacket; one function each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.dioramas.drawing import color as c

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mllmsent.dioramas.drawing.looks import Look
    from mllmsent.dioramas.drawing.sketch import Sketch

__all__ = ["Torso", "draw_garment"]

_BOTTOM = 480
"""Below the edge of every picture."""


@dataclass(frozen=True, slots=True)
class Torso:
    """What clothes are drawn onto.

    Attributes:
        outline: Path data.
        top: Height of the shoulders.
        half: Half the width between the shoulders' ends.
    """

    outline: str
    top: float
    half: float

    @property
    def collar(self) -> str:
        """The neckline."""
        return f"M-22 {self.top - 23}Q0 {self.top + 8} 22 {self.top - 23}"


def draw_garment(sketch: Sketch, look: Look, torso: Torso) -> None:
    """Draw the details of what is worn onto a torso.

    Args:
        sketch: Where to.
        look: What is worn, in colors as they are lit.
        torso: The torso, already in the cloth's color.
    """
    _GARMENTS[look.garment](sketch, look, torso)


def _sweater(sketch: Sketch, look: Look, torso: Torso) -> None:
    sketch.path(torso.collar, stroke=c.darker(look.cloth, 0.26), width=11)
    sketch.path(torso.collar, stroke=c.lighter(look.cloth, 0.1), width=7)


def _stripes(sketch: Sketch, look: Look, torso: Torso) -> None:
    side = torso.half + 12
    with sketch.clipped(torso.outline):
        for row in range(11):
            y = torso.top + 18 + row * 34
            sketch.path(f"M{-side} {y}Q0 {y + 12} {side} {y}", stroke=look.trim, width=12)
    sketch.path(torso.collar, stroke=look.trim, width=8)


def _hoodie(sketch: Sketch, look: Look, torso: Torso) -> None:
    top = torso.top
    sketch.path(
        f"M-34 {top - 26}C-52 {top - 4} -30 {top + 26} 0 {top + 24}S52 {top - 4} 34 {top - 26}"
        f"C24 {top - 6} 12 {top + 3} 0 {top + 3}S-24 {top - 6} -34 {top - 26}Z",
        c.darker(look.cloth, 0.26),
    )
    for x in (-11, 11):
        sketch.path(f"M{x} {top + 20}v38", stroke=look.trim, width=3.4)
        sketch.ellipse(x, top + 60, 3.2, 4.2, look.trim)


def _shirt(sketch: Sketch, look: Look, torso: Torso) -> None:
    top = torso.top
    for side in (-1, 1):
        with sketch.moved(0, 0, is_mirrored=side < 0):
            sketch.path(
                f"M0 {top + 12}L9 {top - 24}L27 {top - 30}L35 {top - 6}L12 {top + 20}Z",
                c.lighter(look.cloth, 0.3),
            )
    sketch.path(f"M0 {top + 14}V{_BOTTOM}", stroke=c.darker(look.cloth, 0.26), width=2.4)
    for row in range(8):
        sketch.ellipse(0, top + 36 + row * 38, 3.8, 3.8, look.trim)


def _jacket(sketch: Sketch, look: Look, torso: Torso) -> None:
    top, shade = torso.top, c.darker(look.cloth, 0.26)
    sketch.path(
        f"M-21 {top - 24}L0 {top + 86}L21 {top - 24}Q0 {top - 2} -21 {top - 24}Z", look.trim
    )
    for side in (-1, 1):
        with sketch.moved(0, 0, is_mirrored=side < 0):
            sketch.path(
                f"M20 {top - 25}L38 {top - 16}L46 {top + 14}L33 {top + 20}L0 {top + 88}"
                f"L7 {top + 50}Z",
                shade,
            )
    sketch.path(f"M0 {top + 88}V{_BOTTOM}", stroke=shade, width=2.8)


def _dungarees(sketch: Sketch, look: Look, torso: Torso) -> None:
    top, side = torso.top, torso.half + 20
    denim = c.mix(look.cloth, "#33507a", 0.78)
    with sketch.clipped(torso.outline):
        sketch.path(
            f"M-38 {top + 46}H38V{top + 150}H{side}V{_BOTTOM}H{-side}V{top + 150}H-38Z", denim
        )
        sketch.path(
            f"M-34 {top + 50}L-46 {top - 20}M34 {top + 50}L46 {top - 20}", stroke=denim, width=13
        )
        for x in (-33, 33):
            sketch.ellipse(x, top + 54, 5, 5, look.trim)
    sketch.path(torso.collar, stroke=c.lighter(look.cloth, 0.22), width=7)


_GARMENTS: Mapping[str, Callable[[Sketch, Look, Torso], None]] = {
    "sweater": _sweater,
    "stripes": _stripes,
    "hoodie": _hoodie,
    "shirt": _shirt,
    "jacket": _jacket,
    "dungarees": _dungarees,
}
