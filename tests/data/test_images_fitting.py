"""Fitting images: bytes stay as they are unless a limit forces a copy, which is then told."""

from __future__ import annotations

import re
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter
from tests.data.image_samples import corners, encode, grain, oriented, pixel

from mllmsent.data.images import ImageError, fit_image, open_image

PHOTO = encode(grain(400, 300), "JPEG", quality=95)
DRAWING = encode(corners(400, 300), "PNG")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_bytes_within_the_limits_are_the_very_same(kind: str) -> None:
    data = encode(grain(), kind)
    fitted = fit_image(data, max_bytes=len(data), max_side=160, max_pixels=160 * 120)
    assert fitted == fit_image(data) == (data, f"image/{kind.lower()}", "")


def test_a_long_side_is_scaled_down_and_told() -> None:
    data, media_type, note = fit_image(PHOTO, max_side=100)
    assert (media_type, note) == ("image/jpeg", "downscaled 400x300 -> 100x75, JPEG q90")
    assert open_image(data).size == (100, 75)


def test_too_many_pixels_are_scaled_down_and_told() -> None:
    data, _, note = fit_image(DRAWING, max_pixels=10_000)
    width, height = open_image(data).size
    assert width * height <= 10_000 < (width + 2) * (height + 2)
    assert note == f"downscaled 400x300 -> {width}x{height}, PNG"


def test_too_many_bytes_are_first_met_by_compression() -> None:
    data, _, note = fit_image(PHOTO, max_bytes=len(PHOTO) - 1)
    assert note == "encoded anew 400x300, JPEG q90"
    assert open_image(data).size == (400, 300)


def test_far_too_many_bytes_are_met_by_scaling_down() -> None:
    data, _, note = fit_image(PHOTO, max_bytes=4000)
    assert len(data) <= 4000
    assert re.fullmatch(r"downscaled 400x300 -> \d+x\d+, JPEG q(80|90)", note)


def test_a_kind_that_the_receiver_does_not_read_is_encoded_anew() -> None:
    data, media_type, note = fit_image(
        encode(corners(), "TIFF"), media_types={"image/jpeg", "image/png"}
    )
    assert (media_type, note) == ("image/png", "encoded anew 96x64, PNG")
    assert open_image(data).tobytes() == corners().tobytes()


def test_a_receiver_that_reads_neither_png_nor_jpeg_is_told_to_the_caller() -> None:
    with pytest.raises(ImageError, match=r"image/jpeg.*\n.*image/webp"):
        fit_image(PHOTO, media_types={"image/webp"})


def test_a_copy_is_upright_and_says_so() -> None:
    data, _, note = fit_image(oriented(corners(400, 200), "JPEG", 6), max_side=100)
    assert note == "downscaled 400x200 -> 100x50, JPEG q90, turned upright"
    with Image.open(BytesIO(data)) as copy:
        assert copy.size == (100, 50)
        assert 0x0112 not in copy.getexif()
        assert np.argmax(pixel(copy, 5, 5)) == 0


def test_a_copy_looks_like_the_original() -> None:
    """Grain finer than the copy's pixels is averaged, so a smooth picture is compared."""
    smooth = grain(400, 300).filter(ImageFilter.GaussianBlur(12))
    copy = open_image(fit_image(encode(smooth, "JPEG", quality=95), max_side=100).data)
    expected = smooth.resize((100, 75), Image.Resampling.LANCZOS)
    difference = np.subtract(np.asarray(copy, dtype=float), np.asarray(expected, dtype=float))
    assert np.abs(difference).mean() < 2


def test_limits_that_nothing_can_meet_are_an_error() -> None:
    with pytest.raises(ImageError, match="fits into 50 bytes"):
        fit_image(PHOTO, max_bytes=50)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 90), st.integers(1, 90), st.integers(4, 100), st.integers(16, 9000),
    st.integers(1500, 9000), st.sampled_from(["JPEG", "PNG", "WEBP"]),
)  # fmt: skip
def test_whatever_the_limits_they_are_met(
    width: int, height: int, side: int, pixels: int, size: int, kind: str
) -> None:
    data = encode(grain(width, height), kind)
    fitted = fit_image(data, max_bytes=size, max_side=side, max_pixels=pixels)
    image = open_image(fitted.data)
    assert len(fitted.data) <= size
    assert max(image.size) <= side
    assert image.width * image.height <= max(pixels, *image.size)
    assert (fitted.note == "") == (fitted.data == data)
