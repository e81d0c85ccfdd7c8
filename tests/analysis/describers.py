"""Descriptions by describers whose faults are known: they slip now and then, or never see a thing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mllmsent.analysis.factor_namings import DESCRIBED_FACTORS
from mllmsent.dioramas import Scene, describe, sample_scene

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Describer", "descriptions_of", "some_scenes"]


@dataclass(frozen=True)
class Describer:
    """Somebody who describes scenes.

    Attributes:
        name: The name.
        slips: For each factor, the chance that another value is named than the true one.
        blind: A true value to the one that is always named in its place, which is then never named.
        lapses: A true value to the chance that another is named there, instead of `slips`.
        strategy: How it was asked.
    """

    name: str
    slips: float = 0.06
    blind: Mapping[str, str] = field(default_factory=dict)
    lapses: Mapping[str, float] = field(default_factory=dict)
    strategy: str = "describe"


def some_scenes(n: int, seed: int = 0) -> dict[str, Scene]:
    """So many scenes, none a twin of another."""
    return {f"diorama-{number:05d}": sample_scene(seed, number) for number in range(n)}


def descriptions_of(
    scenes: Mapping[str, Scene], describers: Sequence[Describer], seed: int = 0
) -> pd.DataFrame:
    """Table `descriptions`: every describer on every scene."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "item_id": item,
            "describer": describer.name,
            "text": describe(_seen(scene, describer, rng), int(rng.integers(1000))),
            "condition": "none",
            "repeat": 0,
            "strategy": describer.strategy,
        }
        for describer in describers
        for item, scene in scenes.items()
    )


def _seen(scene: Scene, describer: Describer, rng: np.random.Generator) -> Scene:
    for factor, values in DESCRIBED_FACTORS.items():
        faces = [subject.expression for subject in scene.subjects]
        if factor == "expression" and not faces:
            continue
        truth = faces[0] if factor == "expression" else getattr(scene, factor)
        # Chance is asked for in any case, so that a fault elsewhere changes nothing here.
        chance, others = rng.random(), [value for value in values if value != truth]
        other = others[rng.integers(len(others))]
        named = other if chance < describer.lapses.get(truth, describer.slips) else truth
        named = describer.blind.get(named, named)
        if named == truth:
            continue
        if factor == "expression":
            subjects = tuple(replace(subject, expression=named) for subject in scene.subjects)
            scene = replace(scene, subjects=subjects)
        else:
            changed: dict[str, Any] = {factor: named}
            scene = replace(scene, **changed)
    return scene
