"""Opening an image file: only formats that are meant, never more pixels than allowed, all of them.

Pillow decodes; this module decides what it may decode and what counts as decoded. Files are
hostile: each plug-in of Pillow may raise anything for bytes made to break it, and the formats that
start other programs (EPS starts Ghostscript) are never tried.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from mllmsent.data.image_color import to_srgb
from mllmsent.data.image_faults import ImageError
from mllmsent.data.image_files import read_image_file
from mllmsent.data.image_signatures import ends_too_early, image_kind, other_kind
from mllmsent.data.jpeg_stream import strict_jpeg

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "MAX_PIXELS",
    "MEDIA_TYPES",
    "Header",
    "check_pixels",
    "load_pixels",
    "open_image",
    "read_header",
    "upright",
]

MAX_PIXELS = 100_000_000
"""Pixels an image may have unless the caller says otherwise: a 100-megapixel camera's."""

MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
    "AVIF": "image/avif",
}
"""Formats that are read, and their media types."""

_SWAPPING = (5, 6, 7, 8)  # EXIF orientations that exchange width and height
_STRICT = threading.Lock()


@dataclass(frozen=True)
class Header:
    """An image whose header is read and whose pixels are not.

    Attributes:
        image: Pillow's image, not yet loaded.
        kind: A key of `MEDIA_TYPES`.
        width: Pixels, after EXIF orientation.
        height: Pixels, after EXIF orientation.
        orientation: EXIF orientation, 1 (upright) to 8.
        animated: Whether there is more than one frame or page.
        missing: What is already known to be missing, in words; empty where nothing is.
    """

    image: ImageFile.ImageFile
    kind: str
    width: int
    height: int
    orientation: int
    animated: bool
    missing: str = ""


def open_image(
    source: Path | str | bytes,
    *,
    max_pixels: int = MAX_PIXELS,
    at_least: int | None = None,
    file: str | Path | None = None,
) -> Image.Image:
    """An image as a person sees it in a browser, in RGB.

    EXIF orientation is applied; a color profile is converted to sRGB; what is transparent is laid
    on white; CMYK, palettes, grays, 1-bit, 16-bit and floating-point pixels become 8-bit RGB, scaled
    and not clipped; of an animation or a document the first frame is taken.

    Args:
        source: A path, or a file's bytes.
        max_pixels: Largest width times height, read from the header before anything is decoded.
        at_least: Where less than the full size will do, the shorter side that is needed: a JPEG is
            then decoded at a half, a quarter or an eighth, in a fraction of the time and memory.
        file: Name for messages where `source` is bytes.

    Returns:
        A new image, mode "RGB", detached from the file.

    Raises:
        ImageError: If it cannot be read or decoded completely: what is missing is never painted.
    """
    if isinstance(source, bytes):
        data, name = source, file
    else:
        data, name = read_image_file(Path(source)), file or source
    header = read_header(data, file=name)
    check_pixels(header, max_pixels, file=name)
    if at_least is not None:
        header.image.draft(header.image.mode, (at_least, at_least))
    header = load_pixels(header, data, file=name)
    try:
        return to_srgb(upright(header.image))
    except Exception as error:  # noqa: BLE001 - see `load_pixels`
        raise _damaged(data, error, name) from None


def read_header(data: bytes, *, file: str | Path | None = None) -> Header:
    """What an image's header says; nothing is decoded yet.

    Raises:
        ImageError: With code "not-an-image", "corrupt", "truncated" or "too-large" (where Pillow
            itself refuses to go on).
    """
    kind = image_kind(data)
    if not data:
        raise ImageError("There are no bytes.", code="empty-file", file=file)
    if kind is None:
        what, cure = other_kind(data)
        raise ImageError(f"This is {what}.", code="not-an-image", file=file, cure=cure)
    stream, missing = strict_jpeg(data) if kind == "JPEG" else (data, "")
    try:
        with _strictly():
            image = Image.open(BytesIO(stream), formats=(kind,))
        orientation = _orientation(image, kind)
        animated = kind != "JPEG" and bool(getattr(image, "is_animated", False))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large("more pixels than Pillow opens", MAX_PIXELS, file) from None
    except Exception as error:  # noqa: BLE001 - plug-ins raise anything for hostile bytes
        raise _damaged(data, error, file) from None
    width, height = image.size
    if orientation in _SWAPPING:
        width, height = height, width
    return Header(image, kind, width, height, orientation, animated, missing)


