"""Truthful words about a scene: a description in plain English, and a structured reading."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from mllmsent.dioramas.causes import direction_of, effect_of, explain, feeling
from mllmsent.dioramas.dice import Dice
from mllmsent.foundation.config import read_document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.dioramas.scene import Scene, Subject

__all__ = ["TrueReading", "describe", "true_reading"]


class TrueReading(TypedDict):
    """A scene as the scene pathway asks for it, without a verdict.

    Attributes:
        atmosphere: Mood of place, hour, weather, light and color, in a sentence.
        subjects: Each with "who" and "expression".
        cues: Each with "cue" and "direction" (positive, negative or neutral).
        narrative: What seems to be going on, in a sentence.
    """

    atmosphere: str
    subjects: list[dict[str, str]]
    cues: list[dict[str, str]]
    narrative: str


def describe(scene: Scene, seed: int = 0) -> str:
    """Describe a scene truthfully in two to six plain sentences, without naming a verdict.

    Args:
        scene: What is described.
        seed: Chooses the wording.
    """
    words = _Words(Dice("describe", seed, scene.layout))
    sentences = [words.opening(scene)]
    sentences.extend(words.people(scene))
    if scene.objects:
        things = _joined([words.pick("object", thing) for thing in scene.objects])
        sentences.append(words.pick("things").format(things=things))
    tone = words.pick("tone").format(
        light=words.pick("light", scene.light), palette=words.pick("palette", scene.palette)
    )
    place = 1 if words.dice.happens(0.4) else len(sentences)
    sentences.insert(place, tone)
    return " ".join(sentences)


def true_reading(scene: Scene, seed: int = 0) -> TrueReading:
    """The true structured reading of a scene; what a reading is scored against, in words.

    Args:
        scene: What is read.
        seed: Chooses the wording of atmosphere and narrative.
    """
    words = _Words(Dice("reading", seed, scene.layout))
    atmosphere = (
        f"{_capitalized(words.pick('place', scene.setting))} {words.pick('when', scene.time)}, "
        f"where {words.pick('weather', scene.weather)}, in {scene.light} light "
        f"and {scene.palette} colors."
    )
    story = words.pick("narrative", feeling(scene).emotion)
    return {
        "atmosphere": atmosphere,
        "subjects": [
            {"who": _who(subject), "expression": subject.expression} for subject in scene.subjects
        ],
        "cues": _cues(scene),
        "narrative": story.format(where=words.pick("where", scene.setting)),
    }


def _cues(scene: Scene) -> list[dict[str, str]]:
    """Every cue once; several subjects with one expression are one cue."""
    found: dict[str, dict[str, str]] = {}
    named = {
        "expression": "{} face",
        "weather": "{} weather",
        "light": "{} light",
        "palette": "{} colors",
        "setting": "{}",
        "time": "{}",
        "object": "{}",
    }
    for cause in explain(scene):
        if cause.factor not in named:
            continue
        name = named[cause.factor].format(cause.value)
        # in a crowd a single face adds little; its direction is that of the expression
        direction = direction_of(effect_of(cause.factor, cause.value)[0])
        found.setdefault(name, {"cue": name, "direction": direction})
    return list(found.values())


def _who(subject: Subject) -> str:
    return subject.age if subject.kind == "person" else subject.kind


class _Words:
    """Choices among phrases, in the order in which they are asked for."""

    def __init__(self, dice: Dice) -> None:
        self.dice = dice

    def pick(self, *path: str) -> str:
        options: Any = _phrases()
        for key in path:
            options = options[key]
        return str(self.dice.choose(options))

    def opening(self, scene: Scene) -> str:
        place, weather = self.pick("place", scene.setting), self.pick("weather", scene.weather)
        if scene.is_indoors:
            weather = self.pick("window").format(weather=weather)
        return self.pick("opening").format(
            place=place,
            Place=_capitalized(place),
            when=self.pick("when", scene.time),
            weather=weather,
        )

    def people(self, scene: Scene) -> list[str]:
        people = [subject for subject in scene.subjects if subject.kind == "person"]
        animals = [subject for subject in scene.subjects if subject.kind != "person"]
        if not scene.subjects:
            return [self.pick("nobody")]
        sentences = []
        alike = len({(p.expression, p.posture) for p in people}) == 1
        if len(people) > 1 and (alike or len(people) > 2):
            sentences.extend(self._group(people))
        else:
            sentences.extend(self._one(person) for person in people)
        if scene.company == "pair":
            sentences.append(self.pick("closeness", scene.closeness))
        sentences.extend(self._one(animal) for animal in animals)
        return sentences

    def _one(self, subject: Subject) -> str:
        posture = self.pick("posture", subject.posture) if subject.kind == "person" else ""
        who = _capitalized(self.pick("who", _who(subject)))
        return f"{who} {self.pick('face', subject.expression)}{posture}."

    def _group(self, people: list[Subject]) -> list[str]:
        counts: dict[str, int] = {}
        for person in people:
            counts[person.expression] = counts.get(person.expression, 0) + 1
        main, *others = sorted(counts, key=lambda name: -counts[name])
        postures = {person.posture for person in people}
        posture = self.pick("posture", postures.pop()) if len(postures) == 1 else ""
        who = _capitalized(self.pick("several", str(len(people))))
        verb = self.pick("faces", main)
        first = f"{who}: most {verb}{posture}." if others else f"{who} {verb}{posture}."
        rest = [
            f"{'One of them' if counts[other] == 1 else 'Some of them'} "
            f"{self.pick('face' if counts[other] == 1 else 'faces', other)}."
            for other in others
        ]
        return [first, *rest]


def _joined(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]


@lru_cache(maxsize=1)
def _phrases() -> Mapping[str, Any]:
    phrases: Mapping[str, Any] = read_document(Path(__file__).with_name("phrases.yaml")).value
    return phrases
