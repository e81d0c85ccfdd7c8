"""The causal model: what a scene's factors, and their combinations, do to how it feels.

Effects on valence and arousal add up; interactions are effects that only a combination has. The
coefficients are data (`causes.yaml`, versioned), so that an analysis can be checked against them.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mllmsent.foundation.config import read_document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.dioramas.scene import Scene

__all__ = [
    "POLARITY5",
    "CauseKind",
    "Contribution",
    "Direction",
    "Feeling",
    "causes_version",
    "direction_of",
    "effect_of",
    "emotion_names",
    "explain",
    "features_of",
    "feeling",
    "polarity",
]

Direction = Literal["positive", "negative", "neutral"]
CauseKind = Literal["face", "people", "atmosphere", "object"]

POLARITY5 = ("negative", "slightly negative", "neutral", "slightly positive", "positive")


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one cause adds.

    Attributes:
        factor: "weather", "expression", "object", ..., or "interaction".
        value: The factor's value, or the interaction's name.
        kind: What sort of cue it is; annotators weigh kinds differently.
        elements: Names of the picture's elements that show it; empty where it is everywhere.
        valence: Added to the sum behind valence.
        arousal: Added to the sum behind arousal.
    """

    factor: str
    value: str
    kind: CauseKind
    elements: tuple[str, ...]
    valence: float
    arousal: float

    @property
    def direction(self) -> Direction:
        """Where it pulls valence."""
        return direction_of(self.valence)


@dataclass(frozen=True, slots=True)
class Feeling:
    """How a scene feels.

    Attributes:
        valence: 1 (very unpleasant) to 9 (very pleasant).
        arousal: 1 (very calm) to 9 (very excited).
        polarity: One of the five ordered classes.
        emotion: The emotion of Mikels with the highest score.
        emotion_scores: Every emotion's score; differences count, not their level.
    """

    valence: float
    arousal: float
    polarity: str
    emotion: str
    emotion_scores: Mapping[str, float]


def causes_version() -> str:
    """Version of the coefficients."""
    return str(_tables()["version"])


def emotion_names() -> tuple[str, ...]:
    """The emotions that have scores, in the order of the scheme "mikels"."""
    return tuple(_tables()["emotions"])


def direction_of(valence: float) -> Direction:
    """Which way an effect on valence pulls; small ones pull nowhere."""
    if abs(valence) < _tables()["directed_from"]:
        return "neutral"
    return "positive" if valence > 0 else "negative"


def effect_of(factor: str, value: str) -> tuple[float, float]:
    """Effect of one factor's value on valence and arousal, without interactions."""
    valence, arousal = _tables()["effects"][factor]["values"][value]
    return valence, arousal


def explain(scene: Scene) -> tuple[Contribution, ...]:
    """Everything that adds to a scene's valence and arousal, cause by cause."""
    found: list[Contribution] = []
    for factor in ("setting", "time", "weather", "light", "palette", "company"):
        elements = {"setting": ("setting",), "time": ("sky",), "weather": ("sky", "weather")}
        found.append(_contribution(factor, getattr(scene, factor), elements.get(factor, ())))
    found.extend(_contribution("object", thing, (thing,)) for thing in scene.objects)
    for number, (subject, weight) in enumerate(_weights(scene)):
        name = f"subject-{number + 1}"
        found.append(_contribution("expression", subject.expression, (f"{name}/face",), weight))
        if subject.kind == "person" and subject.posture != "upright":
            share = weight / sum(w for s, w in _weights(scene) if s.kind == "person")
            found.append(_contribution("posture", subject.posture, (name,), share))
    if scene.company == "pair":
        people = tuple(
            f"subject-{number + 1}"
            for number, subject in enumerate(scene.subjects)
            if subject.kind == "person"
        )
        found.append(_contribution("closeness", scene.closeness, people))
    features = features_of(scene)
    for rule in _tables()["interactions"]:
        if _holds(rule["when"], features):
            valence, arousal = rule["effect"]
            shown = tuple(
                value for value in _listed(rule["when"].get("object", ())) if value in scene.objects
            )
            found.append(
                Contribution("interaction", rule["name"], rule["kind"], shown, valence, arousal)
            )
    return tuple(found)


