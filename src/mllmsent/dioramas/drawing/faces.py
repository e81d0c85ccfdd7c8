"""Faces: brows, eyes and mouth of every expression, for people.

A face is drawn around (0, 0), the middle of a head about 88 wide and 104 high. Features are a
little larger than life: an expression has to be read in a picture of 96 pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.dioramas.drawing import color as c

if TYPE_CHECKING:
    from collections.abc import Callable

    from mllmsent.dioramas.drawing.sketch import Sketch

__all__ = ["draw_cheeks", "draw_face"]

_INK = "#2b1f2b"
_WHITE = "#fffdf8"
_TONGUE = "#e8757c"
_TEAR = "#7cc8f0"


@dataclass(frozen=True, slots=True)
class _Brows:
    """Heights of a brow's inner end, middle and outer end above the eyes; asymmetry in `right_up`."""

    inner: float
    middle: float
    outer: float
    right_up: float = 0.0


_BROWS = {
    "neutral": _Brows(-20, -23, -20),
    "happy": _Brows(-22, -27, -22),
    "calm": _Brows(-18, -22, -18),
    "sad": _Brows(-28, -24, -15),
    "angry": _Brows(-10, -17, -24),
    "afraid": _Brows(-33, -31, -22),
    "surprised": _Brows(-32, -38, -32),
    "disgusted": _Brows(-12, -18, -19, right_up=-9),
}
_BLUSH = {
    "happy": ("#ff7f6b", 0.4),
    "calm": ("#ff8f7b", 0.24),
    "angry": ("#e8352c", 0.42),
    "disgusted": ("#a5b04a", 0.2),
    "surprised": ("#ff8f7b", 0.2),
    "sad": ("#e0788a", 0.22),
}


def draw_face(
    sketch: Sketch, expression: str, *, skin: str, brow: str, is_child: bool = False
) -> None:
    """Draw brows, eyes, nose and mouth onto a head.

    Args:
        sketch: Where to.
        expression: One of `EXPRESSIONS`.
        skin: Color of the skin as it is lit.
        brow: Color of the brows.
        is_child: Eyes of children are larger and sit lower.
    """
    drop, spread = (5.0, 19.0) if is_child else (0.0, 18.5)
    _nose(sketch, expression, skin, drop)
    with sketch.moved(0, drop):
        for side in (-1, 1):
            with sketch.moved(side * spread, -3, 1.1 if is_child else 1.0, is_mirrored=side < 0):
                _EYES[expression](sketch, skin, side)
                _brow(sketch, _BROWS[expression], brow, side)
        with sketch.moved(0, 26):
            _MOUTHS[expression](sketch, skin)
    if expression == "sad":
        _tear(sketch, -spread - 2, drop + 13)
    if expression == "afraid":
        _sweat(sketch, 35, -26)


def _brow(sketch: Sketch, brows: _Brows, color: str, side: int) -> None:
    # Within a mirrored eye, the inner end is on the left.
    lift = brows.right_up if side > 0 else 0.0
    sketch.path(
        f"M-11 {brows.inner + lift:.1f}Q1 {brows.middle * 2 - (brows.inner + brows.outer) / 2 + lift:.1f}"
        f" 13 {brows.outer + lift:.1f}",
        stroke=color,
        width=5.0,
    )


def draw_cheeks(sketch: Sketch, expression: str, skin: str, *, is_child: bool = False) -> None:
    """Color the cheeks as the expression has it; to be clipped to the head, before the face."""
    drop = 5.0 if is_child else 0.0
    if expression == "afraid":
        # blood drains from the upper face
        pale = c.mix(skin, "#b9c8e6", 0.6)
        fill = sketch.down(-50, 8, pale, skin)
        sketch.rect(-50, -70, 100, 80, fill, opacity=0.5, is_solid=False)
        return
    if expression not in _BLUSH:
        return
    tone, strength = _BLUSH[expression]
    blush = c.mix(skin, tone, 0.75)
    for side in (-1, 1):
        sketch.ellipse(
            side * 27, 17 + drop, 11.5, 7.5, blush, opacity=strength + 0.2, is_solid=False
        )


