"""What grows and lies around in several settings: hills, trees, tufts, stones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.dioramas.drawing import color as c
from mllmsent.dioramas.drawing.sketch import SIDE

if TYPE_CHECKING:
    from mllmsent.dioramas.dice import Dice
    from mllmsent.dioramas.drawing.light import Light
    from mllmsent.dioramas.drawing.sketch import Sketch

__all__ = ["bare_tree", "bush", "hill", "pine", "ridge", "round_tree", "stone", "tufts"]


def hill(
    sketch: Sketch,
    light: Light,
    *,
    left: float,
    middle: float,
    right: float,
    color: str,
    depth: float,
) -> None:
    """A rolling hill from edge to edge, its heights given, filled to the bottom."""
    lit = light.on(light.snowed(color), depth)
    outline = (
        f"M-2 {left:.1f}C{SIDE * 0.22:.1f} {left - 4:.1f} {SIDE * 0.3:.1f} {middle:.1f} "
        f"{SIDE * 0.52:.1f} {middle:.1f}S{SIDE * 0.84:.1f} {right + 6:.1f} {SIDE + 2} {right:.1f}"
        f"V{SIDE + 2}H-2Z"
    )
    top = min(left, middle, right)
    fill = sketch.down(top, top + 120, c.lighter(lit, 0.12), lit, c.darker(lit, 0.16))
    sketch.path(outline, fill)


def ridge(
    sketch: Sketch,
    light: Light,
    dice: Dice,
    *,
    base: float,
    height: float,
    color: str,
    depth: float,
    peaks: int,
    has_snow: bool = False,
) -> None:
    """A mountain ridge; with snow, its peaks are capped."""
    lit = light.on(color, depth)
    tops = []
    for number in range(peaks):
        x = SIDE * (number + 0.5 + dice.near(0, 0.25)) / peaks
        tops.append(
            (x, base - height * dice.between(0.7, 1.0), SIDE / peaks * dice.between(0.6, 0.85))
        )
    for x, y, half in sorted(tops, key=lambda top: top[1], reverse=True):
        lean = dice.near(0, 0.12) * half
        sketch.path(
            f"M{x - half:.1f} {base + 2:.1f}L{x - half * 0.42:.1f} {base - (base - y) * 0.5:.1f}"
            f"L{x - half * 0.3:.1f} {base - (base - y) * 0.6:.1f}L{x:.1f} {y:.1f}"
            f"L{x + half * 0.34:.1f} {base - (base - y) * 0.58:.1f}"
            f"L{x + half:.1f} {base + 2:.1f}Z",
            sketch.down(y, base, c.lighter(lit, 0.04), c.mix(lit, light.haze, 0.4)),
        )
        # the side away from the light
        sketch.path(
            f"M{x:.1f} {y:.1f}L{x + half * 0.34:.1f} {base - (base - y) * 0.58:.1f}"
            f"L{x + half:.1f} {base + 2:.1f}H{x + half * 0.1 + lean:.1f}"
            f"L{x - half * 0.06 + lean:.1f} {base - (base - y) * 0.45:.1f}Z",
            c.darker(lit, 0.2),
            opacity=0.5,
        )
        if has_snow:
            cap = light.on("#f6f8ff", depth * 0.6)
            down = (base - y) * 0.3
            sketch.path(
                f"M{x:.1f} {y:.1f}L{x + half * 0.25:.1f} {y + down:.1f}"
                f"L{x + half * 0.11:.1f} {y + down * 0.78:.1f}L{x:.1f} {y + down * 1.12:.1f}"
                f"L{x - half * 0.09:.1f} {y + down * 0.8:.1f}L{x - half * 0.22:.1f} {y + down:.1f}Z",
                cap,
            )


def round_tree(
    sketch: Sketch,
    light: Light,
    dice: Dice,
    *,
    x: float,
    base: float,
    scale: float,
    depth: float,
    color: str = "#5f9a57",
) -> None:
    """A tree with a round crown."""
    crown = light.on(c.mix(color, dice.choose(("#7fae4e", "#4f8f68", "#6aa05a")), 0.4), depth)
    crown = c.mix(crown, "#f2f5fb", 0.42) if light.is_snowy else crown
    trunk = light.on("#7a5742", depth)
    with sketch.moved(x, base, scale):
        sketch.shadow(0, 0, 26, 4, 0.2)
        sketch.path("M-4 1C-3 -14 -3 -24 -3 -34H3C3 -24 3 -12 5 1Z", trunk)
        fill = sketch.radial(
            -9, -62, 46, ((0, c.lighter(crown, 0.2), 1), (1, c.darker(crown, 0.13), 1))
        )
        for dx, dy, r in (
            (0, -52, 23),
            (-16, -40, 16),
            (16, -41, 17),
            (-8, -64, 15),
            (10, -63, 14),
        ):
            sketch.ellipse(dx, dy, r * dice.between(0.92, 1.08), r, fill)


def pine(
    sketch: Sketch,
    light: Light,
    *,
    x: float,
    base: float,
    scale: float,
    depth: float,
    color: str = "#3f7a68",
) -> None:
    """A fir in three tiers."""
    lit = light.on(color, depth)
    with sketch.moved(x, base, scale):
        sketch.rect(-3, -10, 6, 11, light.on("#6b4a3a", depth))
        for width, top, bottom in ((26, -48, -6), (21, -66, -28), (15, -84, -50)):
            tier = c.lighter(lit, 0.1) if top < -60 else lit
            sketch.path(
                f"M0 {top}Q{width * 0.4:.1f} {bottom - 16} {width} {bottom}"
                f"Q0 {bottom + 7} {-width} {bottom}Q{-width * 0.4:.1f} {bottom - 16} 0 {top}Z",
                sketch.linear(
                    -width,
                    0,
                    width,
                    0,
                    ((0, c.lighter(tier, 0.1), 1), (1, c.darker(tier, 0.14), 1)),
                ),
            )
            if light.is_snowy:
                sketch.path(
                    f"M0 {top}Q{width * 0.3:.1f} {top + 16} {width * 0.62:.1f} {top + 25}"
                    f"Q0 {top + 17} {-width * 0.62:.1f} {top + 25}"
                    f"Q{-width * 0.3:.1f} {top + 16} 0 {top}Z",
                    light.on("#f1f5fc", depth),
                )


def bare_tree(
    sketch: Sketch,
    light: Light,
    *,
    x: float,
    base: float,
    scale: float,
    depth: float,
    is_mirrored: bool = False,
) -> None:
    """A tree without leaves, crooked."""
    bark = light.on("#4b3c3d", depth)
    with sketch.moved(x, base, scale, is_mirrored=is_mirrored):
        sketch.shadow(2, 0, 30, 5, 0.25)
        fill = sketch.linear(
            -12, 0, 14, 0, ((0, c.lighter(bark, 0.12), 1), (1, c.darker(bark, 0.25), 1))
        )
        sketch.path(
            "M-17 2C-8 -4 -9 -24 -7 -46C-6 -62 -12 -74 -9 -92L0 -92C0 -78 4 -66 6 -52"
            "C8 -28 7 -6 19 2C6 0 -6 0 -17 2Z",
            fill,
        )
        for branch, width in (
            ("M-5 -86C-8 -108 -2 -124 -10 -150", 7),
            ("M-4 -84C4 -104 22 -112 26 -140", 6.5),
            ("M-6 -62C-22 -74 -36 -78 -44 -102", 6),
            ("M4 -56C20 -66 34 -66 46 -88", 6),
            ("M-8 -118C-18 -126 -26 -130 -30 -146", 3.6),
            ("M18 -114C30 -118 38 -126 42 -142", 3.4),
            ("M-34 -84C-46 -86 -54 -84 -62 -92", 3.2),
            ("M34 -70C46 -68 54 -72 64 -70", 3.2),
            ("M-9 -138C-2 -148 0 -156 2 -166", 3),
            ("M25 -128C20 -140 20 -148 14 -158", 2.8),
            ("M-40 -94C-38 -106 -42 -112 -40 -122", 2.6),
            ("M42 -80C50 -90 50 -98 56 -106", 2.6),
        ):
            sketch.path(branch, stroke=bark, width=width)
        sketch.ellipse(-1, -36, 3.6, 6, c.darker(bark, 0.45))


def bush(
    sketch: Sketch,
    light: Light,
    *,
    x: float,
    base: float,
    scale: float,
    depth: float,
    color: str = "#5b8f58",
) -> None:
    """A low round bush."""
    lit = light.on(light.snowed(color, 0.5), depth)
    with sketch.moved(x, base, scale):
        fill = sketch.down(-30, 2, c.lighter(lit, 0.14), c.darker(lit, 0.14))
        for dx, r in ((-20, 14), (18, 15), (0, 20)):
            sketch.ellipse(dx, -r * 0.62, r, r * 0.86, fill)
        sketch.rect(-33, -8, 66, 9, fill, corner=4.5)


def stone(
    sketch: Sketch,
    light: Light,
    *,
    x: float,
    base: float,
    scale: float,
    depth: float,
    color: str = "#9a9aa4",
) -> None:
    """A rounded stone."""
    lit = light.on(light.snowed(color, 0.35), depth)
    with sketch.moved(x, base, scale):
        sketch.shadow(2, 0, 24, 4, 0.25)
        sketch.path(
            "M-22 1C-24 -12 -12 -20 0 -19S24 -12 22 1Z",
            sketch.down(-20, 2, c.lighter(lit, 0.2), c.darker(lit, 0.16)),
        )


def tufts(sketch: Sketch, light: Light, dice: Dice, *, top: float, count: int, color: str) -> None:
    """Blades of grass, larger towards the viewer."""
    for _ in range(count):
        nearness = dice.unit()
        x, y = dice.between(0, SIDE), top + (SIDE - top) * nearness
        size = 3.5 + 8 * nearness
        lit = light.on(light.snowed(color, 0.55), 0.4 * (1 - nearness))
        tone = c.lighter(lit, 0.14) if dice.happens(0.5) else c.darker(lit, 0.16)
        sketch.path(
            f"M{x - size * 0.5:.1f} {y - size * 0.7:.1f}Q{x - size * 0.1:.1f} {y - size * 0.5:.1f}"
            f" {x:.1f} {y:.1f}Q{x:.1f} {y - size * 0.7:.1f} {x + size * 0.1:.1f} {y - size:.1f}"
            f"M{x:.1f} {y:.1f}Q{x + size * 0.2:.1f} {y - size * 0.4:.1f} {x + size * 0.6:.1f} "
            f"{y - size * 0.6:.1f}",
            stroke=tone,
            width=1 + 0.7 * nearness,
            opacity=0.8,
        )
