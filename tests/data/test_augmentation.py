"""Augmentation: repeatable per item and epoch, small, and off where it is turned off."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PIL import Image
from tests.data.image_samples import grain

from mllmsent.data.augmentation import Augmentation, augment_training_image
from mllmsent.foundation import InputError

NONE = Augmentation(flip=0, crop=0, rotate=0, light=0, color=0, saturation=0, erase=0, erase_area=0)
IMAGE = grain(120, 90)


def augmented(epoch: int = 0, **changes: float) -> Image.Image:
    augmentation = dataclasses.replace(NONE, **changes)
    return augment_training_image(IMAGE, item_id="a", epoch=epoch, augmentation=augmentation)


def test_the_same_item_epoch_and_seed_give_the_same_picture() -> None:
    first, again = (augment_training_image(IMAGE, item_id="a", epoch=3, seed=1) for _ in range(2))
    assert first.tobytes() == again.tobytes()


def test_another_item_epoch_or_seed_gives_another_picture() -> None:
    results = {
        augment_training_image(IMAGE, item_id=item, epoch=epoch, seed=seed).tobytes()
        for item in ("a", "b")
        for epoch in (0, 1)
        for seed in (0, 1)
    }
    assert len(results) == 8


def test_with_everything_turned_off_the_picture_is_the_same() -> None:
    for epoch in range(5):
        assert augmented(epoch).tobytes() == IMAGE.tobytes()


def test_the_original_is_left_alone() -> None:
    before = IMAGE.tobytes()
    augment_training_image(IMAGE, item_id="a", epoch=0)
    assert IMAGE.tobytes() == before


def test_flips_come_as_often_as_asked() -> None:
    flipped = [augmented(epoch, flip=0.5).tobytes() != IMAGE.tobytes() for epoch in range(200)]
    assert 70 <= sum(flipped) <= 130
    assert all(augmented(epoch, flip=1).tobytes() != IMAGE.tobytes() for epoch in range(20))


def test_crops_keep_at_least_what_they_are_asked_to() -> None:
    for epoch in range(30):
        image = augmented(epoch, crop=0.2)
        assert image.width >= 0.79 * IMAGE.width
        assert image.height >= 0.79 * IMAGE.height


def test_a_turned_picture_has_no_invented_corners() -> None:
    """A white picture turned and cut stays white everywhere."""
    white = Image.new("RGB", (120, 90), "white")
    for epoch in range(20):
        turned = augment_training_image(
            white, item_id="a", epoch=epoch, augmentation=dataclasses.replace(NONE, rotate=30)
        )
        assert np.asarray(turned).min() == 255
        assert turned.width > 40


def test_light_changes_both_ways_and_within_its_limit() -> None:
    means = [np.asarray(augmented(epoch, light=0.5)).mean() for epoch in range(40)]
    plain = np.asarray(IMAGE).mean()
    assert min(means) < plain < max(means)
    assert plain * 0.75 < min(means)


def test_erasing_paints_one_rectangle_of_one_color() -> None:
    for epoch in range(20):
        changed = (np.asarray(augmented(epoch, erase=1, erase_area=0.3)) != np.asarray(IMAGE)).any(
            2
        )
        rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
        if rows.size:
            box = (rows[-1] - rows[0] + 1) * (columns[-1] - columns[0] + 1)
            assert changed.sum() > 0.95 * box
            assert box <= 0.32 * changed.size


def test_turning_one_change_off_leaves_the_others_as_they_were() -> None:
    both, light = augmented(2, light=0.5, flip=1), augmented(2, light=0.5)
    assert (np.asarray(both)[:, ::-1] == np.asarray(light)).all()


@pytest.mark.parametrize(
    "changes", [{"flip": 1.5}, {"crop": 1.0}, {"light": -1}, {"color": float("nan")}]
)
def test_amounts_that_make_no_sense_are_refused(changes: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(changes))):
        Augmentation(**changes)


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (64, 64)])
def test_pictures_of_any_shape_are_taken(size: tuple[int, int]) -> None:
    for epoch in range(5):
        assert augment_training_image(grain(*size), item_id="a", epoch=epoch).mode == "RGB"