def _nose(sketch: Sketch, expression: str, skin: str, drop: float) -> None:
    shade = c.mix(skin, "#8a3f2f", 0.38)
    if expression == "disgusted":
        sketch.path(f"M-6 {1 + drop}q6 -5 12 0M-5 {6 + drop}q5 -4 10 0", stroke=shade, width=2.6)
    sketch.path(f"M-5 {11 + drop}Q0 {16 + drop} 5 {11 + drop}", stroke=shade, width=3.2)


# Eyes, drawn around their own middle; mirrored on the left, so that +x is outwards on both sides.


def _open_eye(
    sketch: Sketch, across: float, down: float, iris: float, look: tuple[float, float] = (0, 0)
) -> None:
    sketch.ellipse(0, 0, across, down, _WHITE, stroke=_INK, width=1.6)
    sketch.ellipse(look[0], look[1], iris, iris, _INK)
    sketch.ellipse(look[0] + 1.6, look[1] - 2, iris * 0.36, iris * 0.36, "#ffffff")


def _lid(sketch: Sketch, skin: str, inner: float, outer: float) -> None:
    """An upper lid: covers the eye above a line from the inner to the outer corner."""
    sketch.path(f"M-12 {inner}L-12 -14H13V{outer}Z", skin)
    sketch.path(f"M-10.5 {inner}L11 {outer}", stroke=_INK, width=3.6)


def _eye_neutral(sketch: Sketch, skin: str, side: int) -> None:
    del skin
    _open_eye(sketch, 8.6, 8.8, 5.2, (-0.4 * side, 0))


def _eye_happy(sketch: Sketch, skin: str, side: int) -> None:
    del skin, side
    sketch.path("M-10.5 4Q0 -13 10.5 4", stroke=_INK, width=5)


def _eye_calm(sketch: Sketch, skin: str, side: int) -> None:
    del skin, side
    sketch.path("M-10.5 -1Q0 9 10.5 -1", stroke=_INK, width=4.4)
    sketch.path("M9 1l4 2.6", stroke=_INK, width=2.6)


def _eye_sad(sketch: Sketch, skin: str, side: int) -> None:
    _open_eye(sketch, 9.2, 9.2, 5.4, (-0.4 * side, 2.8))
    _lid(sketch, skin, -6.5, 0.5)


def _eye_angry(sketch: Sketch, skin: str, side: int) -> None:
    del side
    _open_eye(sketch, 10, 8, 4.6, (-2.4, 1))
    _lid(sketch, skin, 0.5, -6.5)


def _eye_afraid(sketch: Sketch, skin: str, side: int) -> None:
    del skin, side
    _open_eye(sketch, 10.6, 12.4, 3.5, (-0.5, 0.5))


def _eye_surprised(sketch: Sketch, skin: str, side: int) -> None:
    del skin, side
    _open_eye(sketch, 11, 12, 6.2)


def _eye_disgusted(sketch: Sketch, skin: str, side: int) -> None:
    if side > 0:
        _open_eye(sketch, 9, 7.4, 4.4, (-2, 1))
        _lid(sketch, skin, -0.5, -3.5)
    else:
        sketch.path("M-10 -3L7 2L-9 5", stroke=_INK, width=4.2)


_EYES: dict[str, Callable[[Sketch, str, int], None]] = {
    "neutral": _eye_neutral,
    "happy": _eye_happy,
    "calm": _eye_calm,
    "sad": _eye_sad,
    "angry": _eye_angry,
    "afraid": _eye_afraid,
    "surprised": _eye_surprised,
    "disgusted": _eye_disgusted,
}


# Mouths, drawn around their own middle.


