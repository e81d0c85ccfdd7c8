"""Composition: edges, symmetry, balance, and what is left empty."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mllmsent.features.picture import Picture

__all__ = ["measure_composition"]

_BINS = 24
_CELLS = 16
_FLAT = 1e-3
_NEAR = 0.1
"""How near a point where thirds cross, as a share of the diagonal, is at it."""


def measure_composition(picture: Picture) -> dict[str, float]:
    """The measures of group "composition"; see `features.yaml`."""
    across, down = picture.gradient
    magnitude = np.hypot(across, down)
    center_x, center_y = _center(magnitude)
    return {
        "edge_density": float(picture.edges.mean()),
        "edge_entropy": _orientation_entropy(np.arctan2(down, across), magnitude),
        "symmetry": _correlation(picture.lightness, picture.lightness[:, ::-1]),
        "symmetry_vertical": _correlation(picture.lightness, picture.lightness[::-1]),
        "center_x": center_x,
        "center_y": center_y,
        "thirds": _thirds(magnitude),
        "emptiness": _emptiness(picture.edges),
        "aspect_ratio": picture.aspect_ratio,
    }


def _orientation_entropy(angle: NDArray[np.float32], magnitude: NDArray[np.float32]) -> float:
    if magnitude.sum(dtype=float) <= _FLAT:
        return 0.0
    bins = np.minimum(((angle + np.pi) * (_BINS / (2 * np.pi))).astype(np.intp), _BINS - 1)
    shares = np.bincount(bins.ravel(), weights=magnitude.ravel(), minlength=_BINS)
    shares = shares[shares > 0] / shares.sum()
    return float(-(shares * np.log2(shares)).sum())


def _correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    centered = (
        one.astype(float) - one.mean(dtype=float),
        other.astype(float) - one.mean(dtype=float),
    )
    square = float((centered[0] ** 2).sum())
    if square <= _FLAT * one.size:
        return 1.0  # of one lightness all over, it is its own mirror image
    return float(np.clip((centered[0] * centered[1]).sum() / square, -1, 1))


def _center(magnitude: NDArray[np.float32]) -> tuple[float, float]:
    total = magnitude.sum(dtype=float)
    if total <= _FLAT:
        return 0.5, 0.5
    height, width = magnitude.shape
    x = (magnitude.sum(axis=0, dtype=float) @ (np.arange(width) + 0.5)) / total / width
    y = (magnitude.sum(axis=1, dtype=float) @ (np.arange(height) + 0.5)) / total / height
    return float(x), float(y)


def _thirds(magnitude: NDArray[np.float32]) -> float:
    total = magnitude.sum(dtype=float)
    if total <= _FLAT:
        return 0.0
    return float(magnitude[_at_thirds(*magnitude.shape)].sum(dtype=float) / total)


@lru_cache(maxsize=64)
def _at_thirds(height: int, width: int) -> NDArray[np.bool_]:
    y, x = np.mgrid[0:height, 0:width] + 0.5
    near = np.zeros((height, width), dtype=bool)
    for row in (height / 3, 2 * height / 3):
        for column in (width / 3, 2 * width / 3):
            near |= np.hypot(y - row, x - column) <= _NEAR * np.hypot(height, width)
    return near


def _emptiness(edges: NDArray[np.bool_]) -> float:
    height, width = edges.shape
    rows = np.minimum(np.arange(height) * _CELLS // height, _CELLS - 1)
    columns = np.minimum(np.arange(width) * _CELLS // width, _CELLS - 1)
    cells = rows[:, None] * _CELLS + columns[None, :]
    found = np.bincount(cells.ravel(), weights=edges.ravel(), minlength=_CELLS**2)
    there = np.bincount(cells.ravel(), minlength=_CELLS**2) > 0
    return float((found[there] == 0).mean())
