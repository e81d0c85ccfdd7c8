"""Images as they are referred to, opened and sent."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.data.image_decoding import MAX_PIXELS, open_image
from mllmsent.data.image_faults import ImageError, ImageFault
from mllmsent.data.image_files import find_image_file, read_image_file
from mllmsent.data.image_inspection import ImageInfo, inspect_image

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "MAX_PIXELS",
    "ImageError",
    "ImageFault",
    "ImageInfo",
    "ImageRef",
    "find_image_file",
    "inspect_image",
    "open_image",
    "read_image_file",
]


@dataclass(frozen=True, slots=True)
class ImageRef:
    """One image of a request: a file, and the condition under which it is shown.

    Attributes:
        path: The file.
        sha256: SHA-256 of the file's bytes; hashed once, when the dataset is read.
        media_type: "image/jpeg", "image/png", ..., from the content and not from the name.
        width: Pixels, after EXIF orientation.
        height: Pixels, after EXIF orientation.
        condition: Name of the planned change; "none" for the file as it is.
        seed: Seed of that change.
    """

    path: Path
    sha256: str
    media_type: str
    width: int
    height: int
    condition: str = "none"
    seed: int = 0

    @property
    def digest(self) -> str:
        """What is shown, without rendering it: the file's digest and, if any, its condition."""
        if self.condition == "none":
            return self.sha256
        return f"{self.sha256}+{self.condition}@{self.seed}"

    def read_bytes(self) -> bytes:
        """The bytes to send: the file's own where the condition is "none", else a PNG.

        Raises:
            InputError: If the file is gone, changed, or cannot be decoded.
        """
        data = read_image_file(self.path)
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise ImageError(
                "This file has changed since the dataset was read.",
                code="changed-file",
                file=self.path,
                cure="Read the dataset again, so that what is asked is what is recorded.",
            )
        if self.condition == "none":
            return data
        raise NotImplementedError
