"""Pictures in which there is nothing to be made out: blank ones, noise, patterns, textures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Canvas = NDArray[np.floating[Any]]
    Painter = Callable[[np.random.Generator, int], Canvas]

__all__ = ["BLANK_KINDS", "blank_picture"]


def blank_picture(kind: str, seed: int, size: int) -> NDArray[np.uint8]:
    """A picture of nothing.

    Args:
        kind: One of `BLANK_KINDS`.
        seed: Which of that kind.
        size: Width and height in pixels.

    Returns:
        RGB pixels, shape (size, size, 3).
    """
    rng = np.random.default_rng(seed)
    pixels = _PAINTERS[kind](rng, size)
    return np.clip(np.broadcast_to(pixels, (size, size, 3)), 0, 255).astype(np.uint8)


def _color(rng: np.random.Generator) -> Canvas:
    return rng.uniform(0, 255, 3)


def _mixed(share: Canvas, rng: np.random.Generator) -> Canvas:
    return _color(rng) * share + _color(rng) * (1 - share)


def _plain(rng: np.random.Generator, size: int) -> Canvas:
    gray = rng.random() < 0.5
    color = np.full(3, rng.choice([0, 64, 127, 128, 192, 255])) if gray else _color(rng)
    return np.broadcast_to(color.astype(float), (size, size, 3))


def _noise(rng: np.random.Generator, size: int) -> Canvas:
    grain = int(rng.choice([1, 2, 4, 8]))
    side = -(-size // grain)
    channels = int(rng.choice([1, 3]))
    cells = rng.normal(rng.uniform(60, 200), rng.uniform(15, 90), (side, side, channels))
    canvas: Canvas = np.kron(cells, np.ones((grain, grain, 1)))[:size, :size]
    return canvas


def _gradient(rng: np.random.Generator, size: int) -> Canvas:
    down, across = np.mgrid[0 : 1 : size * 1j, 0 : 1 : size * 1j]
    angle = rng.uniform(0, 2 * np.pi)
    share = np.cos(angle) * (across - 0.5) + np.sin(angle) * (down - 0.5) + 0.5
    if rng.random() < 0.4:
        share = np.hypot(across - rng.random(), down - rng.random())
    share = np.clip(share, 0, 1)[..., None]
    return _mixed(share, rng)


def _stripes(rng: np.random.Generator, size: int) -> Canvas:
    down, across = np.mgrid[0:size, 0:size] / size
    angle, count = rng.uniform(0, np.pi), rng.uniform(3, 30)
    wave = np.sin(2 * np.pi * count * (np.cos(angle) * across + np.sin(angle) * down))
    if rng.random() < 0.4:
        wave = wave * np.sin(2 * np.pi * count * (np.cos(angle) * down - np.sin(angle) * across))
    share: Canvas = (wave > 0).astype(float) if rng.random() < 0.6 else (wave + 1) / 2
    return _mixed(share[..., None], rng)


def _shapes(rng: np.random.Generator, size: int) -> Canvas:
    down, across = np.mgrid[0:size, 0:size] / size
    pixels = np.tile(_color(rng), (size, size, 1))
    for _ in range(int(rng.integers(2, 14))):
        x, y, wide, high = rng.random(), rng.random(), *rng.uniform(0.04, 0.3, 2)
        if rng.random() < 0.5:
            inside = ((across - x) / wide) ** 2 + ((down - y) / high) ** 2 < 1
        else:
            inside = (abs(across - x) < wide) & (abs(down - y) < high)
        pixels[inside] = _color(rng)
    return pixels


def _texture(rng: np.random.Generator, size: int) -> Canvas:
    """Clouds of noise whose power falls with frequency, as that of photographs does."""
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size)[None, :])
    frequency[0, 0] = 1.0
    slope = rng.uniform(0.7, 2.0)
    waves = rng.normal(size=(3, size, size)) + 1j * rng.normal(size=(3, size, size))
    fields = np.fft.ifft2(waves / frequency**slope).real
    fields = (fields - fields.mean((1, 2), keepdims=True)) / fields.std((1, 2), keepdims=True)
    # channels of a photograph go together
    fields = rng.uniform(0.1, 0.6) * fields + fields[:1]
    canvas: Canvas = _color(rng) + rng.uniform(20, 60) * np.moveaxis(fields, 0, -1)
    return canvas


_PAINTERS: dict[str, Painter] = {
    "plain": _plain,
    "noise": _noise,
    "gradient": _gradient,
    "stripes": _stripes,
    "shapes": _shapes,
    "texture": _texture,
}

BLANK_KINDS = tuple(_PAINTERS)
