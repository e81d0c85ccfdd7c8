import numpy as np
import pytest

from training.blanks import BLANK_KINDS, blank_picture


@pytest.mark.parametrize("kind", BLANK_KINDS)
def test_a_picture_of_nothing_is_the_same_for_the_same_seed(kind: str) -> None:
    first, again, other = (blank_picture(kind, seed, 40) for seed in (5, 5, 6))
    assert first.shape == (40, 40, 3)
    assert first.dtype == np.uint8
    assert (first == again).all()
    assert (first != other).any()


def test_a_plain_picture_has_one_color() -> None:
    assert len(np.unique(blank_picture("plain", 1, 20).reshape(-1, 3), axis=0)) == 1


def test_a_texture_changes_slowly_as_photographs_do() -> None:
    pixels = blank_picture("texture", 3, 64).astype(float)
    neighbors, strangers = pixels[1:] - pixels[:-1], pixels[:32] - pixels[32:]
    assert abs(neighbors).mean() < 0.7 * abs(strangers).mean()
