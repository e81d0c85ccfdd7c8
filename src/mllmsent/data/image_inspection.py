"""What an image file is, and what is wrong with it, found by reading all of it once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.data.image_color import DEEP_MODES, has_transparency, profile_name
from mllmsent.data.image_decoding import (
    MAX_PIXELS,
    MEDIA_TYPES,
    Header,
    check_pixels,
    load_pixels,
    read_header,
)
from mllmsent.data.image_faults import ImageError, ImageFault, Severity
from mllmsent.data.image_files import read_image_file

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

__all__ = ["ImageInfo", "inspect_image"]

# The usual ending first.
_SUFFIXES = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
    "PNG": (".png", ".apng"),
    "WEBP": (".webp",),
    "GIF": (".gif",),
    "BMP": (".bmp", ".dib"),
    "TIFF": (".tif", ".tiff"),
    "AVIF": (".avif",),
}
_TINY = 32  # pixels of the short side
_LONGEST = 20  # times the short side


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What an image file is.

    Attributes:
        sha256: SHA-256 of the file's bytes, 64 hexadecimal digits.
        media_type: "image/jpeg", "image/png", ..., from the content and not from the name.
        width: Pixels, after EXIF orientation.
        height: Pixels, after EXIF orientation.
        faults: What is wrong with it or worth knowing. With severity "error" it cannot be used.
    """

    sha256: str
    media_type: str
    width: int
    height: int
    faults: tuple[ImageFault, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether nothing forbids its use."""
        return all(fault.severity != "error" for fault in self.faults)


def inspect_image(path: Path, *, max_pixels: int = MAX_PIXELS) -> ImageInfo:
    """Read an image file once, completely: what it is, and what is wrong with it.

    All pixels are decoded (JPEG at an eighth of its size, which reads the same data), so a file cut
    off anywhere is found here and not in the middle of a run.

    Args:
        path: The file.
        max_pixels: Largest width times height; read from the header before anything is decoded.

    Returns:
        Digest, type, size and faults. An image whose header can be read and whose pixels cannot, or
        must not, be decoded has a fault of severity "error" ("truncated", "corrupt", "too-large").

    Raises:
        ImageError: An `InputError` with a `code`, where nothing at all can be said: "missing-file",
            "symlink-loop", "unreadable", "not-a-file", "empty-file", "not-an-image", or "truncated",
            "corrupt" and "too-large" where not even the header can be read.
    """
    data = read_image_file(path)
    header = read_header(data, file=path)
    try:
        check_pixels(header, max_pixels, file=path)
        # A JPEG decoder that makes an eighth of the picture still reads all of its data.
        small = (max(header.width // 8, 64), max(header.height // 8, 64))
        header.image.draft(header.image.mode, small)
        header = load_pixels(header, data, file=path)
        pixel_faults = _pixel_faults(header.image)
    except ImageError as error:
        pixel_faults = [error.as_fault()]
    return ImageInfo(
        sha256=hashlib.sha256(data).hexdigest(),
        media_type=MEDIA_TYPES[header.kind],
        width=header.width,
        height=header.height,
        faults=(*_file_faults(path, header), *pixel_faults),
    )


def _file_faults(path: Path, header: Header) -> list[ImageFault]:
    long, short = max(header.width, header.height), min(header.width, header.height)
    size = f"{header.width} x {header.height}"
    faults = []
    if path.suffix.lower() not in _SUFFIXES[header.kind]:
        ending = f"ends in {path.suffix!r}" if path.suffix else "has no ending"
        usual = _SUFFIXES[header.kind][0]
        faults.append(_fault("wrong-extension", ending=ending, kind=header.kind, usual=usual))
    if header.orientation != 1:
        faults.append(_fault("orientation", orientation=header.orientation))
    if header.animated:
        faults.append(_fault("animated"))
    if long > _LONGEST * short:
        faults.append(_fault("extreme-shape", size=size))
    elif short < _TINY:
        faults.append(_fault("tiny", size=size))
    return faults


def _pixel_faults(image: Image.Image) -> list[ImageFault]:
    faults = []
    if has_transparency(image):
        faults.append(_fault("alpha"))
    name = profile_name(image)
    if name:
        faults.append(_fault("color-profile", name=name[:60]))
    elif name is not None:
        faults.append(_fault("bad-profile"))
    if image.mode == "CMYK":
        faults.append(_fault("cmyk"))
    if image.mode in DEEP_MODES:
        faults.append(_fault("deep", mode=image.mode))
    if _is_blank(image):
        faults.append(_fault("blank"))
    return faults


def _is_blank(image: Image.Image) -> bool:
    # One band gives (low, high), several give a pair each.
    pairs = np.reshape(np.asarray(image.getextrema(), dtype=float), (-1, 2))
    return bool((pairs[:, 0] == pairs[:, 1]).all())


def _fault(code: str, **facts: object) -> ImageFault:
    severity, message, cure = _FAULTS[code]
    return ImageFault(code, severity, message.format(**facts), cure.format(**facts))


_RENDERED = "or ask under the condition `rendered`."
_FAULTS: dict[str, tuple[Severity, str, str]] = {
    "wrong-extension": (
        "info",
        "The name {ending}; the content is {kind}.",
        "Rename it to end in {usual!r}: here the content is believed, other programs believe names.",
    ),
    "orientation": (
        "warning",
        (
            "It is stored turned or mirrored (EXIF orientation {orientation}): people saw it upright, "
            "and a model's server may not turn it."
        ),
        f"Turn the pixels once (`jpegtran` does it without loss), {_RENDERED}",
    ),
    "animated": (
        "info",
        (
            "It has several frames or pages: its first is measured and changed here, and which of them "
            "a model sees is up to its server."
        ),
        f"Save the frame that is meant as a still picture, {_RENDERED}",
    ),
    "extreme-shape": (
        "warning",
        "It is {size} pixels: a strip, hardly a photograph.",
        "Look at it: models scale the long side down until little is left of the short one.",
    ),
    "tiny": (
        "warning",
        "It has only {size} pixels: an icon or a placeholder.",
        "Look at it, and get the full picture if this is not it.",
    ),
    "blank": (
        "warning",
        "All of its pixels have one color: a placeholder, or a picture that failed to load.",
        "Look at it, and get the full picture if this is not it.",
    ),
    "alpha": (
        "info",
        (
            "Parts of it are transparent: here they are laid on white, and what a model sees there is "
            "up to its server."
        ),
        f"Save it on the ground it is meant to stand on, {_RENDERED}",
    ),
    "color-profile": (
        "info",
        (
            "Its color profile is {name!r}, not sRGB: here it is converted, and a model's server may "
            "not convert it."
        ),
        f"Convert it to sRGB, {_RENDERED}",
    ),
    "bad-profile": (
        "info",
        "Its color profile cannot be read; its pixels are taken as sRGB.",
        "Save it without the profile if its colors look right.",
    ),
    "cmyk": (
        "info",
        "Its colors are meant for print (CMYK), and not every server reads them alike.",
        f"Convert it to sRGB, {_RENDERED}",
    ),
    "deep": (
        "info",
        (
            "Its pixels have more than 8 bits (mode {mode!r}): here they are scaled, and not every "
            "server does so."
        ),
        f"Save it with 8 bits, {_RENDERED}",
    ),
}