def _mouth_neutral(sketch: Sketch, skin: str) -> None:
    del skin
    sketch.path("M-11 1.5Q0 2.5 11 1.5", stroke=_INK, width=4)


def _mouth_happy(sketch: Sketch, skin: str) -> None:
    del skin
    outline = "M-21 -5Q0 2 21 -5C20 11 11 19 0 19S-20 11 -21 -5Z"
    sketch.path(outline, "#7a2436")
    with sketch.clipped(outline):
        sketch.ellipse(0, 17, 11, 8, _TONGUE)
        sketch.path("M-22 -8H22V2Q0 8 -22 2Z", _WHITE)
    sketch.path(outline, stroke=_INK, width=2)


def _mouth_calm(sketch: Sketch, skin: str) -> None:
    del skin
    sketch.path("M-14 -1Q0 12 14 -1", stroke=_INK, width=4.2)


def _mouth_sad(sketch: Sketch, skin: str) -> None:
    sketch.path("M-15 9Q0 -8 15 9", stroke=_INK, width=4.6)
    sketch.path("M-6 13q6 -3.4 12 0", stroke=c.mix(skin, "#8a3f2f", 0.4), width=2.6)


def _mouth_angry(sketch: Sketch, skin: str) -> None:
    del skin
    outline = "M-19 9Q-17 -5 0 -5T19 9Q0 14 -19 9Z"
    sketch.path(outline, _WHITE)
    with sketch.clipped(outline):
        sketch.path("M-20 3.5H20M-10 -8V16M0 -8V16M10 -8V16", stroke=_INK, width=1.8)
    sketch.path(outline, stroke=_INK, width=3.4)


def _mouth_afraid(sketch: Sketch, skin: str) -> None:
    del skin
    outline = "M-17 7Q-15 -5 -7 -4T7 -4T17 7Q9 5 0 7T-17 7Z"
    sketch.path(outline, "#7a2436", stroke=_INK, width=3)
    sketch.path("M-10 -1Q0 -3 10 -1L9 2H-9Z", _WHITE)


def _mouth_surprised(sketch: Sketch, skin: str) -> None:
    del skin
    sketch.ellipse(0, 6, 9.5, 13, "#7a2436", stroke=_INK, width=2.6)
    sketch.ellipse(0, 13.5, 5.6, 4, _TONGUE)


def _mouth_disgusted(sketch: Sketch, skin: str) -> None:
    del skin
    sketch.path("M-17 7Q-9 -6 0 0T17 2", stroke=_INK, width=4.4)
    sketch.path("M0 2C-1 15 12 17 13 4.4Q7 1 0 2Z", _TONGUE, stroke=_INK, width=2.2)
    sketch.path("M6.6 5v5", stroke="#b44a58", width=1.6)


_MOUTHS: dict[str, Callable[[Sketch, str], None]] = {
    "neutral": _mouth_neutral,
    "happy": _mouth_happy,
    "calm": _mouth_calm,
    "sad": _mouth_sad,
    "angry": _mouth_angry,
    "afraid": _mouth_afraid,
    "surprised": _mouth_surprised,
    "disgusted": _mouth_disgusted,
}


def _tear(sketch: Sketch, x: float, y: float) -> None:
    sketch.path(
        f"M{x} {y - 6}C{x + 9} {y + 6} {x + 6} {y + 14} {x} {y + 14}S{x - 9} {y + 6} {x} {y - 6}Z",
        _TEAR,
        stroke="#4b9fd0",
        width=1.2,
    )
    sketch.ellipse(x - 2, y + 7, 1.6, 2.6, "#ffffff", opacity=0.85)


def _sweat(sketch: Sketch, x: float, y: float) -> None:
    sketch.path(
        f"M{x} {y - 8}C{x + 8} {y + 3} {x + 5} {y + 10} {x} {y + 10}S{x - 8} {y + 3} {x} {y - 8}Z",
        "#9bd6f5",
        stroke="#5fa9d6",
        width=1.2,
    )
