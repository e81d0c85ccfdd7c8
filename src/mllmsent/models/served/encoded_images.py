"""Images as they go over the wire: read, fitted to the receiver's limits and in base64, once."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.data.images import fit_image

if TYPE_CHECKING:
    from mllmsent.data.images import ImageRef

__all__ = ["EncodedImage", "ImageEncoder", "ImageLimits"]

_MEMORY_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What a receiver takes; None for no limit.

    Attributes:
        max_bytes: Largest file.
        max_side: Longest side, in pixels.
        max_pixels: Most pixels.
        media_types: What it can read: "image/jpeg", "image/png", ...
    """

    max_bytes: int | None = None
    max_side: int | None = None
    max_pixels: int | None = None
    media_types: tuple[str, ...] | None = None

    def admit(self, media_type: str, width: int, height: int, n_bytes: int) -> bool:
        """Whether an image can be sent as it is."""
        return (
            (self.media_types is None or media_type in self.media_types)
            and (self.max_bytes is None or n_bytes <= self.max_bytes)
            and (self.max_side is None or max(width, height) <= self.max_side)
            and (self.max_pixels is None or width * height <= self.max_pixels)
        )


@dataclass(frozen=True, slots=True)
class EncodedImage:
    """An image ready to be sent.

    Attributes:
        base64: The bytes in base64.
        media_type: What they are.
        sha256: SHA-256 of the bytes.
        note: How they differ from the file's (or the condition's) own; empty where they do not.
    """

    base64: str
    media_type: str
    sha256: str
    note: str

    @property
    def data_uri(self) -> str:
        """The image as a `data:` address."""
        return f"data:{self.media_type};base64,{self.base64}"


class ImageEncoder:
    """Encodes images, and remembers the last ones: many questions are about one image.

    Args:
        limits: What the receiver takes.
        memory_bytes: How much base64 is remembered at most.
    """

    def __init__(self, limits: ImageLimits, *, memory_bytes: int = _MEMORY_BYTES) -> None:
        self.limits = limits
        self._memory_bytes = memory_bytes
        self._kept: OrderedDict[tuple[str, str, int], EncodedImage] = OrderedDict()
        self._kept_bytes = 0

    async def encode(self, image: ImageRef) -> EncodedImage:
        """Encode an image, in a thread where it is not remembered.

        Raises:
            InputError: If the file is gone, has changed since it was hashed, or cannot be decoded
                where it must be.
        """
        key = (image.sha256, image.condition, image.seed)
        found = self._kept.get(key)
        if found is None:
            found = await asyncio.to_thread(self._encode, image)
            self._keep(key, found)
        else:
            self._kept.move_to_end(key)
        return found

    def n_bytes(self, image: ImageRef) -> int:
        """Bytes that an image may have as it is sent, at most; 0 for one that is not there."""
        try:
            n_bytes = image.path.stat().st_size
        except OSError:
            return 0
        return min(n_bytes, self.limits.max_bytes or n_bytes)

    def _encode(self, image: ImageRef) -> EncodedImage:
        data = image.read_bytes()
        if image.condition == "none" and self.limits.admit(
            image.media_type, image.width, image.height, len(data)
        ):
            # The file as it is, and it was hashed when the dataset was read.
            return EncodedImage(_base64(data), image.media_type, image.sha256, "")
        limits = self.limits
        data, media_type, note = fit_image(
            data,
            max_bytes=limits.max_bytes,
            max_side=limits.max_side,
            max_pixels=limits.max_pixels,
            media_types=limits.media_types,
            file=image.path,
        )
        return EncodedImage(_base64(data), media_type, hashlib.sha256(data).hexdigest(), note)

    def _keep(self, key: tuple[str, str, int], image: EncodedImage) -> None:
        if key in self._kept or len(image.base64) > self._memory_bytes:
            return
        self._kept[key] = image
        self._kept_bytes += len(image.base64)
        while self._kept_bytes > self._memory_bytes:
            _, oldest = self._kept.popitem(last=False)
            self._kept_bytes -= len(oldest.base64)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
