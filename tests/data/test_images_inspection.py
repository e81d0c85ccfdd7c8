"""Inspecting images: what a file is, and every fault of it with its cure."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from tests.data.image_samples import corners, encode, exchanging_profile, grain, oriented, save

from mllmsent.data.images import inspect_image

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = [
    ("a.jpg", "JPEG", "image/jpeg"),
    ("a.jpeg", "JPEG", "image/jpeg"),
    ("a.JPG", "JPEG", "image/jpeg"),
    ("a.png", "PNG", "image/png"),
    ("a.webp", "WEBP", "image/webp"),
    ("a.gif", "GIF", "image/gif"),
    ("a.bmp", "BMP", "image/bmp"),
    ("a.tif", "TIFF", "image/tiff"),
    ("a.avif", "AVIF", "image/avif"),
]


@pytest.mark.parametrize(("name", "kind", "media_type"), PLAIN)
def test_a_sound_image_has_no_faults(name: str, kind: str, media_type: str, tmp_path: Path) -> None:
    data = encode(grain(), kind)
    info = inspect_image(save(tmp_path, name, data))
    assert info.faults == ()
    assert info.usable
    assert (info.width, info.height, info.media_type) == (160, 120, media_type)
    assert info.sha256 == hashlib.sha256(data).hexdigest()


SOUND = {
    "gray": encode(grain().convert("L"), "PNG"),
    "palette": encode(grain().quantize(64), "PNG"),
    "palette of two colors": encode(grain().convert("L").quantize(2), "PNG"),
    "one bit": encode(grain().convert("1"), "PNG"),
    "opaque alpha": encode(grain().convert("RGBA"), "PNG"),
    "interlaced palette": encode(grain().quantize(8), "GIF", interlace=1),
    "progressive": encode(grain(), "JPEG", progressive=True),
    "gray JPEG": encode(grain().convert("L"), "JPEG"),
    "large": encode(grain(1200, 900), "JPEG"),
    "upright with EXIF": oriented(grain(), "JPEG", 1),
}


@pytest.mark.parametrize("data", SOUND.values(), ids=SOUND)
def test_unusual_but_harmless_images_have_no_faults_besides_a_name(
    data: bytes, tmp_path: Path
) -> None:
    """The file is called .dat throughout, which is the only thing to be said of it."""
    info = inspect_image(save(tmp_path, "a.dat", data))
    assert [fault.code for fault in info.faults] == ["wrong-extension"]


FRAMES = [Image.new("RGB", (64, 64), color) for color in ("red", "green")]
SEE_THROUGH = grain().convert("RGBA")
SEE_THROUGH.putpixel((3, 3), (0, 0, 0, 254))
DEEP = Image.fromarray(np.arange(64 * 64, dtype=np.uint16).reshape(64, 64))

ODD = [
    ("photo.jpg", encode(grain(), "PNG"), "wrong-extension", "info"),
    ("photo", encode(grain(), "JPEG"), "wrong-extension", "info"),
    ("photo.jpg", oriented(grain(), "JPEG", 6), "orientation", "warning"),
    ("photo.png", oriented(grain(), "PNG", 3), "orientation", "warning"),
    ("photo.gif", encode(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:]), "animated", "info"),
    ("photo.png", encode(FRAMES[0], "PNG", save_all=True, append_images=FRAMES[1:]), "animated", "info"),
    ("photo.webp", encode(FRAMES[0], "WEBP", save_all=True, append_images=FRAMES[1:]), "animated", "info"),
    ("photo.tif", encode(FRAMES[0], "TIFF", save_all=True, append_images=FRAMES[1:]), "animated", "info"),
    ("photo.png", encode(SEE_THROUGH, "PNG"), "alpha", "info"),
    ("photo.webp", encode(SEE_THROUGH, "WEBP", lossless=True), "alpha", "info"),
    ("photo.png", encode(grain().quantize(8), "PNG", transparency=0), "alpha", "info"),
    ("photo.jpg", encode(grain().convert("CMYK"), "JPEG"), "cmyk", "info"),
    ("photo.png", encode(DEEP, "PNG"), "deep", "info"),
    ("photo.tif", encode(DEEP, "TIFF"), "deep", "info"),
    ("photo.jpg", encode(grain(), "JPEG", icc_profile=exchanging_profile()), "color-profile", "info"),
    ("photo.jpg", encode(grain(), "JPEG", icc_profile=b"garbage" * 30), "bad-profile", "info"),
    ("photo.jpg", encode(Image.new("RGB", (200, 200), "gray"), "JPEG"), "blank", "warning"),
    ("photo.png", encode(Image.new("1", (200, 200), 1), "PNG"), "blank", "warning"),
    ("photo.jpg", encode(grain(200, 20), "JPEG"), "tiny", "warning"),
    ("photo.jpg", encode(grain(2000, 60), "JPEG"), "extreme-shape", "warning"),
    ("photo.jpg", encode(grain(), "JPEG")[:4000], "truncated", "error"),
    ("photo.jpg", encode(grain(), "JPEG")[:4000] + b"\xff\xd9", "truncated", "error"),
    ("photo.png", encode(grain(), "PNG")[:4000], "truncated", "error"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "code", "severity"), ODD)
def test_an_odd_image_has_its_one_fault_with_a_cure(
    name: str, data: bytes, code: str, severity: str, tmp_path: Path
) -> None:
    info = inspect_image(save(tmp_path, name, data))
    found = [fault for fault in info.faults if fault.code != "blank" or code == "blank"]
    assert [(fault.code, fault.severity) for fault in found] == [(code, severity)]
    assert all(fault.message and fault.cure for fault in found)
    assert info.usable == (severity != "error")


def test_size_is_told_as_the_picture_is_seen(tmp_path: Path) -> None:
    for kind in ("JPEG", "PNG", "WEBP", "TIFF"):
        for orientation in range(1, 9):
            info = inspect_image(save(tmp_path, "a", oriented(corners(), kind, orientation)))
            assert (info.width, info.height) == (96, 64), (kind, orientation)


def test_a_truncated_image_still_tells_its_size(tmp_path: Path) -> None:
    info = inspect_image(save(tmp_path, "a.jpg", encode(grain(), "JPEG")[:4000]))
    assert (info.width, info.height) == (160, 120)


def test_an_image_above_the_pixel_limit_is_a_fault_and_tells_its_size(tmp_path: Path) -> None:
    path = save(tmp_path, "a.png", encode(corners(), "PNG"))
    info = inspect_image(path, max_pixels=1000)
    assert [fault.code for fault in info.faults] == ["too-large"]
    assert (info.width, info.height, info.usable) == (96, 64, False)


def test_a_preview_within_a_photograph_does_not_make_it_animated(tmp_path: Path) -> None:
    """Phones append a second picture to a JPEG (MPO); viewers and servers show the first."""
    data = encode(grain(), "MPO", save_all=True, append_images=[grain(80, 60)])
    info = inspect_image(save(tmp_path, "a.jpg", data))
    assert (info.media_type, info.faults) == ("image/jpeg", ())
