"""Pixels of any mode into 8-bit sRGB, as a browser would show them."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageCms

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["DEEP_MODES", "has_transparency", "profile_name", "to_srgb"]

DEEP_MODES = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
"""Pillow's modes of more than 8 bits."""
_BITS_PER_SAMPLE = 258  # TIFF tag
_WHITE = (255, 255, 255, 255)


def to_srgb(image: Image.Image) -> Image.Image:
    """A decoded image in mode "RGB".

    - Transparent pixels are laid on white, as on a page.
    - An embedded color profile is converted to sRGB (people saw it converted); one that does not fit
      its pixels is left out, as browsers do.
    - 16-bit grays are divided by 257, so white stays white. 32-bit integers and floats declare no
      white: values within 0..1, 0..255 or 0..65535 are taken on that scale, others between their own
      smallest and largest.
    """
    profile = image.info.get("icc_profile")
    if image.mode in DEEP_MODES:
        image = _eight_bits(image)
    elif has_transparency(image):
        layer = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", layer.size, _WHITE), layer).convert("RGB")
    elif image.mode in {"P", "1", "LA", "La", "PA", "RGBA", "RGBa", "RGBX", "HSV"}:
        image = image.convert("RGB")
    if isinstance(profile, bytes) and profile:
        image = _converted(image, profile)
    return image.convert("RGB") if image.mode != "RGB" else image.copy()


def has_transparency(image: Image.Image) -> bool:
    """Whether any pixel of a decoded image is not fully opaque."""
    if not image.has_transparency_data:
        return False
    low, _ = image.convert("RGBA").getchannel("A").getextrema()
    return bool(isinstance(low, (int, float)) and low < 255)


def profile_name(image: Image.Image) -> str | None:
    """Name of an embedded color profile other than sRGB.

    Returns:
        None where there is none or it is sRGB, "" where it cannot be read.
    """
    profile = image.info.get("icc_profile")
    if not isinstance(profile, bytes) or not profile:
        return None
    try:
        name = ImageCms.getProfileDescription(ImageCms.getOpenProfile(BytesIO(profile))).strip()
    except Exception:  # noqa: BLE001 - a profile is hostile input like the rest of the file
        return ""
    return None if "srgb" in name.lower() else name


def _converted(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.getOpenProfile(BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(source).lower():
            return image
        target = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
    except Exception:  # noqa: BLE001 - unreadable, or for pixels of another kind
        return image
    return image if converted is None else converted


def _eight_bits(image: Image.Image) -> Image.Image:
    values: NDArray[Any] = np.asarray(image)
    if image.mode.startswith("I;16"):
        # A TIFF may say that of its 16 bits only 10, 12 or 14 are used.
        bits = getattr(image, "tag_v2", {}).get(_BITS_PER_SAMPLE, (16,))[0]
        low, high = 0.0, float(2 ** min(max(int(bits), 1), 16) - 1)
    else:
        low, high = _scale(values)
    scaled = (np.nan_to_num(values.astype(np.float32), nan=low) - low) * (255.0 / (high - low))
    return Image.fromarray(np.clip(np.rint(scaled), 0, 255).astype(np.uint8))


def _scale(values: NDArray[Any]) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    whole = np.issubdtype(values.dtype, np.integer)
    if low >= 0:
        for white in (65535.0,) if whole else (1.0, 255.0, 65535.0):
            if high <= white:
                return 0.0, white
    return low, max(high, low + 1e-6)
