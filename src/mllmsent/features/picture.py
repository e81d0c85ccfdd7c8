"""A picture as it is measured: upright, in sRGB, and of one size."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

__all__ = ["LONG_SIDE", "Picture"]

LONG_SIDE = 512
"""Pixels of the longer side: texture and edges depend on size, so pictures are measured at one."""


@dataclass(frozen=True)
class Picture:
    """The pixels that are measured, with what several measures need of them.

    Attributes:
        rgb: (height, width, 3) sRGB, 0 to 255; the longer side at most `LONG_SIDE`.
        aspect_ratio: Width over height of the picture itself.
    """

    rgb: NDArray[np.uint8]
    aspect_ratio: float

    @classmethod
    def of(cls, image: Image) -> Picture:
        """The picture that `mllmsent.data.open_image` gives; a larger one is scaled down."""
        import cv2  # noqa: PLC0415 - only where pictures are measured

        rgb = np.asarray(image.convert("RGB"))
        height, width = rgb.shape[:2]
        scale = LONG_SIDE / max(height, width)
        if scale < 1:
            size = (max(1, round(width * scale)), max(1, round(height * scale)))
            rgb = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        return cls(rgb, width / height)

    @cached_property
    def lab(self) -> NDArray[np.float32]:
        """(height, width, 3) CIELAB: L* from 0 to 100, a* and b* about -110 to 110."""
        import cv2  # noqa: PLC0415 - OpenCV is an extra

        return np.asarray(cv2.cvtColor(self.rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB))

    @cached_property
    def lightness(self) -> NDArray[np.float32]:
        """(height, width) L*, 0 to 100."""
        return np.clip(self.lab[..., 0], 0, 100)

    @cached_property
    def chroma(self) -> NDArray[np.float32]:
        """(height, width) C*, from 0."""
        return np.hypot(self.lab[..., 1], self.lab[..., 2])

    @cached_property
    def gray(self) -> NDArray[np.uint8]:
        """(height, width) gray levels (Rec. 601), 0 to 255."""
        import cv2  # noqa: PLC0415 - OpenCV is an extra

        return np.asarray(cv2.cvtColor(self.rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)

    @cached_property
    def gradient(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(height, width) differences of gray levels to the right and downwards (Sobel)."""
        import cv2  # noqa: PLC0415 - OpenCV is an extra

        across = np.asarray(cv2.Sobel(self.gray, cv2.CV_32F, 1, 0), dtype=np.float32)
        down = np.asarray(cv2.Sobel(self.gray, cv2.CV_32F, 0, 1), dtype=np.float32)
        return across, down

    @cached_property
    def edges(self) -> NDArray[np.bool_]:
        """(height, width) whether a pixel lies on an edge."""
        import cv2  # noqa: PLC0415 - OpenCV is an extra

        return np.asarray(cv2.Canny(self.gray, 100, 200)) > 0
