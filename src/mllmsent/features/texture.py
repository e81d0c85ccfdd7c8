"""Texture: how gray levels are spread, how neighbors differ, and at which scales."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mllmsent.features.picture import Picture

__all__ = ["measure_texture"]

_LEVELS = 32
_FLAT = 1e-9


def measure_texture(picture: Picture) -> dict[str, float]:
    """The measures of group "texture"; see `features.yaml`."""
    import cv2  # noqa: PLC0415 - only where pictures are measured
    from scipy.stats import entropy  # noqa: PLC0415 - likewise

    # Its functions say nothing of their types.
    feature: Any = import_module("skimage.feature")
    gray = picture.gray
    pairs = feature.graycomatrix(
        gray // (256 // _LEVELS),
        distances=[1],
        angles=[0, np.pi / 4, np.pi / 2, 3 * np.pi / 4],
        levels=_LEVELS,
        symmetric=True,
        normed=True,
    )
    laplacian = np.asarray(cv2.Laplacian(gray, cv2.CV_64F))
    return {
        "entropy": float(entropy(np.bincount(gray.ravel(), minlength=256), base=2)),
        "roughness": float(feature.graycoprops(pairs, "contrast").mean()),
        "homogeneity": float(feature.graycoprops(pairs, "homogeneity").mean()),
        "uniformity": float(feature.graycoprops(pairs, "ASM").mean()),
        "sharpness": float(np.log1p(laplacian.var())),
        "spectral_slope": _spectral_slope(gray),
    }


def _spectral_slope(gray: NDArray[np.uint8]) -> float:
    """Least squares of log amplitude, averaged over directions, on log frequency."""
    from scipy import fft  # noqa: PLC0415 - only where pictures are measured

    side = fft.prev_fast_len(min(gray.shape), real=True)
    if side < 16:  # too few frequencies for a line
        return 0.0
    top, left = (gray.shape[0] - side) // 2, (gray.shape[1] - side) // 2
    square = gray[top : top + side, left : left + side].astype(np.float32)
    window, ring, counts = _rings(side)
    amplitude = np.abs(fft.rfft2((square - square.mean()) * window))
    rings = np.arange(2, side // 2)
    mean = np.bincount(ring, weights=amplitude.ravel())[rings] / counts[rings]
    if mean.min() <= _FLAT:
        return 0.0
    return float(np.polyfit(np.log(rings), np.log(mean), 1)[0])


@lru_cache(maxsize=64)
def _rings(side: int) -> tuple[NDArray[np.float32], NDArray[np.intp], NDArray[np.intp]]:
    """A Hann window, the ring of frequencies each coefficient is in, and how many each has."""
    window = np.outer(np.hanning(side), np.hanning(side)).astype(np.float32)
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :]) * side
    ring = np.rint(frequency).astype(np.intp).ravel()
    return window, ring, np.bincount(ring)
