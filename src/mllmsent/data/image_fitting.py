"""Making an image's bytes small enough for whoever receives them, and saying so."""

from __future__ import annotations

from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image

from mllmsent.data.image_color import to_srgb
from mllmsent.data.image_decoding import MAX_PIXELS as LARGEST_DECODED
from mllmsent.data.image_decoding import (
    MEDIA_TYPES,
    Header,
    check_pixels,
    load_pixels,
    read_header,
    upright,
)
from mllmsent.data.image_faults import ImageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

__all__ = ["FittedImage", "encode_png", "fit_image"]

_SHRINK = 0.8
_LOSSLESS = {"PNG", "GIF", "BMP", "TIFF"}


class FittedImage(NamedTuple):
    """Bytes to send.

    Attributes:
        data: The bytes.
        media_type: What they are: "image/jpeg".
        note: How they differ from what was given; empty where they do not.
    """

    data: bytes
    media_type: str
    note: str


def fit_image(
    data: bytes,
    *,
    max_bytes: int | None = None,
    max_side: int | None = None,
    max_pixels: int | None = None,
    media_types: Collection[str] | None = None,
    file: str | Path | None = None,
) -> FittedImage:
    """The bytes as they are, unless a limit forces a copy; then that copy, and a note of it.

    A copy is as large as the limits allow. It is upright, in sRGB and on white (see `open_image`),
    a PNG where the original is lossless and a PNG is small enough, else a JPEG of quality 90 and,
    where bytes are short, 80.

    Args:
        data: An image file's bytes.
        max_bytes: Most bytes the receiver takes.
        max_side: Longest side the receiver takes, in pixels.
        max_pixels: Most pixels the receiver takes.
        media_types: What the receiver reads ("image/jpeg", ...); None for anything.
        file: Name for messages.

    Returns:
        Bytes, media type and note: "downscaled 4000x3000 -> 2048x1536, JPEG q90".

    Raises:
        ImageError: If the bytes cannot be decoded where they must be, or no copy is small enough.
    """
    header = read_header(data, file=file)
    media_type = MEDIA_TYPES[header.kind]
    width, height = header.width, header.height
    scale = min(
        1.0,
        1.0 if max_side is None else max_side / max(width, height),
        1.0 if max_pixels is None else (max_pixels / (width * height)) ** 0.5,
    )
    readable = media_types is None or media_type in media_types
    if scale == 1.0 and readable and (max_bytes is None or len(data) <= max_bytes):
        return FittedImage(data, media_type, "")
    encodings = [
        encoding
        for encoding in _encodings(header.kind)
        if media_types is None or encoding.media_type in media_types
    ]
    if not encodings:
        raise ImageError(
            f"This is {media_type}, and a copy can be made as PNG or JPEG only.",
            code="not-accepted",
            file=file,
            cure=f"The receiver reads {', '.join(sorted(media_types or ()))}: convert it.",
        )
    header, image = _decode(header, data, scale, file)
    while True:
        size = (
            max(int(header.width * scale + 1e-9), 1),
            max(int(header.height * scale + 1e-9), 1),
        )
        copy = image if size == image.size else image.resize(size, Image.Resampling.LANCZOS)
        for encoding in encodings:
            encoded = encoding.encode(copy)
            if max_bytes is None or len(encoded) <= max_bytes:
                note = _note(header, size, encoding.name)
                return FittedImage(encoded, encoding.media_type, note)
        if min(size) <= 16:
            raise ImageError(
                f"No copy of this image fits into {max_bytes:,} bytes.",
                code="too-large",
                file=file,
                cure="Raise the limit on bytes.",
            )
        scale *= _SHRINK


class _Encoding(NamedTuple):
    name: str
    media_type: str
    encode: Callable[[Image.Image], bytes]


def encode_png(image: Image.Image) -> bytes:
    """An RGB image as PNG, without loss and without metadata."""
    buffer = BytesIO()
    # Level 3 is within a few percent of the default's size in a third of its time.
    image.save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


def _encode_jpeg(image: Image.Image, quality: int) -> bytes:
    buffer = BytesIO()
    # Full color resolution: color is part of what is asked about.
    image.save(buffer, "JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()


def _encodings(kind: str) -> list[_Encoding]:
    """What is tried in turn, before the picture is made smaller still."""
    jpegs = [
        _Encoding(f"JPEG q{quality}", "image/jpeg", partial(_encode_jpeg, quality=quality))
        for quality in (90, 80)
    ]
    png = _Encoding("PNG", "image/png", encode_png)
    return [png, *jpegs] if kind in _LOSSLESS else [*jpegs, png]


def _decode(
    header: Header, data: bytes, scale: float, file: str | Path | None
) -> tuple[Header, Image.Image]:
    check_pixels(header, LARGEST_DECODED, file=file)
    if scale < 0.5:
        # A JPEG can be decoded at a fraction of its size; twice what is needed is still exact
        # enough to scale from, for a sixteenth of the memory.
        size = header.image.size
        header.image.draft(
            header.image.mode, (int(size[0] * scale * 2) + 1, int(size[1] * scale * 2) + 1)
        )
    header = load_pixels(header, data, file=file)
    return header, to_srgb(upright(header.image))


def _note(header: Header, size: tuple[int, int], encoding: str) -> str:
    before, after = f"{header.width}x{header.height}", f"{size[0]}x{size[1]}"
    change = f"encoded anew {before}" if before == after else f"downscaled {before} -> {after}"
    turned = ", turned upright" if header.orientation != 1 else ""
    return f"{change}, {encoding}{turned}"
