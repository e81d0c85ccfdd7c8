"""Opening images: every kind of file becomes the picture a person sees."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from tests.data.image_samples import (
    BLUE,
    GREEN,
    RED,
    YELLOW,
    corners,
    encode,
    exchanging_profile,
    grain,
    oriented,
    pixel,
    save,
)

from mllmsent.data.image_decoding import MEDIA_TYPES
from mllmsent.data.images import ImageError, open_image

if TYPE_CHECKING:
    from pathlib import Path


def assert_corners(image: Image.Image, tolerance: int = 40) -> None:
    width, height = image.size
    places = [(4, 4), (width - 5, 4), (4, height - 5), (width - 5, height - 5)]
    for place, color in zip(places, (RED, GREEN, BLUE, YELLOW), strict=True):
        assert np.abs(np.subtract(pixel(image, *place), color)).max() <= tolerance, place


@pytest.mark.parametrize("kind", MEDIA_TYPES)
def test_every_kind_is_opened_as_rgb_from_bytes_and_from_a_path(kind: str, tmp_path: Path) -> None:
    data = encode(corners(), kind)
    path = save(tmp_path, "picture", data)
    for source in (data, path, str(path)):
        image = open_image(source)
        assert image.mode == "RGB"
        assert image.size == (96, 64)
        assert_corners(image)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_a_picture_stored_turned_is_opened_upright(kind: str, orientation: int) -> None:
    image = open_image(oriented(corners(), kind, orientation))
    assert image.size == (96, 64)
    assert_corners(image)


def test_a_png_that_tells_its_orientation_after_its_pixels_is_opened_upright() -> None:
    data = oriented(corners(), "PNG", 6)
    at = data.index(b"eXIf") - 4
    chunk = data[at : at + 12 + int.from_bytes(data[at : at + 4], "big")]
    end = data.index(b"IEND") - 4
    image = open_image(data[:at] + data[at + len(chunk) : end] + chunk + data[end:])
    assert image.size == (96, 64)
    assert_corners(image)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_transparent_pixels_are_laid_on_white(kind: str) -> None:
    layer = Image.new("RGBA", (40, 40), (10, 10, 10, 0))
    layer.paste((200, 0, 0, 255), (20, 0, 40, 40))
    image = open_image(encode(layer, kind, **({"lossless": True} if kind == "WEBP" else {})))
    assert pixel(image, 5, 5) == (255, 255, 255)
    assert pixel(image, 30, 5) == (200, 0, 0)


def test_half_transparent_black_is_middle_gray() -> None:
    image = open_image(encode(Image.new("RGBA", (40, 40), (0, 0, 0, 128)), "PNG"))
    assert pixel(image, 5, 5) == (127, 127, 127)


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_transparent_palette_entry_is_white_and_not_its_hidden_color(kind: str) -> None:
    palette = Image.new("P", (40, 40), 0)
    palette.putpalette([0, 0, 0, 200, 0, 0])
    palette.paste(1, (20, 0, 40, 40))
    image = open_image(encode(palette, kind, transparency=0))
    assert pixel(image, 5, 5) == (255, 255, 255)
    assert pixel(image, 30, 5) == (200, 0, 0)


def test_a_transparent_color_of_an_rgb_png_is_white() -> None:
    picture = corners()
    image = open_image(encode(picture, "PNG", transparency=RED))
    assert pixel(image, 4, 4) == (255, 255, 255)
    assert pixel(image, 90, 60) == YELLOW


def test_a_gray_picture_with_alpha_is_laid_on_white() -> None:
    image = open_image(encode(Image.new("LA", (40, 40), (0, 0)), "PNG"))
    assert pixel(image, 5, 5) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["PNG", "GIF", "BMP", "TIFF"])
def test_a_palette_gives_its_colors(kind: str) -> None:
    assert_corners(open_image(encode(corners().quantize(8), kind)), tolerance=10)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_print_colors_become_screen_colors(kind: str) -> None:
    ink = Image.new("CMYK", (40, 40), (0, 255, 255, 0))
    red = pixel(open_image(encode(ink, kind)), 20, 20)
    assert np.abs(np.subtract(red, (255, 0, 0))).max() <= 5


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bit_grays_are_scaled_and_not_clipped(kind: str) -> None:
    ramp = np.repeat(np.array([[0, 257, 32768, 65278, 65535]], dtype=np.uint16), 40, axis=0)
    image = open_image(encode(Image.fromarray(ramp), kind))
    assert [pixel(image, x, 0) for x in range(5)] == [
        (0, 0, 0),
        (1, 1, 1),
        (128, 128, 128),
        (254, 254, 254),
        (255, 255, 255),
    ]


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([0.0, 0.5, 1.0], np.float32, [0, 128, 255]),
        ([0.0, 128.0, 255.0], np.float32, [0, 128, 255]),
        ([-1.0, 0.0, 1.0], np.float32, [0, 128, 255]),
        ([0.0, np.nan, 1.0], np.float32, [0, 0, 255]),
        ([0, 32768, 65535], np.int32, [0, 128, 255]),
        ([0, 10**9, 2 * 10**9], np.int32, [0, 128, 255]),
    ],
)
def test_deep_pixels_that_declare_no_white_are_scaled_by_the_nearest_usual_one(
    values: list[float], dtype: np.dtype[Any], expected: list[int]
) -> None:
    rows = np.array([values] * 3, dtype=dtype)
    image = open_image(encode(Image.fromarray(rows), "TIFF"))
    assert [pixel(image, x, 0)[0] for x in range(3)] == expected


def test_one_bit_pixels_are_black_and_white() -> None:
    bits = Image.new("1", (40, 40), 0)
    bits.paste(1, (20, 0, 40, 40))
    for kind in ("PNG", "BMP", "TIFF"):
        image = open_image(encode(bits, kind))
        assert (pixel(image, 5, 5), pixel(image, 30, 5)) == ((0,) * 3, (255,) * 3)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF", "AVIF"])
def test_of_several_frames_the_first_is_taken(kind: str) -> None:
    frames = [Image.new("RGB", (40, 40), color) for color in (GREEN, RED, BLUE)]
    data = encode(frames[0], kind, save_all=True, append_images=frames[1:])
    assert np.abs(np.subtract(pixel(open_image(data), 20, 20), GREEN)).max() <= 20


def test_a_color_profile_is_converted() -> None:
    """A profile that exchanges red and green turns stored red into green."""
    data = encode(Image.new("RGB", (40, 40), (255, 0, 0)), "PNG", icc_profile=exchanging_profile())
    assert np.abs(np.subtract(pixel(open_image(data), 9, 9), (0, 255, 0))).max() <= 2


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_a_profile_that_is_garbage_or_does_not_fit_is_left_out(mode: str) -> None:
    plain = Image.new(mode, (40, 40))
    expected = pixel(open_image(encode(plain, "JPEG")), 9, 9)
    profiles = [b"garbage" * 40] if mode == "RGB" else [b"garbage" * 40, exchanging_profile()]
    for profile in profiles:
        assert pixel(open_image(encode(plain, "JPEG", icc_profile=profile)), 9, 9) == expected


def test_the_opened_picture_needs_its_file_no_longer(tmp_path: Path) -> None:
    path = save(tmp_path, "a.png", encode(corners(), "PNG"))
    image = open_image(path)
    path.unlink()
    assert_corners(image.resize((96, 64)))


def test_the_pixel_limit_is_the_callers() -> None:
    data = encode(corners(), "PNG")
    assert open_image(data, max_pixels=96 * 64).size == (96, 64)
    with pytest.raises(ImageError, match="96 x 64 pixels; at most 6,143"):
        open_image(data, max_pixels=96 * 64 - 1)


def test_threads_open_the_same_picture_alike() -> None:
    data = encode(grain(), "JPEG")
    with ThreadPoolExecutor(8) as pool:
        results = set(pool.map(lambda _: open_image(data).tobytes(), range(32)))
    assert len(results) == 1


def test_real_photographs_decode_to_what_pillow_makes_of_them(shared_data: Path) -> None:
    """Looking for missing data changes no pixel of a file that has all of them."""
    files = sorted((shared_data / "oasis-dev" / "images").glob("*.jpg"))[:40]
    files += sorted((shared_data / "scene-fixations" / "images").glob("*.jpg"))
    assert files
    for file in files:
        data = file.read_bytes()
        with Image.open(BytesIO(data)) as plain:
            assert open_image(data).tobytes() == plain.convert("RGB").tobytes(), file.name
