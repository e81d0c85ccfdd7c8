"""Color arithmetic in OKLab, where equal steps look equal."""

from __future__ import annotations

from functools import lru_cache

__all__ = ["darker", "lighter", "mix", "multiply", "saturate"]

_Triple = tuple[float, float, float]


@lru_cache(maxsize=65536)
def mix(color: str, other: str, amount: float) -> str:
    """The color `amount` (0..1) of the way from `color` to `other`."""
    first, second = _to_lab(color), _to_lab(other)
    return _from_lab(
        (
            first[0] + (second[0] - first[0]) * amount,
            first[1] + (second[1] - first[1]) * amount,
            first[2] + (second[2] - first[2]) * amount,
        )
    )


@lru_cache(maxsize=65536)
def saturate(color: str, factor: float) -> str:
    """The color with its distance from grey multiplied; its lightness stays."""
    lightness, red_green, blue_yellow = _to_lab(color)
    return _from_lab((lightness, red_green * factor, blue_yellow * factor))


@lru_cache(maxsize=65536)
def multiply(color: str, light: str, brightness: float = 1.0) -> str:
    """What a surface of `color` shows under `light`."""
    parts = zip(_parse(color), _parse(light), strict=True)
    red, green, blue = (a * b * brightness / 255 for a, b in parts)
    return _hex((red, green, blue))


def lighter(color: str, amount: float) -> str:
    """Towards a warm white."""
    return mix(color, "#fffaf0", amount)


def darker(color: str, amount: float) -> str:
    """Towards a blue black, as shadows are."""
    return mix(color, "#141833", amount)


def _parse(color: str) -> _Triple:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _hex(parts: _Triple) -> str:
    red, green, blue = (min(255, max(0, round(part))) for part in parts)
    return f"#{red:02x}{green:02x}{blue:02x}"


# Matrices of OKLab: B. Ottosson, "A perceptual color space for image processing" (2020).
@lru_cache(maxsize=65536)
def _to_lab(color: str) -> _Triple:
    red, green, blue = (_linear(part / 255) for part in _parse(color))
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def _from_lab(lab: _Triple) -> str:
    lightness, red_green, blue_yellow = lab
    long = (lightness + 0.3963377774 * red_green + 0.2158037573 * blue_yellow) ** 3
    middle = (lightness - 0.1055613458 * red_green - 0.0638541728 * blue_yellow) ** 3
    short = (lightness - 0.0894841775 * red_green - 1.2914855480 * blue_yellow) ** 3
    red = 4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short
    return _hex((_encoded(red) * 255, _encoded(green) * 255, _encoded(blue) * 255))


def _linear(part: float) -> float:
    return float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)


def _encoded(part: float) -> float:
    if part <= 0.0031308:
        return max(0.0, part) * 12.92
    return float(1.055 * part ** (1 / 2.4) - 0.055)
