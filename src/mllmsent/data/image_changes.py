"""What can be done to a picture: plain functions on RGB images, each changing one thing.

Conditions and augmentation are made of these. Amounts are in units that mean the same for every
picture: light in stops, color in kelvin, lengths in pixels of a picture whose longer side is
`REFERENCE_SIDE`, for a blur of eight pixels is a different one on a thumbnail and on a photograph.
Light and color are changed in linear light (IEC 61966-2-1), where exposure and illumination act.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageFilter

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = [
    "REFERENCE_SIDE",
    "add_noise",
    "blur",
    "crop",
    "erase",
    "expose",
    "grey",
    "mirror",
    "recompress",
    "relight",
    "rotate",
    "saturate",
]

REFERENCE_SIDE = 512
"""Longer side, in pixels, of the picture for which lengths are given."""

_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])  # Rec. 709, of linear light
_XYZ_TO_RGB = np.array(
    [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]
)
_DAYLIGHT = 6504.0  # kelvin; the white of sRGB
_LEVELS = np.arange(256) / 255.0
_BLOCK = 1_000_000  # pixels worked on at once, so that a large picture needs little more memory


def mirror(image: Image.Image) -> Image.Image:
    """Left and right exchanged."""
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def grey(image: Image.Image) -> Image.Image:
    """Without color, every pixel keeping its luminance."""
    linear = _to_linear(_LEVELS)

    def change(block: NDArray[np.uint8]) -> NDArray[np.uint8]:
        level = _to_levels(linear[block] @ _LUMINANCE)
        return np.repeat(level[..., None], 3, axis=-1)

    return _by_rows(image, change)


def blur(image: Image.Image, sigma: float) -> Image.Image:
    """Blurred by a Gaussian of standard deviation `sigma`, in reference pixels."""
    return image.filter(ImageFilter.GaussianBlur(sigma * max(image.size) / REFERENCE_SIDE))


def expose(image: Image.Image, stops: float) -> Image.Image:
    """With 2**stops times the light; what exceeds white is clipped, as in a camera."""
    table = _to_levels(_to_linear(_LEVELS) * 2.0**stops)
    return image.point(table.tolist() * 3)


def relight(image: Image.Image, kelvin: float) -> Image.Image:
    """As if lit by a light of that color temperature; grays keep their luminance.

    Args:
        image: An RGB image, taken to be lit by daylight (6504 K).
        kelvin: 1700 (candle) over 4000 (warm white) and 6504 (no change) to 25000 (blue sky).
    """
    gains = _planckian(kelvin) / _planckian(_DAYLIGHT)
    gains /= gains @ _LUMINANCE
    table = _to_levels(_to_linear(_LEVELS)[None, :] * gains[:, None])
    return image.point(table.reshape(-1).tolist())


def saturate(image: Image.Image, factor: float) -> Image.Image:
    """With the distance of each pixel from its gray multiplied by `factor`; 0 is `grey`."""
    return Image.blend(grey(image), image, factor)


def crop(image: Image.Image, keep: float, x: float, y: float) -> Image.Image:
    """The part that has `keep` of either side, at its own size.

    Args:
        image: An RGB image.
        keep: Fraction of width and of height that stays, above 0 to 1.
        x: Where the part lies, 0 at the left to 1 at the right.
        y: Where the part lies, 0 at the top to 1 at the bottom.
    """
    width = max(round(image.width * keep), 1)
    height = max(round(image.height * keep), 1)
    left, top = round((image.width - width) * x), round((image.height - height) * y)
    return image.crop((left, top, left + width, top + height))


def recompress(image: Image.Image, quality: int) -> Image.Image:
    """As it looks after being saved as a JPEG of that quality, 1 to 95."""
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer, formats=("JPEG",)).convert("RGB")


def add_noise(image: Image.Image, sd: float, rng: np.random.Generator) -> Image.Image:
    """With Gaussian noise, independent per color, of one reference pixel's grain.

    Args:
        image: An RGB image.
        sd: Standard deviation in levels of 255.
        rng: Source of the noise.
    """
    scale = max(max(image.size) / REFERENCE_SIDE, 1.0)
    width, height = (max(round(side / scale), 1) for side in image.size)
    noise = rng.normal(0.0, sd, (height, width, 3)).astype(np.float32)
    rows = np.minimum((np.arange(image.height) / scale).astype(int), height - 1)
    columns = np.minimum((np.arange(image.width) / scale).astype(int), width - 1)
    offset = 0

    def change(block: NDArray[np.uint8]) -> NDArray[np.uint8]:
        nonlocal offset
        part = noise[rows[offset : offset + len(block)][:, None], columns[None, :]]
        offset += len(block)
        changed: NDArray[np.uint8] = np.clip(np.rint(block + part), 0, 255).astype(np.uint8)
        return changed

    return _by_rows(image, change)


def rotate(image: Image.Image, degrees: float) -> Image.Image:
    """Turned counterclockwise and cut to the largest upright rectangle of its shape within.

    Nothing is invented at the corners, for a black corner is something a model can learn.
    """
    angle = np.deg2rad(abs(degrees))
    long, short = max(image.size), min(image.size)
    # The rectangle's ends are rounded to whole pixels: two of them are kept as a margin.
    keep = 1.0 / (np.cos(angle) + np.sin(angle) * long / short) - 2.0 / short
    if keep <= 0:
        return image  # too thin to turn
    turned = image.rotate(degrees, resample=Image.Resampling.BICUBIC)
    return crop(turned, float(keep), 0.5, 0.5)


def erase(image: Image.Image, area: float, shape: float, x: float, y: float) -> Image.Image:
    """With a rectangle painted in the picture's mean color (Zhong et al. 2020, Random Erasing).

    Args:
        image: An RGB image.
        area: Fraction of the picture's area, 0 to 1.
        shape: Width over height of the rectangle, relative to the picture's.
        x: Where it lies, 0 at the left to 1 at the right.
        y: Where it lies, 0 at the top to 1 at the bottom.
    """
    width = min(round(image.width * np.sqrt(area * shape)), image.width)
    height = min(round(image.height * np.sqrt(area / shape)), image.height)
    left, top = round((image.width - width) * x), round((image.height - height) * y)
    mean = image.resize((1, 1), Image.Resampling.BOX).tobytes()
    result = image.copy()
    result.paste(tuple(mean), (left, top, left + int(width), top + int(height)))
    return result


def _by_rows(
    image: Image.Image, change: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
) -> Image.Image:
    result = Image.new("RGB", image.size)
    step = max(_BLOCK // image.width, 1)
    for top in range(0, image.height, step):
        box = (0, top, image.width, min(top + step, image.height))
        result.paste(Image.fromarray(change(np.asarray(image.crop(box)))), box)
    return result


def _to_linear(values: NDArray[Any]) -> NDArray[np.float64]:
    """SRGB values in 0..1 to linear light in 0..1 (IEC 61966-2-1)."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def _to_levels(linear: NDArray[Any]) -> NDArray[np.uint8]:
    """Linear light to sRGB levels in 0..255, clipped."""
    bounded = np.clip(linear, 0.0, 1.0)
    values = np.where(bounded <= 0.0031308, bounded * 12.92, 1.055 * bounded ** (1 / 2.4) - 0.055)
    levels: NDArray[np.uint8] = np.rint(values * 255).astype(np.uint8)
    return levels


def _planckian(kelvin: float) -> NDArray[np.float64]:
    """Linear sRGB of a black body of unit luminance (Kim et al. 2002, J. Korean Phys. Soc. 41:865)."""
    t = 1000.0 / kelvin
    if kelvin <= 4000:
        x = -0.2661239 * t**3 - 0.2343589 * t**2 + 0.8776956 * t + 0.179910
    else:
        x = -3.0258469 * t**3 + 2.1070379 * t**2 + 0.2226347 * t + 0.240390
    if kelvin <= 2222:
        y = -1.1063814 * x**3 - 1.34811020 * x**2 + 2.18555832 * x - 0.20219683
    elif kelvin <= 4000:
        y = -0.9549476 * x**3 - 1.37418593 * x**2 + 2.09137015 * x - 0.16748867
    else:
        y = 3.0817580 * x**3 - 5.87338670 * x**2 + 3.75112997 * x - 0.37001483
    light: NDArray[np.float64] = _XYZ_TO_RGB @ np.array([x / y, 1.0, (1 - x - y) / y])
    return np.maximum(light, 0.0)
