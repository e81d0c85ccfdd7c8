"""Simulated annotators: what five of a pool would have said of a diorama.

They know the scene through the causal model, weighed as their cohort weighs cues, and add a bias of
their own, noise, and now and then carelessness. They are programs and stand for nobody.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mllmsent.dioramas.causes import POLARITY5, emotion_names, feeling, polarity
from mllmsent.dioramas.dice import Dice
from mllmsent.foundation.config import read_document

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.dioramas.sampling import Diorama
    from mllmsent.dioramas.scene import Scene

__all__ = [
    "Annotation",
    "Annotator",
    "annotate",
    "annotator_pool",
    "annotators_version",
    "classes_of",
    "judge",
    "label_in",
    "majority",
]

_FOLD3 = {"slightly negative": "negative", "slightly positive": "positive"}


@dataclass(frozen=True, slots=True)
class Annotator:
    """One of the pool.

    Attributes:
        annotator_id: "annotator-07".
        cohort: "a" or "b": those of a cohort weigh kinds of cues alike.
        age_band: "30-44"; without effect on what is answered.
        bias: Points by which valence and arousal are shifted.
        scale_use: Factor on the distance from the scale's middle.
        liking: Emotion to what is added to its score.
    """

    annotator_id: str
    cohort: str
    age_band: str
    bias: Mapping[str, float]
    scale_use: float
    liking: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Annotation:
    """What one annotator says of one diorama.

    Attributes:
        item_id: The diorama.
        annotator: Who says it.
        polarity5: Vote among five ordered classes.
        mikels: Vote among eight emotions.
        valence: Rating, 1 to 9, whole.
        arousal: Rating, 1 to 9, whole.
    """

    item_id: str
    annotator: Annotator
    polarity5: str
    mikels: str
    valence: int
    arousal: int


def annotators_version() -> str:
    """Version of the annotators' settings."""
    return str(_settings()["version"])


def annotator_pool(seed: int) -> tuple[Annotator, ...]:
    """Everybody who may annotate the dataset of that seed; cohort a first."""
    settings = _settings()
    names = sorted(settings["cohorts"])
    return tuple(
        _annotator(seed, number, names[number * len(names) // settings["pool"]])
        for number in range(settings["pool"])
    )


def annotate(diorama: Diorama, seed: int) -> tuple[Annotation, ...]:
    """The votes and ratings of a diorama's five annotators.

    Args:
        diorama: What is looked at.
        seed: Seed of the dataset; it makes the pool.
    """
    pool = _cached_pool(seed)
    dice = Dice("annotators", seed, diorama.index)
    count = _settings()["per_item"]
    cohorts = sorted({annotator.cohort for annotator in pool})
    # who is in the majority takes turns, so that neither cohort decides the dataset
    first = diorama.index % len(cohorts)
    shares = {cohorts[first]: (count + 1) // 2, cohorts[1 - first]: count // 2}
    chosen: list[Annotator] = []
    for cohort, share in sorted(shares.items()):
        members = [annotator for annotator in pool if annotator.cohort == cohort]
        chosen.extend(dice.shuffled(members)[:share])
    return tuple(
        judge(annotator, diorama.scene, diorama.item_id, seed)
        for annotator in sorted(chosen, key=lambda annotator: annotator.annotator_id)
    )


def label_in(scheme: str, polarity5: str, mikels: str) -> str:
    """A label of "polarity5", "polarity3" (its outer classes folded) or "mikels"."""
    if scheme == "mikels":
        return mikels
    return _FOLD3.get(polarity5, polarity5) if scheme == "polarity3" else polarity5


def classes_of(scheme: str) -> tuple[str, ...]:
    """The labels that `label_in` gives."""
    if scheme == "mikels":
        return tuple(emotion_names())
    return tuple(dict.fromkeys(label_in(scheme, label, "") for label in POLARITY5))


def majority(votes: Sequence[Annotation], scheme: str, min_agreement: int) -> str | None:
    """The label on which at least so many annotators agree; None where they do not.

    Args:
        votes: What the annotators of one diorama say.
        scheme: "polarity5", "polarity3" or "mikels".
        min_agreement: How many must agree; more than half of them, so that no two labels do.
    """
    counts = Counter(label_in(scheme, vote.polarity5, vote.mikels) for vote in votes)
    label, agreeing = counts.most_common(1)[0]
    return label if agreeing >= min_agreement else None


def judge(annotator: Annotator, scene: Scene, item_id: str, seed: int) -> Annotation:
    """What an annotator says of a scene."""
    settings = _settings()
    dice = Dice("judgment", seed, annotator.annotator_id, item_id)
    if dice.happens(settings["careless"]):
        return Annotation(
            item_id,
            annotator,
            dice.choose(POLARITY5),
            dice.choose(emotion_names()),
            1 + dice.whole(9),
            1 + dice.whole(9),
        )
    felt = feeling(scene, settings["cohorts"][annotator.cohort])
    values = {
        name: 5
        + (value - 5) * annotator.scale_use
        + annotator.bias[name]
        + dice.normal(0.0, settings["noise"][name])
        for name, value in (("valence", felt.valence), ("arousal", felt.arousal))
    }
    scores = {
        emotion: score + annotator.liking[emotion] + dice.normal(0.0, settings["emotion_noise"])
        for emotion, score in felt.emotion_scores.items()
    }
    return Annotation(
        item_id=item_id,
        annotator=annotator,
        polarity5=polarity(values["valence"]),
        mikels=max(scores, key=lambda emotion: scores[emotion]),
        valence=_whole(values["valence"]),
        arousal=_whole(values["arousal"]),
    )


def _annotator(seed: int, number: int, cohort: str) -> Annotator:
    settings = _settings()
    dice = Dice("annotator", seed, number)
    return Annotator(
        annotator_id=f"annotator-{number + 1:02d}",
        cohort=cohort,
        age_band=dice.choose(settings["age_bands"]),
        bias={name: dice.normal(0.0, sd) for name, sd in settings["bias"].items()},
        scale_use=dice.normal(settings["scale_use"]["mean"], settings["scale_use"]["sd"]),
        liking={name: dice.normal(0.0, settings["emotion_bias"]) for name in emotion_names()},
    )


def _whole(value: float) -> int:
    return min(9, max(1, round(value)))


@lru_cache(maxsize=8)
def _cached_pool(seed: int) -> tuple[Annotator, ...]:
    return annotator_pool(seed)


@lru_cache(maxsize=1)
def _settings() -> dict[str, Any]:
    settings: dict[str, Any] = read_document(Path(__file__).with_name("annotators.yaml")).value
    return settings
