"""What a diorama shows, as a frozen value: every factor that its emotion can come from.

A scene says what there is, not where each leaf goes: the small things (positions, shades, who wears
what) follow from `layout`, have no effect on the emotion, and stay as they are when a factor is
changed with `dataclasses.replace`. That makes interventions possible: the same place, another face.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mllmsent.foundation import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "AGES",
    "DIORAMAS_VERSION",
    "EXPRESSIONS",
    "FACTORS",
    "KINDS",
    "POSTURES",
    "Scene",
    "Subject",
]

DIORAMAS_VERSION = "1"
"""Changes when the same seed gives another scene or other pixels."""

KINDS = ("person", "dog", "cat")
AGES = ("child", "adult", "elder")
EXPRESSIONS = ("neutral", "happy", "calm", "sad", "angry", "afraid", "surprised", "disgusted")
POSTURES = ("upright", "open", "slumped", "tense", "huddled")

FACTORS: dict[str, tuple[str, ...]] = {
    "setting": ("meadow", "sea", "mountains", "park", "street", "room", "ruin"),
    "time": ("dawn", "day", "dusk", "night"),
    "weather": ("clear", "cloudy", "rain", "storm", "snow", "fog"),
    "light": ("warm", "cold"),
    "palette": ("vivid", "muted"),
    "company": ("none", "one", "pair", "crowd", "animal"),
    "closeness": ("close", "apart"),
    "object": (
        "balloons",
        "birthday cake",
        "broken window",
        "butterflies",
        "dead tree",
        "empty chair",
        "fire",
        "fireworks",
        "flowers",
        "gift",
        "rainbow",
        "rubbish",
        "snake",
        "spider",
        "umbrella",
    ),
}
"""Factor to its values. `object` may hold several; `closeness` matters where there are two people."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody in the picture.

    Attributes:
        kind: One of `KINDS`.
        age: One of `AGES`; animals are adult.
        expression: One of `EXPRESSIONS`; animals are never disgusted.
        posture: One of `POSTURES`; animals sit upright.
        look: Which of the many appearances: skin, hair, clothes. Without effect on emotion.
    """

    kind: str = "person"
    age: str = "adult"
    expression: str = "neutral"
    posture: str = "upright"
    look: int = 0

    def __post_init__(self) -> None:
        _check("kind", self.kind, KINDS)
        _check("age", self.age, AGES)
        _check("expression", self.expression, EXPRESSIONS)
        _check("posture", self.posture, POSTURES)


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything a diorama's emotion can come from.

    Attributes:
        setting: Where it is.
        time: Time of day.
        weather: Weather; indoors it is seen through the window.
        light: Tone of the light: of the sun, or of the lamp.
        palette: Whether colors are full or subdued.
        subjects: Who is there, from the left.
        closeness: Whether two people lean towards each other or turn away.
        objects: Things that carry feeling, each at most once, in alphabetical order.
        layout: Seed of everything without effect on emotion.
    """

    setting: str = "meadow"
    time: str = "day"
    weather: str = "clear"
    light: str = "warm"
    palette: str = "vivid"
    subjects: tuple[Subject, ...] = ()
    closeness: str = "close"
    objects: tuple[str, ...] = ()
    layout: int = 0

    def __post_init__(self) -> None:
        for factor in ("setting", "time", "weather", "light", "palette", "closeness"):
            _check(factor, getattr(self, factor), FACTORS[factor])
        for thing in self.objects:
            _check("object", thing, FACTORS["object"])
        object.__setattr__(self, "objects", tuple(sorted(set(self.objects))))

    @property
    def company(self) -> str:
        """Who is there, as one word: "none", "one", "pair", "crowd" or "animal"."""
        people = sum(subject.kind == "person" for subject in self.subjects)
        if not self.subjects:
            return "none"
        if not people:
            return "animal"
        return {1: "one", 2: "pair"}.get(people, "crowd")

    @property
    def is_indoors(self) -> bool:
        """Whether there is a roof above."""
        return self.setting == "room"

    def as_dict(self) -> dict[str, Any]:
        """The scene as plain JSON, with its company, which follows from the rest."""
        return {
            **asdict(self),
            "objects": list(self.objects),
            "company": self.company,
            "subjects": [asdict(subject) for subject in self.subjects],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Scene:
        """The scene that `as_dict` wrote.

        Raises:
            InputError: If a key or a value is not known.
        """
        known = {key: value for key, value in values.items() if key != "company"}
        try:
            subjects = tuple(Subject(**subject) for subject in known.pop("subjects", ()))
            objects = tuple(known.pop("objects", ()))
            return cls(**known, subjects=subjects, objects=objects)
        except TypeError as error:
            raise InputError(f"This is not a scene: {error}.") from None


def _check(factor: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InputError(f"A scene's {factor} cannot be {value!r}.", cure=nearest(value, known))
