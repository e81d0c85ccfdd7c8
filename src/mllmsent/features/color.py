"""Color: hue, saturation, colorfulness, warmth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mllmsent.features.picture import Picture

__all__ = ["measure_color"]

_GRAY = 1e-6
"""Mean chroma below which a picture has no hue."""


def measure_color(picture: Picture) -> dict[str, float]:
    """The measures of group "color"; see `features.yaml`."""
    lightness, chroma = picture.lightness, picture.chroma
    red_green, yellow_blue = picture.lab[..., 1], picture.lab[..., 2]
    peak = picture.rgb.max(axis=2).astype(np.float32)
    low = picture.rgb.min(axis=2).astype(np.float32)
    saturation = np.divide(peak - low, peak, out=np.zeros_like(peak), where=peak > 0)
    strength = float(chroma.mean(dtype=float))
    # The mean of directions, each as long as its chroma.
    toward = complex(red_green.mean(dtype=float), yellow_blue.mean(dtype=float))
    is_gray = strength < _GRAY
    brightness = float(peak.mean(dtype=float) / 255)
    saturated = float(saturation.mean(dtype=float))
    # Ou et al. (2004), part I: heat, weight and activity of single colors, here of each pixel's.
    inverse = np.divide(1, chroma, out=np.zeros_like(chroma), where=chroma > _GRAY)
    warmth = -0.5 + 0.02 * chroma**1.07 * _toward(picture, 50) * inverse
    weight = -1.8 + 0.04 * (100 - lightness) + 0.45 * _toward(picture, 100) * inverse
    activity = -2.1 + 0.06 * np.sqrt(
        (lightness - 50) ** 2 + (red_green - 3) ** 2 + ((yellow_blue - 17) / 1.4) ** 2
    )
    return {
        "hue": 0.0 if is_gray else float(np.rad2deg(np.angle(toward)) % 360),
        "hue_spread": 0.0 if is_gray else float(np.clip(1 - abs(toward) / strength, 0, 1)),
        "chroma": strength,
        "saturation": saturated,
        "saturation_sd": float(saturation.std(dtype=float)),
        "colorfulness": _colorfulness(picture),
        "warmth": float(warmth.mean(dtype=float)),
        "color_weight": float(weight.mean(dtype=float)),
        "color_activity": float(activity.mean(dtype=float)),
        "pleasure": 0.69 * brightness + 0.22 * saturated,
        "arousal": 0.60 * saturated - 0.31 * brightness,
    }


def _toward(picture: Picture, degrees: float) -> NDArray[np.float32]:
    """Chroma times the cosine of the hue's distance from an angle."""
    angle = np.deg2rad(degrees)
    a, b = picture.lab[..., 1], picture.lab[..., 2]
    return np.asarray(a * np.cos(angle) + b * np.sin(angle), dtype=np.float32)


def _colorfulness(picture: Picture) -> float:
    """Hasler and Suesstrunk (2003), eq. 3."""
    red, green, blue = (picture.rgb[..., channel].astype(np.float32) for channel in range(3))
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    spread = np.hypot(red_green.std(dtype=float), yellow_blue.std(dtype=float))
    mean = np.hypot(red_green.mean(dtype=float), yellow_blue.mean(dtype=float))
    return float(spread + 0.3 * mean)
