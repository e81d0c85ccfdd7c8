"""Drawing scenes from a seed: which scene the n-th diorama of a seed is.

Of every four dioramas, the fourth is a twin of the third: the same place, people and things with
one factor changed. Twins form a `group`, so that folds and resampling keep them together, and they
are interventions whose effect an analysis can be asked to find.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mllmsent.dioramas.causes import effect_of
from mllmsent.dioramas.dice import Dice
from mllmsent.dioramas.scene import DIORAMAS_VERSION, Scene, Subject
from mllmsent.foundation.config import read_document

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Diorama", "sample_diorama", "sample_scene"]


@dataclass(frozen=True, slots=True)
class Diorama:
    """One item of the sample dataset.

    Attributes:
        item_id: "diorama-00042".
        index: Its number, counted from 0.
        group: Shared by twins.
        scene: What it shows.
        twin_of: The item it is a variant of, or "".
        changed: The factor in which it differs from that, or "".
    """

    item_id: str
    index: int
    group: str
    scene: Scene
    twin_of: str = ""
    changed: str = ""


def sample_diorama(seed: int, index: int) -> Diorama:
    """The diorama with that number; it does not depend on how many are drawn."""
    item_id = f"diorama-{index:05d}"
    if index % 4 != 3:
        return Diorama(item_id, index, f"scene-{index:05d}", sample_scene(seed, index))
    original = sample_diorama(seed, index - 1)
    scene, changed = _vary(original.scene, Dice(DIORAMAS_VERSION, seed, index, "twin"))
    return Diorama(item_id, index, original.group, scene, original.item_id, changed)


def sample_scene(seed: int, index: int) -> Scene:
    """A scene of its own, no twin."""
    dice = Dice(DIORAMAS_VERSION, seed, index)
    priors = _priors()
    mood = dice.between(-1.0, 1.0)

    def draw(factor: str) -> str:
        return dice.weighted(_tilted(factor, priors[factor], mood, priors["tilt"]))

    setting, time, weather = draw("setting"), draw("time"), draw("weather")
    light, palette, company, closeness = (
        draw("light"),
        draw("palette"),
        draw("company"),
        draw("closeness"),
    )
    subjects = _subjects(company, mood, dice)
    place = Scene(setting=setting, time=time, weather=weather)
    count = int(dice.weighted(priors["object_count"]))
    # An empty place needs something to look at; a companion leaves room for one thing only.
    if company == "none" and count == 0 and dice.happens(0.6):
        count = 1
    if len({subject.kind for subject in subjects}) > 1:
        count = min(count, 1)
    objects: set[str] = set()
    for _ in range(count):
        options = _tilted("object", _allowed(place, objects), mood, priors["tilt"])
        if options:
            objects.add(dice.weighted(options))
    return Scene(
        setting=setting,
        time=time,
        weather=weather,
        light=light,
        palette=palette,
        subjects=subjects,
        closeness=closeness,
        objects=tuple(objects),
        layout=dice.whole(1_000_000),
    )


def _subjects(company: str, mood: float, dice: Dice) -> tuple[Subject, ...]:
    priors = _priors()
    weights = _tilted("expression", priors["expression"], mood, priors["expression_tilt"])
    shared = dice.weighted(weights)
    if company == "none":
        return ()
    if company == "animal":
        animals = 2 if dice.happens(0.2) else 1
        return tuple(_animal(shared, dice) for _ in range(animals))
    count = {"one": 1, "pair": 2, "crowd": 4 + dice.whole(2)}[company]
    subjects = []
    for number in range(count):
        differs = number > 0 and dice.happens(priors["chance_of_other_expression"])
        subjects.append(_person(dice.weighted(weights) if differs else shared, dice))
    if company in {"one", "pair"} and dice.happens(priors["chance_of_companion"]):
        subjects.append(_animal(shared if dice.happens(0.5) else "happy", dice))
    return tuple(subjects)


def _person(expression: str, dice: Dice) -> Subject:
    priors = _priors()
    return Subject(
        kind="person",
        age=dice.weighted(priors["age"]),
        expression=expression,
        posture=dice.weighted(priors["posture"][expression]),
        look=dice.whole(1_000_000),
    )


def _animal(expression: str, dice: Dice) -> Subject:
    kind = dice.weighted(_priors()["animal"])
    mood = "neutral" if expression == "disgusted" else expression
    return Subject(kind=kind, expression=mood, look=dice.whole(1_000_000))


def _vary(scene: Scene, dice: Dice) -> tuple[Scene, str]:
    """The scene with one factor changed, and that factor's name."""
    priors = _priors()
    factors = ["light", "weather", "time", "palette", "object"] + ["expression"] * 4 * bool(
        scene.subjects
    )
    factor = dice.choose(factors)
    if factor == "expression":
        now = scene.subjects[0].expression
        options = {key: weight for key, weight in priors["expression"].items() if key != now}
        other = dice.weighted(options)
        # the face alone changes: posture and everything else stay
        subjects = tuple(
            replace(
                s, expression="neutral" if s.kind != "person" and other == "disgusted" else other
            )
            for s in scene.subjects
        )
        return replace(scene, subjects=subjects), factor
    if factor == "object":
        if scene.objects:
            return replace(scene, objects=scene.objects[1:]), factor
        options = _allowed(scene, set())
        return replace(scene, objects=(dice.weighted(options),)), factor
    now = getattr(scene, factor)
    options = {key: weight for key, weight in priors[factor].items() if key != now}
    changed = replace(scene, **{factor: dice.weighted(options)})
    kept = tuple(thing for thing in changed.objects if _may_be(thing, changed))
    if kept != changed.objects:
        # what cannot be there at that hour or in that weather would change as well: try the light
        return replace(scene, light="cold" if scene.light == "warm" else "warm"), "light"
    return changed, factor


def _tilted(
    factor: str, weights: Mapping[str, float], mood: float, tilt: float
) -> dict[str, float]:
    return {
        value: weight * math.exp(tilt * mood * effect_of(factor, value)[0])
        for value, weight in weights.items()
    }


def _allowed(scene: Scene, present: set[str]) -> dict[str, float]:
    return {
        thing: rule["weight"]
        for thing, rule in _priors()["object"].items()
        if thing not in present and _may_be(thing, scene)
    }


def _may_be(thing: str, scene: Scene) -> bool:
    rule = _priors()["object"][thing]
    return all(
        factor not in rule or getattr(scene, factor) in rule[factor]
        for factor in ("setting", "time", "weather")
    )


@lru_cache(maxsize=1)
def _priors() -> dict[str, Any]:
    priors: dict[str, Any] = read_document(Path(__file__).with_name("priors.yaml")).value
    return priors