def check_pixels(header: Header, max_pixels: int, *, file: str | Path | None = None) -> None:
    """Refuse an image by the size in its header, before memory is given to it.

    Raises:
        ImageError: With code "too-large".
    """
    if header.width * header.height > max_pixels:
        raise _too_large(f"{header.width} x {header.height} pixels", max_pixels, file)


def load_pixels(header: Header, data: bytes, *, file: str | Path | None = None) -> Header:
    """Decode all pixels of `header.image`.

    Returns:
        The header, with the orientation that a PNG tells only after its pixels.

    Raises:
        ImageError: With code "truncated" where the file ends too early, else "corrupt".
    """
    if header.missing:
        raise _truncated(file, header.missing)
    try:
        with _strictly():
            header.image.load()
    except Exception as error:  # noqa: BLE001 - plug-ins raise anything for hostile bytes
        raise _damaged(data, error, file) from None
    orientation = _orientation(header.image, header.kind)
    if orientation == header.orientation:
        return header
    turned = (orientation in _SWAPPING) != (header.orientation in _SWAPPING)
    width, height = (header.height, header.width) if turned else (header.width, header.height)
    return replace(header, orientation=orientation, width=width, height=height)


def upright(image: Image.Image) -> Image.Image:
    """A decoded image, turned as its EXIF orientation asks."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # noqa: BLE001 - broken EXIF says nothing about the pixels
        return image


@contextmanager
def _strictly() -> Iterator[None]:
    """Decode with Pillow's tolerance of truncated files off, even where the program turned it on."""
    if not ImageFile.LOAD_TRUNCATED_IMAGES:
        yield
        return
    with _STRICT:
        ImageFile.LOAD_TRUNCATED_IMAGES = False
        try:
            yield
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = True


def _orientation(image: ImageFile.ImageFile, kind: str) -> int:
    if kind == "TIFF":  # Pillow turns these itself, and its size is already the turned one
        return 1
    # Pillow decodes a whole PNG to find EXIF behind its pixels, which must not happen for a header.
    if kind == "PNG" and not {"exif", "Raw profile type exif"} & image.info.keys():
        return 1
    try:
        value = image.getexif().get(0x0112, 1)
    except Exception:  # noqa: BLE001 - broken EXIF says nothing about the pixels
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _too_large(what: str, max_pixels: int, file: str | Path | None) -> ImageError:
    return ImageError(
        f"This image has {what}; at most {max_pixels:,} pixels are decoded.",
        code="too-large",
        file=file,
        cure="Save a smaller copy of the picture; models scale it down anyway.",
    )


def _truncated(file: str | Path | None, missing: str = "") -> ImageError:
    return ImageError(
        "This image is truncated: the file ends before the picture does"
        + (f" ({missing})." if missing else "."),
        code="truncated",
        file=file,
        cure="Download or copy the file again from its source.",
    )


def _damaged(data: bytes, error: Exception, file: str | Path | None) -> ImageError:
    if "truncated" in str(error).lower() or ends_too_early(data):
        return _truncated(file)
    reason = "" if isinstance(error, UnidentifiedImageError) else f": {_first_line(error)}"
    return ImageError(
        f"This file begins as {image_kind(data) or 'an image'} and cannot be decoded{reason}.",
        code="corrupt",
        file=file,
        cure="Download or copy the file again, or save the picture anew.",
    )


def _first_line(error: Exception) -> str:
    text = (str(error).splitlines() or [""])[0].strip().rstrip(".")
    return text[:120] if text.isprintable() and text else type(error).__name__
