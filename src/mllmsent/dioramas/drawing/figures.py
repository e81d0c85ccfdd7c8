"""People from the waist up: posture, arms, clothes, head.

A figure is drawn around (0, 0), the middle of its head; a scale of 1 makes the head 88 units wide.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from mllmsent.dioramas.drawing import color as c
from mllmsent.dioramas.drawing.clothes import Torso, draw_garment
from mllmsent.dioramas.drawing.faces import draw_cheeks, draw_face
from mllmsent.dioramas.drawing.hair import (
    draw_beard,
    draw_hair_back,
    draw_hair_front,
    draw_winter_hat,
)
from mllmsent.dioramas.drawing.looks import look_of

if TYPE_CHECKING:
    from mllmsent.dioramas.drawing.light import Light
    from mllmsent.dioramas.drawing.looks import Look
    from mllmsent.dioramas.drawing.sketch import Sketch
    from mllmsent.dioramas.scene import Subject

__all__ = ["Arms", "draw_person"]

Arms = Literal["both", "left", "right", "narrow"]

_HEAD = "M-44 -10C-46 -72 46 -72 44 -10C44 26 24 53 0 53S-44 26 -44 -10Z"
_CHILD_HEAD = "M-45 -4C-47 -70 47 -70 45 -4C46 32 26 51 0 51S-46 32 -45 -4Z"


@dataclass(frozen=True, slots=True)
class _Pose:
    """Where shoulders and hands are.

    Attributes:
        shoulder: Height of the shoulders' ends below the middle of the head.
        half: Half the width between the shoulders' ends.
        head_turn: Degrees by which the head tilts.
        head_drop: How far the head sinks.
        elbow, hand: Ends of the upper and the lower arm, on the right; None: beside the body.
        hands_in_front: Whether the arms pass before the body.
    """

    shoulder: float
    half: float
    head_turn: float = 0.0
    head_drop: float = 0.0
    elbow: tuple[float, float] | None = None
    hand: tuple[float, float] | None = None
    hands_in_front: bool = False


_POSES = {
    "upright": _Pose(shoulder=96, half=80),
    "open": _Pose(shoulder=92, half=80, elbow=(114, 82), hand=(106, -4)),
    "slumped": _Pose(shoulder=114, half=74, head_turn=9, head_drop=27),
    "tense": _Pose(shoulder=84, half=82, elbow=(104, 168), hand=(-34, 172), hands_in_front=True),
    "huddled": _Pose(
        shoulder=92,
        half=68,
        head_turn=-3,
        head_drop=5,
        elbow=(84, 178),
        hand=(20, 82),
        hands_in_front=True,
    ),
}


def draw_person(
    sketch: Sketch,
    light: Light,
    subject: Subject,
    *,
    x: float,
    y: float,
    scale: float,
    name: str,
    turn: float = 0.0,
    lit_from_left: bool = True,
    holds: bool = False,
    arms: Arms = "both",
) -> None:
    """Draw a person whose head is at (x, y).

    Args:
        sketch: Where to.
        light: The scene's light.
        subject: Who it is.
        x: Middle of the head.
        y: Middle of the head.
        scale: 1 for a head 88 units wide.
        name: Name of the element; the head becomes its part "/face".
        turn: Degrees by which the head tilts besides its posture.
        lit_from_left: On which side the light falls.
        holds: Whether the right hand holds something up; see `shelter.draw_held_umbrella`.
        arms: Which arms may be raised high, where others stand near; "narrow": both, but low.
    """
    look = _lit(look_of(subject), light)
    is_child = subject.age == "child"
    pose = _POSES[subject.posture]
    if is_child:
        pose = replace(pose, half=pose.half * 0.78, shoulder=pose.shoulder - 8)
    if subject.posture == "open" and arms != "both":
        low = arms == "narrow"
        pose = replace(
            pose, elbow=(96, 122) if low else (104, 62), hand=(90, 52) if low else (86, -30)
        )
    with sketch.element(name, "subject"), sketch.moved(x, y, scale):
        with sketch.moved(0, pose.head_drop, turn=pose.head_turn + turn):
            draw_hair_back(sketch, look.style, _hair_color(look))
        if pose.elbow is not None and not pose.hands_in_front:
            sides = {"left": (-1,), "right": (1,)}.get(arms, (-1, 1))
            _arms(sketch, look, pose, sides, is_child=is_child)
        _torso(sketch, look, pose, lit_from_left=lit_from_left)
        if pose.elbow is None or arms in {"left", "right"}:
            _hanging_arms(sketch, look, pose)
        with sketch.moved(0, pose.head_drop, turn=pose.head_turn + turn):
            _head(sketch, light, look, subject, name, lit_from_left=lit_from_left)
        if pose.hands_in_front:
            _arms(sketch, look, pose, (-1, 1), is_child=is_child)
        if holds:
            _holding_arm(sketch, look, pose)


def _lit(look: Look, light: Light) -> Look:
    on = light.on_figure
    # skin keeps a natural strength of color in the most colorful picture
    return replace(
        look,
        skin=c.saturate(on(look.skin), 0.9),
        hair=on(look.hair),
        cloth=on(look.cloth),
        trim=on(look.trim),
        wrap=on(look.wrap),
    )


def _torso(sketch: Sketch, look: Look, pose: _Pose, *, lit_from_left: bool) -> None:
    neck = c.mix(look.skin, "#7a3b2a", 0.24)
    sketch.path(
        f"M-17 30V{pose.shoulder - 12}Q0 {pose.shoulder + 12} 17 {pose.shoulder - 12}V30Z", neck
    )
    half, top = pose.half, pose.shoulder
    outline = (
        f"M-20 {top - 22}C-30 {top - 14} {-half * 0.72:.1f} {top - 14} {-half} {top + 10}"
        f"C{-half - 10} {top + 40} {-half - 8} {top + 150} {-half - 4} 470H{half + 4}"
        f"C{half + 8} {top + 150} {half + 10} {top + 40} {half} {top + 10}"
        f"C{half * 0.72:.1f} {top - 14} 30 {top - 14} 20 {top - 22}Q0 {top + 2} -20 {top - 22}Z"
    )
    light_side, dark_side = c.lighter(look.cloth, 0.12), c.darker(look.cloth, 0.16)
    stops = (light_side, dark_side) if lit_from_left else (dark_side, light_side)
    fill = sketch.linear(
        -half, top, half, top + 60, ((0, stops[0], 1), (0.55, look.cloth, 1), (1, stops[1], 1))
    )
    sketch.path(outline, fill)
    draw_garment(sketch, look, Torso(outline, top, half))


def _hanging_arms(sketch: Sketch, look: Look, pose: _Pose) -> None:
    crease = c.darker(look.cloth, 0.3)
    for side in (-1, 1):
        x = side * (pose.half - 24)
        sketch.path(
            f"M{x} {pose.shoulder + 62}C{x + side * 3} {pose.shoulder + 110} {x + side * 2} 260 "
            f"{x + side * 2} 470",
            stroke=crease,
            width=3.2,
            opacity=0.75,
        )


def _arms(
    sketch: Sketch, look: Look, pose: _Pose, sides: tuple[int, ...], *, is_child: bool
) -> None:
    assert pose.elbow is not None
    assert pose.hand is not None
    width = 30.0 if is_child else 36.0
    start = (pose.half - 14, pose.shoulder + 14)
    near = 0.82 if is_child else 1.0
    elbow = (pose.elbow[0] * near, pose.elbow[1])
    hand = (pose.hand[0] * near, pose.hand[1])
    for side in sides:
        # crossed arms: the right one lies a little lower, over the left one
        lower = 14 if pose.hands_in_front and pose.hand[0] < 0 and side > 0 else 0
        with sketch.moved(0, lower, is_mirrored=side < 0):
            arm = (
                f"M{start[0]:.1f} {start[1] - lower:.1f}Q{elbow[0] + 4:.1f} {(start[1] + elbow[1]) / 2:.1f} "
                f"{elbow[0]:.1f} {elbow[1]:.1f}L{hand[0]:.1f} {hand[1]:.1f}"
            )
            if pose.hands_in_front:
                sketch.path(arm, stroke=c.darker(look.cloth, 0.34), width=width + 4.5)
            sketch.path(arm, stroke=look.cloth, width=width)
            _hand(sketch, look, pose, hand, elbow)


def _holding_arm(sketch: Sketch, look: Look, pose: _Pose) -> None:
    arm = f"M{pose.half - 12} {pose.shoulder + 18}Q{pose.half + 16} {pose.shoulder + 80} 88 206L68 172"
    sketch.path(arm, stroke=c.darker(look.cloth, 0.34), width=36)
    sketch.path(arm, stroke=look.cloth, width=32)
    sketch.ellipse(65, 156, 16, 16, look.skin)
    shade = c.mix(look.skin, "#7a3b2a", 0.3)
    for y in (149, 155, 161):
        sketch.path(f"M54 {y}h12", stroke=shade, width=2)


def _hand(
    sketch: Sketch, look: Look, pose: _Pose, hand: tuple[float, float], elbow: tuple[float, float]
) -> None:
    dx, dy = hand[0] - elbow[0], hand[1] - elbow[1]
    length = max(1.0, (dx * dx + dy * dy) ** 0.5)
    x, y = hand[0] + dx / length * 17, hand[1] + dy / length * 17
    if pose.hand is not None and pose.hand[0] < 0:
        # tucked under the other arm: only a bit of hand shows
        sketch.ellipse(x + 6, y, 12, 13, look.skin)
        return
    cuff = (hand[0] + dx / length * 5, hand[1] + dy / length * 5)
    sketch.line([hand, cuff], look.trim, 36 * 0.92)
    sketch.ellipse(x + dx / length * 5, y + dy / length * 5, 17, 17, look.skin)
    shade = c.mix(look.skin, "#7a3b2a", 0.3)
    if pose.hands_in_front:
        for step in (-6, 0, 6):
            sketch.path(f"M{x - 9} {y + step}h9", stroke=shade, width=2)
        return
    # fingers spread upwards
    for turn in (-26, -9, 8, 25):
        with sketch.moved(x, y, turn=turn):
            sketch.path("M0 -8V-25", stroke=look.skin, width=8.4)
    sketch.path(f"M{x - 8} {y}L{x - 21} {y - 6}", stroke=look.skin, width=8.6)


def _head(
    sketch: Sketch, light: Light, look: Look, subject: Subject, name: str, *, lit_from_left: bool
) -> None:
    is_child = subject.age == "child"
    outline = _CHILD_HEAD if is_child else _HEAD
    dark = c.mix(look.skin, "#8a3f2f", 0.2)
    with sketch.element(f"{name}/face", "face"):
        # the head's shadow on the neck, then the ears
        sketch.path(
            "M-17 44Q0 66 17 44L17 58Q0 72 -17 58Z",
            c.mix(look.skin, "#5a2b2a", 0.34),
            opacity=0.5,
            is_solid=False,
        )
        if look.style != "scarf":
            for side in (-1, 1):
                sketch.ellipse(side * 45, 3, 9, 12, look.skin)
                sketch.ellipse(side * 46, 3, 4.6, 7, dark)
        sketch.path(outline, look.skin)
        away = 1 if lit_from_left else -1
        with sketch.clipped(outline):
            sketch.path(
                f"M{46 * away} -70C{20 * away} -40 {22 * away} 30 {8 * away} 56H{60 * away}V-70Z",
                dark,
                opacity=0.45,
            )
        if look.freckles:
            for fx, fy in ((-27, 12), (-20, 16), (-31, 18), (27, 12), (20, 16), (31, 18)):
                sketch.ellipse(fx, fy, 1.7, 1.7, c.mix(look.skin, "#a0502f", 0.6))
        if subject.age == "elder":
            wrinkle = c.mix(look.skin, "#8a3f2f", 0.34)
            sketch.path(
                "M-17 -37Q0 -41 17 -37M-12 -30Q0 -33 12 -30M-33 13q4 6 2 11M33 13q-4 6 -2 11",
                stroke=wrinkle,
                width=2,
            )
        draw_beard(sketch, look.beard, hair=look.hair, skin=look.skin)
        brow = c.darker(look.hair, 0.35) if subject.age != "elder" else c.darker(look.hair, 0.3)
        with sketch.clipped(outline):
            draw_cheeks(sketch, subject.expression, look.skin, is_child=is_child)
        draw_face(sketch, subject.expression, skin=look.skin, brow=brow, is_child=is_child)
    draw_hair_front(sketch, look.style, _hair_color(look))
    if look.has_glasses:
        _glasses(sketch, 5 if is_child else 0)
    if light.is_snowy and look.style not in {"scarf", "afro", "bun", "curls"}:
        draw_winter_hat(sketch, c.mix(look.cloth, "#c2455a", 0.3), look.trim)


def _hair_color(look: Look) -> str:
    return look.wrap if look.style == "scarf" else look.hair


def _glasses(sketch: Sketch, drop: float) -> None:
    frame = "#3a2f3d"
    for side in (-1, 1):
        sketch.ellipse(side * 18.5, -2 + drop, 15.5, 14.5, "#ffffff", opacity=0.16, is_solid=False)
        sketch.ellipse(side * 18.5, -2 + drop, 15.5, 14.5, stroke=frame, width=2.6)
    sketch.path(
        f"M-3.5 {-3 + drop}Q0 {-6 + drop} 3.5 {-3 + drop}M-34 {-4 + drop}L-44 {-7 + drop}"
        f"M34 {-4 + drop}L44 {-7 + drop}",
        stroke=frame,
        width=2.6,
    )
