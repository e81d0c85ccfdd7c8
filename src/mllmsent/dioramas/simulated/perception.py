"""What a simulated model takes a scene to be: parts overlooked, mistaken or invented."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mllmsent.dioramas.dice import Dice
from mllmsent.dioramas.scene import AGES, FACTORS
from mllmsent.dioramas.simulated.profiles import profile_settings

if TYPE_CHECKING:
    from mllmsent.dioramas.scene import Scene, Subject
    from mllmsent.dioramas.simulated.profiles import Profile

__all__ = ["PLAIN_SIGHT", "Sight", "perceive"]

# What is taken for what: an expression that is missed becomes one of these.
_LOOKALIKES = {
    "neutral": ("calm", "sad"),
    "happy": ("calm", "surprised"),
    "calm": ("neutral", "happy"),
    "sad": ("neutral", "afraid"),
    "angry": ("disgusted", "neutral"),
    "afraid": ("surprised", "sad"),
    "surprised": ("afraid", "happy"),
    "disgusted": ("angry", "neutral"),
}
_UNSEEN_TIME = {"dawn": "dusk", "dusk": "dawn", "day": "dawn", "night": "dusk"}
_UNSEEN_WEATHER = {
    "clear": "cloudy",
    "cloudy": "clear",
    "rain": "cloudy",
    "storm": "rain",
    "snow": "cloudy",
    "fog": "cloudy",
}
_INVENTED = ("flowers", "umbrella", "empty chair", "balloons", "dead tree", "rubbish", "gift")


@dataclass(frozen=True, slots=True)
class Sight:
    """Under what conditions a picture is seen.

    Attributes:
        is_grey: Whether color is gone.
        is_blurred: Whether details are gone.
        looks_twice: Whether the question makes the model look again.
    """

    is_grey: bool = False
    is_blurred: bool = False
    looks_twice: bool = False


PLAIN_SIGHT = Sight()
"""The picture as it is, looked at once."""


def perceive(scene: Scene, profile: Profile, name: str, sight: Sight = PLAIN_SIGHT) -> Scene:
    """The scene as a simulated model sees it.

    What is seen belongs to the picture and the model: another prompt finds the same mistakes, and
    worse conditions only add to them.

    Args:
        scene: What was drawn.
        profile: Who looks.
        name: The profile's name, from which its chance comes.
        sight: How it is seen.
    """
    eyes = _Eyes(scene, profile, name, sight)
    places: dict[str, Any] = {
        factor: getattr(scene, factor)
        if eyes.see(factor, getattr(scene, factor))
        else _mistaken(factor, getattr(scene, factor), eyes.chance(factor))
        for factor in ("setting", "time", "weather", "light", "palette")
    }
    if sight.is_grey:
        # without color, the light's tone is a guess and every palette is muted
        places["light"] = eyes.chance("grey light").choose(FACTORS["light"])
        places["palette"] = "muted"
    objects = [thing for thing in scene.objects if eyes.see("object", thing)]
    if eyes.chance("invention").happens(profile.invents):
        absent = [thing for thing in _INVENTED if thing not in scene.objects]
        objects.append(eyes.chance("invented").choose(absent))
    subjects = tuple(
        _perceived(subject, number, eyes) for number, subject in enumerate(scene.subjects)
    )
    return replace(scene, **places, objects=tuple(objects), subjects=subjects)


@dataclass(frozen=True)
class _Eyes:
    """A model's chance to see the things of one scene."""

    scene: Scene
    profile: Profile
    name: str
    sight: Sight

    def chance(self, *what: object) -> Dice:
        return Dice("sight", self.name, self.scene.layout, *what)

    def see(self, kind: str, *what: object) -> bool:
        dice = self.chance(kind, *what)
        first, second = dice.unit(), dice.unit()
        settings, blind = profile_settings(), self.profile.blind
        odds = self.profile.sees[kind]
        if blind is not None and getattr(self.scene, blind.factor) == blind.value:
            odds = blind.sees.get(kind, odds)
        if self.sight.is_blurred and kind in {"expression", "object", "who"}:
            odds *= settings.blurred
        return first < odds or (self.sight.looks_twice and second < settings.second_look)


def _mistaken(factor: str, value: str, dice: Dice) -> str:
    """What a factor's value is taken for."""
    likely = {"time": _UNSEEN_TIME, "weather": _UNSEEN_WEATHER}.get(factor, {})
    others = [other for other in FACTORS[factor] if other != value]
    return likely.get(value) or dice.choose(others)


def _perceived(subject: Subject, number: int, eyes: _Eyes) -> Subject:
    seen = subject
    if not eyes.see("expression", number, subject.expression):
        taken_for = eyes.chance("face", number, subject.expression).choose(
            _LOOKALIKES[subject.expression]
        )
        is_odd = subject.kind != "person" and taken_for == "disgusted"
        seen = replace(seen, expression="neutral" if is_odd else taken_for)
    if not eyes.see("who", number):
        if subject.kind == "person":
            others = [age for age in AGES if age != subject.age]
            seen = replace(seen, age=eyes.chance("age", number).choose(others))
        else:
            seen = replace(seen, kind="dog" if subject.kind == "cat" else "cat")
    return seen
