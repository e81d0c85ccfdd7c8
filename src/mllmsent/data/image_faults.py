"""What can be wrong with, or worth knowing about, an image file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mllmsent.foundation.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ImageError", "ImageFault", "Severity"]

Severity = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class ImageFault:
    """One thing that is wrong with an image, or that a reader of results should know about it.

    Attributes:
        code: Stable short name: "truncated", "too-large", "orientation", "alpha", ...
        severity: "error": the image cannot be used. "warning": it can, and something about it will
            probably mislead. "info": it can, and here is a fact about it.
        message: What is the case, in one sentence.
        cure: What to do about it, in one sentence; empty where nothing need be done.
    """

    code: str
    severity: Severity
    message: str
    cure: str = ""


class ImageError(InputError):
    """An image that cannot be used at all.

    Args:
        message: What is wrong, in one sentence.
        code: The fault's short name: "missing-file", "empty-file", "not-an-image", "truncated", ...
        cure: What to do about it.
        file: The file at fault.
    """

    def __init__(
        self, message: str, *, code: str, cure: str = "", file: str | Path | None = None
    ) -> None:
        super().__init__(message, cure=cure, file=file)
        self.code = code

    def as_fault(self) -> ImageFault:
        """The same as a fault, for tables that list faults."""
        return ImageFault(self.code, "error", self.message, self.cure)
