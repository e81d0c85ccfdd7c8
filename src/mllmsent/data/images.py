"""Images as they are referred to, opened and sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ImageRef"]


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
        raise NotImplementedError