def feeling(
    scene: Scene, weights: Mapping[str, float] | None = None, *, with_interactions: bool = True
) -> Feeling:
    """How a scene feels.

    Args:
        scene: The scene.
        weights: Factor on each kind of cue, for somebody who weighs them unlike the rest; kinds
            that are absent count in full.
        with_interactions: Whether combinations count, or only the sum of single cues.

    Returns:
        The truth where nothing but `scene` is given.
    """
    weights = weights or {}
    contributions = tuple(
        cause for cause in explain(scene) if with_interactions or cause.factor != "interaction"
    )
    softness = _tables()["softness"]
    values = {}
    for dimension in ("valence", "arousal"):
        total = _tables()["base"][dimension] + sum(
            getattr(c, dimension) * weights.get(c.kind, 1.0) for c in contributions
        )
        values[dimension] = 5 + 4 * math.tanh(total / softness[dimension])
    scores = _emotion_scores(scene, contributions, values, weights)
    return Feeling(
        valence=values["valence"],
        arousal=values["arousal"],
        polarity=polarity(values["valence"]),
        emotion=max(scores, key=lambda name: scores[name]),
        emotion_scores=scores,
    )


def polarity(valence: float) -> str:
    """The class of a valence among the five."""
    bounds = _tables()["polarity5"]
    return POLARITY5[sum(valence >= bound for bound in bounds)]


def features_of(scene: Scene) -> dict[str, frozenset[str]]:
    """What conditions can ask about: factor to the values that a scene has."""
    people = [subject for subject in scene.subjects if subject.kind == "person"]
    counts = Counter(subject.expression for subject in people or scene.subjects)
    most = max(counts.values(), default=0)
    # where no expression has the most, none is the scene's
    leaders = [name for name, count in counts.items() if count == most]
    has_companion = bool(people) and len(people) < len(scene.subjects)
    single = {
        name: frozenset({getattr(scene, name)})
        for name in ("setting", "time", "weather", "light", "palette", "company")
    }
    return {
        **single,
        "closeness": frozenset({scene.closeness} if scene.company == "pair" else ()),
        "object": frozenset(scene.objects),
        "expression": frozenset(leaders if len(leaders) == 1 else ()),
        "companion": frozenset({"yes" if has_companion else "no"}),
    }


def _emotion_scores(
    scene: Scene,
    contributions: tuple[Contribution, ...],
    values: Mapping[str, float],
    weights: Mapping[str, float],
) -> dict[str, float]:
    kinds = {factor: table["kind"] for factor, table in _tables()["effects"].items()}
    active = {c.value: c.kind for c in contributions if c.factor == "interaction"}
    features = features_of(scene)
    subjects = _weights(scene)
    people = [(subject, weight) for subject, weight in subjects if subject.kind == "person"]
    scores = {}
    for emotion, rule in _tables()["emotions"].items():
        score = (
            rule["base"]
            + rule["valence"] * (values["valence"] - 5)
            + rule["arousal"] * (values["arousal"] - 5)
        )
        for factor, table in rule["evidence"].items():
            if factor == "interaction":
                score += sum(
                    amount * weights.get(active[name], 1.0)
                    for name, amount in table.items()
                    if name in active
                )
            elif factor in {"expression", "posture"}:
                group = subjects if factor == "expression" else people
                total = sum(weight for _, weight in group) or 1.0
                mean = sum(table.get(getattr(s, factor), 0.0) * w for s, w in group) / total
                score += mean * weights.get(kinds[factor], 1.0)
            else:
                amount = sum(table.get(value, 0.0) for value in features[factor])
                score += amount * weights.get(kinds.get(factor, "people"), 1.0)
        scores[emotion] = score
    return scores


def _contribution(
    factor: str, value: str, elements: tuple[str, ...], weight: float = 1.0
) -> Contribution:
    valence, arousal = effect_of(factor, value)
    kind = _tables()["effects"][factor]["kind"]
    return Contribution(factor, value, kind, elements, valence * weight, arousal * weight)


def _weights(scene: Scene) -> list[tuple[Any, float]]:
    """Each subject with its share; shares of people and animals together sum to at most one."""
    rules = _tables()["animals"]
    people = sum(subject.kind == "person" for subject in scene.subjects)
    animals = len(scene.subjects) - people
    if not people:
        return [(subject, rules["alone"] / max(1, animals)) for subject in scene.subjects]
    total = people + animals * rules["beside"]
    return [
        (subject, (1.0 if subject.kind == "person" else rules["beside"]) / total)
        for subject in scene.subjects
    ]


def _holds(when: Mapping[str, Any], features: Mapping[str, frozenset[str]]) -> bool:
    return all(features[factor] & set(_listed(wanted)) for factor, wanted in when.items())


def _listed(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    tables: dict[str, Any] = read_document(Path(__file__).with_name("causes.yaml")).value
    return tables
