"""Pictures to ask about: as many as are wanted, no two of them alike, drawn once."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

from PIL import Image

from mllmsent.data.images import ImageRef

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["make_images"]


def make_images(folder: Path, n: int, *, size: int = 37_000, side: int = 336) -> list[ImageRef]:
    """`n` different JPEG files of `size` bytes each.

    Args:
        folder: Where they go; it is there.
        n: How many.
        size: Bytes of each.
        side: Width and height in pixels.
    """
    noise = Image.effect_noise((side, side), 40).convert("RGB")
    buffer = io.BytesIO()
    noise.save(buffer, "JPEG", quality=45)
    picture = buffer.getvalue()
    if len(picture) > size - 8:
        raise SystemExit(f"the picture alone has {len(picture)} bytes")
    images = []
    for number in range(n):
        # What follows a JPEG's end is ignored: the files differ, the picture is drawn once.
        data = picture + b"\0" * (size - 8 - len(picture)) + number.to_bytes(8)
        path = folder / f"{number:05d}.jpg"
        path.write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        images.append(ImageRef(path, digest, "image/jpeg", *noise.size))
    return images
