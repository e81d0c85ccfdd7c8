"""Which scenes a model is trained on, and which are kept from it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mllmsent.dioramas import Scene, sample_diorama
from mllmsent.dioramas.causes import features_of
from mllmsent.dioramas.dice import Dice
from mllmsent.dioramas.scene import EXPRESSIONS, FACTORS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["TRAINING_SEED", "TrainingItem", "is_unseen_combination", "training_item"]

TRAINING_SEED = 770_001
"""First of the seeds whose dioramas are trained on: all from here to 780,000 are, so that none of
them may be evaluated on."""

_ATTEMPTS = 500
_HELD_OUT_OF = 12
_BLANK_SHARE = 0.06
_SHUFFLED_SHARE = 0.35


@dataclass(frozen=True, slots=True)
class TrainingItem:
    """One picture of the training set.

    Attributes:
        item_id: Its name, from which its simulated annotators' votes follow.
        scene: What it shows; None for a picture without anything to be made out.
    """

    item_id: str
    scene: Scene | None


def is_unseen_combination(scene: Scene) -> bool:
    """Whether a scene's setting, weather and leading expression are never trained on together.

    One of twelve combinations is; each of the three values alone is met in plenty.
    """
    expression = "+".join(sorted(features_of(scene)["expression"])) or "none"
    name = f"{scene.setting}/{scene.weather}/{expression}"
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % _HELD_OUT_OF == 0


def training_item(
    seed: int, index: int, never: Mapping[str, Sequence[str]] | None = None
) -> TrainingItem:
    """The picture with that number.

    Most are dioramas as a dataset has them, twins included. In every third, two factors are drawn
    anew from all their values, so that cues are met that contradict each other. A few have nothing
    to be made out.

    Args:
        seed: Seed of the training set.
        index: Its number, from 0.
        never: Factor to the values that no trained scene has.
    """
    dice = Dice("training", seed, index)
    item_id = f"training-{seed}-{index:06d}"
    if dice.happens(_BLANK_SHARE):
        return TrainingItem(item_id, None)
    for attempt in range(_ATTEMPTS):
        scene = sample_diorama(TRAINING_SEED + (seed * 101 + attempt) % 9_999, index).scene
        if dice.happens(_SHUFFLED_SHARE):
            scene = _shuffled(_shuffled(scene, dice), dice)
        banned = any(getattr(scene, factor) in values for factor, values in (never or {}).items())
        if not banned and not is_unseen_combination(scene):
            return TrainingItem(item_id, scene)
    raise AssertionError("No scene is left to train on.")


def _shuffled(scene: Scene, dice: Dice) -> Scene:
    factor = dice.choose(("weather", "light", "palette", "time", "closeness", "expression"))
    if factor != "expression":
        changed: dict[str, Any] = {factor: dice.choose(FACTORS[factor])}
        return replace(scene, **changed)
    face = dice.choose(EXPRESSIONS)
    animals = "neutral" if face == "disgusted" else face
    subjects = tuple(
        replace(subject, expression=face if subject.kind == "person" else animals)
        for subject in scene.subjects
    )
    return replace(scene, subjects=subjects)
