"""Images as they are referred to, opened and sent.

**What a model is sent.** Under the condition `none` the file's own bytes, so that nothing is
re-encoded in silence, not even where a server may read them in its own way: a photograph stored
lying (EXIF orientation), transparent parts, a color profile, an animation. Turning such a file here
would make it another stimulus than the one the published numbers were had with, and nobody would
see it. So it is said instead: `inspect_image` reports each of these, an audit lists them, and the
condition `rendered` sends what people saw in a browser (upright, sRGB, on white) as PNG, named in
every table. All other conditions are rendered likewise, so `rendered` is the control to hold them
against where a dataset has such files.

**What is measured and changed** (`open_image`) is always the picture as people saw it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.data.conditions import apply_condition, parse_condition
from mllmsent.data.image_decoding import MAX_PIXELS, open_image
from mllmsent.data.image_faults import ImageError, ImageFault
from mllmsent.data.image_files import find_image_file, read_image_file
from mllmsent.data.image_fitting import FittedImage, encode_png, fit_image
from mllmsent.data.image_inspection import ImageInfo, inspect_image

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "MAX_PIXELS",
    "FittedImage",
    "ImageError",
    "ImageFault",
    "ImageInfo",
    "ImageRef",
    "find_image_file",
    "fit_image",
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
        media_type: "image/jpeg", "image/png", ..., the file's, from the content and not the name.
        width: Pixels of the file, after EXIF orientation.
        height: Pixels of the file, after EXIF orientation.
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
        """What is shown, without rendering it: the file's digest and, if any, its condition.

        The same for every way to write a condition, and for every seed of one that draws nothing.

        Raises:
            InputError: If the condition cannot be read.
        """
        identity = parse_condition(self.condition).identity(self.seed)
        return f"{self.sha256}+{identity}" if identity else self.sha256

    @property
    def sent_media_type(self) -> str:
        """What `read_bytes` gives: "image/png" where the condition changes the picture.

        Raises:
            InputError: If the condition cannot be read.
        """
        changed = parse_condition(self.condition).condition.changes == "image"
        return "image/png" if changed else self.media_type

    def read_bytes(self) -> bytes:
        """The bytes to send: the file's own where nothing is to change in it, else a PNG.

        Raises:
            InputError: If the file is gone, has changed since it was hashed, or cannot be decoded
                for its condition, or the condition cannot be read.
        """
        spec = parse_condition(self.condition)
        data = read_image_file(self.path)
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise ImageError(
                "This file has changed since the dataset was read.",
                code="changed-file",
                file=self.path,
                cure="Read the dataset again, so that what is asked is what is recorded.",
            )
        if spec.condition.changes != "image":
            return data
        image = open_image(data, file=self.path)
        return encode_png(apply_condition(image, spec, self.seed, sha256=self.sha256))
