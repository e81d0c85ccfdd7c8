"""The images that callers send: taken out of base64, and measured."""

from __future__ import annotations

import base64
import binascii
import functools
import math
from io import BytesIO

from mllmsent.loopback.wire import WireError

__all__ = ["decoded_image", "image_size", "image_type", "tiles"]

_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}


def decoded_image(text: object, at: str) -> bytes:
    """The bytes of an image in base64.

    Args:
        text: What the caller sent.
        at: Where it stands in the body.

    Raises:
        WireError: If it is not base64, or not PNG, JPEG, GIF or WebP.
    """
    try:
        data = base64.b64decode(text if isinstance(text, str) else "", validate=True)
    except (binascii.Error, ValueError):
        raise WireError(
            "invalid", "The image is not valid base64.", param=at, code="invalid_base64"
        ) from None
    if image_size(data) is None:
        raise WireError(
            "invalid",
            "You uploaded an unsupported image. It must be PNG, JPEG, GIF or WebP.",
            param=at,
            code="invalid_image_format",
        )
    return data


def image_size(data: bytes) -> tuple[int, int] | None:
    """Width and height from a file's first bytes; None for what is not PNG, JPEG, GIF or WebP."""
    known = _from_head(data[:65536])
    return known[1] if known else None


def image_type(data: bytes) -> str:
    """The media type that a file's first bytes tell, `image/jpeg`; empty for none that is taken."""
    known = _from_head(data[:65536])
    return known[0] if known else ""


@functools.lru_cache(maxsize=256)
def _from_head(head: bytes) -> tuple[str, tuple[int, int]] | None:
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 - clients never need it

    try:
        with Image.open(BytesIO(head), formats=tuple(_TYPES)) as image:
            return _TYPES[str(image.format)], image.size
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def tiles(width: float, height: float, side: int) -> int:
    """How many squares of `side` pixels cover an image; at least one."""
    return max(math.ceil(width / side) * math.ceil(height / side), 1)
