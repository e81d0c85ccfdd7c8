"""Who and what stands where: places for subjects and objects, so that nothing hides a face.

People are cut by the lower edge, so they are nearest to the viewer and what stands on visible
ground is behind them. Where two or more people leave no room beside them, low things stand in
front, at the very edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.dioramas.drawing.sketch import SIDE

if TYPE_CHECKING:
    from mllmsent.dioramas.dice import Dice
    from mllmsent.dioramas.drawing.settings import Stage
    from mllmsent.dioramas.scene import Scene, Subject

__all__ = ["Plan", "Spot", "lay_out"]

_TALL = frozenset({"balloons", "empty chair"})
_SPECIAL = frozenset(
    {"broken window", "rainbow", "fireworks", "spider", "dead tree", "butterflies"}
)


@dataclass(frozen=True, slots=True)
class Spot:
    """A place: of a head's middle, or of an object's foot.

    Attributes:
        x: Across.
        y: Down.
        scale: Size.
        turn: Degrees by which a head tilts.
        is_front: Whether it is drawn after the subjects.
    """

    x: float
    y: float
    scale: float
    turn: float = 0.0
    is_front: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Places for all.

    Attributes:
        subjects: One for each subject of the scene, in order.
        objects: Object to its place; things that have their own (a window, the sky) are absent.
        holder: Number of the subject that holds the umbrella, or None where it rests.
    """

    subjects: tuple[Spot, ...]
    objects: dict[str, Spot]
    holder: int | None


def lay_out(scene: Scene, stage: Stage, dice: Dice) -> Plan:
    """Find a place for everybody and everything."""
    people = [subject for subject in scene.subjects if subject.kind == "person"]
    spots = _people(scene, people, dice)
    pets = len(scene.subjects) - len(people)
    pet_is_left = dice.happens(0.5)
    subjects = []
    for subject in scene.subjects:
        if subject.kind == "person":
            subjects.append(spots.pop(0))
        elif not people:
            apart = 0 if pets == 1 else 82
            side = -1 if len(subjects) == 0 else 1
            subjects.append(
                Spot(
                    192 + side * apart + dice.near(0, 10),
                    176 if pets == 1 else 208,
                    0.98 if pets == 1 else 0.82,
                )
            )
        else:
            subjects.append(Spot(66 if pet_is_left else 318, 264, 0.56, is_front=True))
    holder = _holder(scene, people)
    waiting = [
        thing
        for thing in scene.objects
        if thing not in _SPECIAL
        and not (thing == "umbrella" and holder is not None)
        and not (thing == "fire" and stage.hearth is not None)
    ]
    objects = _places(
        waiting, scene, stage, dice, taken=bool(pets and people), pet_is_left=pet_is_left
    )
    if "dead tree" in scene.objects:
        side = 322 if scene.layout % 2 == 0 else 62
        objects["dead tree"] = Spot(side + dice.near(0, 8), stage.ground + 6, 1.32)
    if "butterflies" in scene.objects:
        side = 60 if scene.layout % 2 == 0 else 324
        objects["butterflies"] = Spot(side, 330, 0.92, is_front=True)
    return Plan(tuple(subjects), objects, holder)


def _people(scene: Scene, people: list[Subject], dice: Dice) -> list[Spot]:
    if len(people) == 1:
        child = people[0].age == "child"
        if _holder(scene, people) is not None:
            # room for the umbrella above the head
            return [Spot(180 + dice.near(0, 6), 196, 0.96)]
        return [Spot(192 + dice.near(0, 10), 178 if child else 158, 1.08 if child else 1.13)]
    if len(people) == 2:
        is_close = scene.closeness == "close"
        gap, turn = (64, 7) if is_close else (100, -8)
        return [
            Spot(
                192 + side * gap,
                190 + (16 if person.age == "child" else 0) + dice.near(0, 4),
                0.9,
                turn=-side * turn,
            )
            for side, person in zip((-1, 1), people, strict=True)
        ]
    back = len(people) // 2
    spots = []
    for number, person in enumerate(people):
        in_back = number < back
        row, place = (back, number) if in_back else (len(people) - back, number - back)
        span = 136 if in_back else 250
        x = 192 + (place - (row - 1) / 2) * (span / max(1, row - 1) if row > 1 else 0)
        y = (128 if in_back else 214) + dice.near(0, 6) + (8 if person.age == "child" else 0)
        spots.append(Spot(x + dice.near(0, 5), y, 0.64 if in_back else 0.72, turn=dice.near(0, 5)))
    return spots


def _holder(scene: Scene, people: list[Subject]) -> int | None:
    if "umbrella" not in scene.objects or scene.is_indoors or len(people) != 1:
        return None
    for number, subject in enumerate(scene.subjects):
        if subject.kind == "person" and subject.posture in {"upright", "slumped"}:
            return number
    return None


def _places(
    things: list[str], scene: Scene, stage: Stage, dice: Dice, *, taken: bool, pet_is_left: bool
) -> dict[str, Spot]:
    company = scene.company
    if company == "none":
        free = [Spot(116, 340, 1.3), Spot(272, 334, 1.25), Spot(196, 310, 0.9)]
    elif company in {"one", "animal"}:
        free = [Spot(50, 352, 1.0), Spot(334, 352, 1.0), Spot(84, 316, 0.72)]
    else:
        free = [
            Spot(40, 384, 0.8, is_front=True),
            Spot(344, 384, 0.8, is_front=True),
            Spot(192, 386, 0.78, is_front=True),
        ]
    behind = [Spot(36, stage.ground + 18, 1.08), Spot(348, stage.ground + 18, 1.08)]
    if taken:
        side = 0 if pet_is_left else 1
        free.pop(side)
        behind.pop(side)
    elif _starts_right(scene, stage, dice):
        free[0], free[1] = free[1], free[0]
        behind.reverse()
    places = {}
    for thing in sorted(things, key=lambda name: name not in _TALL):
        is_crowded = company in {"pair", "crowd"}
        pool = behind if is_crowded and thing in _TALL and behind else free
        if not pool:
            pool = behind
        places[thing] = pool.pop(0)
    return places


def _starts_right(scene: Scene, stage: Stage, dice: Dice) -> bool:
    """Whether things are placed from the right: by chance, but away from a broken window."""
    by_chance = dice.happens(0.5)
    if "broken window" not in scene.objects or stage.window is None:
        return by_chance
    return stage.window.x < SIDE / 2
