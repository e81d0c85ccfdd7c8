"""Augmentation of training images: small random changes that leave what a picture says alone.

For training only. A test row is shown as it is, or under a planned condition: an augmented test row
is another picture than the one people judged, and its score means nothing. Light and color speak of
emotion themselves (an empty room is lonely in cold light), so their changes are kept small unless
asked otherwise.

Draws follow from (seed, item, epoch): a training run can be repeated, stopped and continued, on any
number of workers, and each epoch sees another picture.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.data import image_changes
from mllmsent.foundation import InputError

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["Augmentation", "augment_training_image"]

_DAYLIGHT_MIRED = 1e6 / 6504


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How much a training image may change. Zero turns a change off.

    Attributes:
        flip: Probability of exchanging left and right, 0 to 1.
        crop: Largest fraction of either side that is cut away, 0 to below 1.
        rotate: Largest turn either way, in degrees, 0 to 45.
        light: Largest change of exposure either way, in stops, 0 to 4.
        color: Largest change of the light's color either way, in mired (1e6 / kelvin), 0 to 110;
            20 is hardly seen, 100 is 6504 K against 3940 K.
        saturation: Largest change of saturation either way, as a fraction, 0 to 1.
        erase: Probability that a rectangle is painted over, 0 to 1.
        erase_area: Largest fraction of the picture's area that it covers, 0 to 1.
    """

    flip: float = 0.5
    crop: float = 0.15
    rotate: float = 5.0
    light: float = 0.3
    color: float = 15.0
    saturation: float = 0.15
    erase: float = 0.25
    erase_area: float = 0.15

    def __post_init__(self) -> None:
        limits = {
            "flip": 1.0, "crop": 0.95, "rotate": 45.0, "light": 4.0, "color": 110.0,
            "saturation": 1.0, "erase": 1.0, "erase_area": 1.0,
        }  # fmt: skip
        for name, high in limits.items():
            value = getattr(self, name)
            if not 0 <= value <= high:
                raise InputError(
                    f"Augmentation: {name} is {value}.", cure=f"Give a number from 0 to {high:g}."
                )


def augment_training_image(
    image: Image.Image,
    *,
    item_id: str,
    epoch: int,
    seed: int = 0,
    augmentation: Augmentation | None = None,
) -> Image.Image:
    """One training image as it is shown in one epoch. Never for test rows.

    Args:
        image: An RGB image (see `open_image`).
        item_id: The item, so that each gets its own draws.
        epoch: Number of the epoch; each has its own draws.
        seed: Seed of the training run.
        augmentation: How much may change; None for the defaults of `Augmentation`.

    Returns:
        A new RGB image, no larger than `image`: cropped and turned pictures are not scaled up again.
    """
    limits = augmentation or Augmentation()
    key = hashlib.sha256(f"{seed}|{epoch}|{item_id}".encode()).digest()
    rng = np.random.default_rng(int.from_bytes(key[:16], "big"))
    # Every number is drawn whether it is used or not, so that turning one change off leaves the
    # others as they were.
    flip, erase = rng.random(2)
    turn, light, color, saturation = rng.uniform(-1, 1, 4)
    cut, crop_x, crop_y, area, shape, erase_x, erase_y = rng.random(7)
    if flip < limits.flip:
        image = image_changes.mirror(image)
    if limits.rotate:
        image = image_changes.rotate(image, turn * limits.rotate)
    if limits.crop:
        image = image_changes.crop(image, 1 - cut * limits.crop, crop_x, crop_y)
    if limits.light:
        image = image_changes.expose(image, light * limits.light)
    if limits.color:
        image = image_changes.relight(image, 1e6 / (_DAYLIGHT_MIRED + color * limits.color))
    if limits.saturation:
        image = image_changes.saturate(image, 1 + saturation * limits.saturation)
    if erase < limits.erase and limits.erase_area:
        rectangle = (area * limits.erase_area, 0.5 + 1.5 * shape)
        image = image_changes.erase(image, *rectangle, erase_x, erase_y)
    return image.copy()
