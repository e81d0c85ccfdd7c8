"""Light: how bright a picture is, and how its brightness is spread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from mllmsent.features.picture import Picture

__all__ = ["measure_light"]

_DARK, _BRIGHT = 25.0, 75.0
_FLAT = 1e-3
"""Standard deviation of L* below which a picture is flat."""


def measure_light(picture: Picture) -> dict[str, float]:
    """The measures of group "light"; see `features.yaml`."""
    lightness = picture.lightness
    mean, sd = lightness.mean(dtype=float), lightness.std(dtype=float)
    centered = (lightness - np.float32(mean)) / np.float32(sd if sd > _FLAT else 1)
    skew = (centered * centered * centered).mean(dtype=float) if sd > _FLAT else 0.0
    return {
        "lightness": float(mean),
        "lightness_skew": float(skew),
        "dark_share": float((lightness < _DARK).mean()),
        "bright_share": float((lightness > _BRIGHT).mean()),
    }
