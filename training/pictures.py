"""The training set, drawn ahead: pixels, factors, and what annotators say."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.dioramas import FACTORS, render, render_masks
from mllmsent.dioramas.dice import Dice
from training.blanks import BLANK_KINDS, blank_picture
from training.network import LOCAL_CLASSES, factors_of, feelings_of
from training.scenes import TrainingItem, training_item
from training.votes import Verdict, no_verdict, verdict_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from mllmsent.dioramas import Scene
    from training.recipe import Recipe

__all__ = ["TrainingSet", "draw_training_set", "local_shares", "shrunk"]

_SIZES = (192, 256, 384, 384)
_SHARE = 250
_MASK_PIXELS = 7
"""Width and height of a patch when what covers it is counted."""


@dataclass(frozen=True)
class TrainingSet:
    """Everything that is trained on.

    Attributes:
        items: The pictures' scenes.
        verdicts: What the simulated annotators say of each.
        pixels: RGB, shape (pictures, size, size, 3).
        factors: Class numbers, shape (pictures, factors); see `network.factors_of`.
        feelings: Shape (pictures, 15); see `network.feelings_of`.
        local: Share of each patch that a class covers, in 255ths, shape (pictures, patches,
            classes); see `network.LOCAL_CLASSES`.
    """

    items: tuple[TrainingItem, ...]
    verdicts: tuple[Verdict, ...]
    pixels: NDArray[np.uint8]
    factors: NDArray[np.int64]
    feelings: NDArray[np.float32]
    local: NDArray[np.uint8]


def draw_training_set(
    recipe: Recipe, progress: Callable[[int], None] | None = None, workers: int | None = None
) -> TrainingSet:
    """Draw all pictures of a recipe.

    Args:
        recipe: Says how many, of what size, from which seed, and what is left out.
        progress: Called with the number of pictures drawn so far.
        workers: Drawing processes; by default one per processor.
    """
    shares: Iterable[TrainingSet]
    starts = list(range(0, recipe.pictures, _SHARE))
    count = min(workers or os.cpu_count() or 1, len(starts))
    parts: list[TrainingSet] = []
    if count == 1:
        shares = (_drawn(recipe, start) for start in starts)
        parts.extend(_told(part, parts, progress) for part in shares)
    else:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(count, mp_context=context) as pool:
            shares = pool.map(_drawn, [recipe] * len(starts), starts)
            parts.extend(_told(part, parts, progress) for part in shares)
    return TrainingSet(
        items=tuple(item for part in parts for item in part.items),
        verdicts=tuple(verdict for part in parts for verdict in part.verdicts),
        pixels=np.concatenate([part.pixels for part in parts]),
        factors=np.concatenate([part.factors for part in parts]),
        feelings=np.concatenate([part.feelings for part in parts]),
        local=np.concatenate([part.local for part in parts]),
    )


def shrunk(pixels: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """A picture at the model's size, by the very step that its processor takes."""
    from PIL import Image  # noqa: PLC0415 - only where pictures are made

    image = Image.fromarray(pixels).resize((size, size), Image.Resampling.BICUBIC)
    return np.asarray(image)


def _drawn(recipe: Recipe, start: int) -> TrainingSet:
    items = tuple(
        training_item(recipe.seed, index, recipe.never)
        for index in range(start, min(start + _SHARE, recipe.pictures))
    )
    verdicts = tuple(
        verdict_of(item.scene, item.item_id) if item.scene else no_verdict(item.item_id)
        for item in items
    )
    return TrainingSet(
        items=items,
        verdicts=verdicts,
        pixels=np.stack([_pixels(item, recipe.image_size) for item in items]),
        factors=np.array([factors_of(item.scene) for item in items]),
        feelings=np.array([feelings_of(verdict) for verdict in verdicts], np.float32),
        local=np.stack([local_shares(item.scene, recipe) for item in items]),
    )


def _pixels(item: TrainingItem, size: int) -> NDArray[np.uint8]:
    dice = Dice("picture", item.item_id)
    if item.scene is None:
        kind, seed = dice.choose(BLANK_KINDS), dice.whole(2**31)
        return shrunk(blank_picture(kind, seed, dice.choose((size, 2 * size))), size)
    return shrunk(render(item.scene, dice.choose(_SIZES)), size)


def local_shares(scene: Scene | None, recipe: Recipe) -> NDArray[np.uint8]:
    """What covers how much of each patch, from the masks of the drawing itself."""
    side = recipe.image_size // recipe.patch_size
    shares = np.zeros((side * side, len(LOCAL_CLASSES)), np.uint8)
    if scene is None:
        return shares
    masks = render_masks(scene, side * _MASK_PIXELS)
    for name in masks.names:
        patches = masks.mask(name).reshape(side, _MASK_PIXELS, side, _MASK_PIXELS).mean((1, 3))
        for seen in _seen_in(scene, name):
            place = LOCAL_CLASSES.index(seen)
            covered = np.round(255 * patches.ravel()).astype(np.uint8)
            shares[:, place] = np.maximum(shares[:, place], covered)
    return shares


def _seen_in(scene: Scene, name: str) -> tuple[str, ...]:
    """The classes of which an element of a drawing is one."""
    if name in FACTORS["object"]:
        return (name,)
    if name in {"setting", "sky"}:
        return (f"setting {scene.setting}" if name == "setting" else f"sky {scene.weather}",)
    whole, _, part = name.partition("/")
    if not whole.startswith("subject-"):
        return ()
    subject = scene.subjects[int(whole.removeprefix("subject-")) - 1]
    if part:
        return (f"face {subject.expression}",)
    if subject.kind != "person":
        return (f"who {subject.kind}",)
    return (f"who {subject.age}", f"posture {subject.posture}")


def _told(
    part: TrainingSet, parts: list[TrainingSet], progress: Callable[[int], None] | None
) -> TrainingSet:
    if progress is not None:
        progress(sum(len(other.items) for other in parts) + len(part.items))
    return part
