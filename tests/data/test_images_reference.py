"""References to images: what is sent is what was hashed, or what the condition makes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.data.image_samples import corners, encode, oriented, save

from mllmsent.data.images import ImageRef, inspect_image, open_image
from mllmsent.foundation import InputError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def reference(tmp_path: Path) -> ImageRef:
    path = save(tmp_path, "a.jpg", encode(corners(), "JPEG"))
    info = inspect_image(path)
    return ImageRef(path, info.sha256, info.media_type, info.width, info.height)


def test_without_a_condition_the_files_own_bytes_are_sent(reference: ImageRef) -> None:
    assert reference.read_bytes() == reference.path.read_bytes()
    assert reference.sent_media_type == "image/jpeg"


def test_a_picture_stored_turned_is_sent_as_it_is_and_rendered_upright(tmp_path: Path) -> None:
    path = save(tmp_path, "a.jpg", oriented(corners(), "JPEG", 6))
    info = inspect_image(path)
    plain = ImageRef(path, info.sha256, info.media_type, info.width, info.height)
    assert plain.read_bytes() == path.read_bytes()
    rendered = replace(plain, condition="rendered")
    assert rendered.sent_media_type == "image/png"
    assert open_image(rendered.read_bytes()).tobytes() == open_image(path).tobytes()


def test_a_condition_is_sent_as_the_same_png_every_time(reference: ImageRef) -> None:
    for condition in ("flip", "noise:sd=40", "crop"):
        changed = replace(reference, condition=condition, seed=3)
        data = changed.read_bytes()
        assert data.startswith(b"\x89PNG")
        assert data == changed.read_bytes()
        assert open_image(data).tobytes() != open_image(reference.path).tobytes()


def test_a_file_that_changed_since_it_was_hashed_is_an_error_that_names_it(
    reference: ImageRef,
) -> None:
    reference.path.write_bytes(encode(corners(50, 50), "JPEG"))
    for condition in ("none", "flip"):
        with pytest.raises(InputError, match=r"(?s)a\.jpg.*changed.*Read the dataset again"):
            replace(reference, condition=condition).read_bytes()


def test_a_file_that_is_gone_is_an_error_that_names_it(reference: ImageRef) -> None:
    reference.path.unlink()
    with pytest.raises(InputError, match=r"a\.jpg: There is no such file"):
        reference.read_bytes()


def test_the_digest_is_the_files_unless_the_picture_is_changed(reference: ImageRef) -> None:
    assert reference.digest == reference.sha256
    assert replace(reference, seed=9).digest == reference.sha256
    flipped = replace(reference, condition="flip")
    assert flipped.digest.startswith(reference.sha256 + "+flip")


def test_equal_pictures_have_equal_digests_however_they_are_written(reference: ImageRef) -> None:
    def digest(condition: str, seed: int) -> str:
        return replace(reference, condition=condition, seed=seed).digest

    assert digest("blur", 1) == digest("blur:sigma=8", 2) == digest(" blur : sigma = 8.0 ", 3)
    assert digest("blur:sigma=8", 1) != digest("blur:sigma=9", 1)
    assert digest("noise", 1) != digest("noise", 2)


def test_an_unknown_condition_is_an_error_that_names_the_nearest(reference: ImageRef) -> None:
    with pytest.raises(InputError, match=r"(?s)'blurr'.*'blur'"):
        replace(reference, condition="blurr").read_bytes()
