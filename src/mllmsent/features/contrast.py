"""Contrast: of the whole picture, of its extremes, of its parts, and of its colors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from mllmsent.features.picture import Picture

__all__ = ["measure_contrast"]

_WINDOW = 15
"""Pixels of the window in which local contrast is measured."""


def measure_contrast(picture: Picture) -> dict[str, float]:
    """The measures of group "contrast"; see `features.yaml`."""
    import cv2  # noqa: PLC0415 - only where pictures are measured

    lightness = picture.lightness.astype(float) / 100
    # From L* back to relative luminance (CIE 1976), which is linear in light.
    luminance = np.where(lightness > 0.08, ((lightness * 100 + 16) / 116) ** 3, lightness / 9.033)
    low, high = np.percentile(luminance, [5, 95])
    mean = np.asarray(cv2.blur(lightness, (_WINDOW, _WINDOW)))
    square = np.asarray(cv2.blur(lightness**2, (_WINDOW, _WINDOW)))
    return {
        "contrast": float(lightness.std()),
        "contrast_range": float((high - low) / (high + low)) if high + low > 0 else 0.0,
        "contrast_local": float(np.sqrt(np.maximum(square - mean**2, 0)).mean()),
        "contrast_color": float(picture.chroma.astype(float).std()),
    }
