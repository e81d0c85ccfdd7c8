"""Scenes to pixels and masks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.dioramas.drawing.compose import sketch_scene
from mllmsent.dioramas.drawing.raster import rasterize

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from mllmsent.dioramas.drawing.sketch import Element, Sketch
    from mllmsent.dioramas.scene import Scene

__all__ = ["Masks", "render", "render_masks", "scene_svg"]

_CHANNELS = ("#ff0000", "#00ff00", "#0000ff")


@dataclass(frozen=True)
class Masks:
    """Which element each pixel shows.

    Attributes:
        labels: Number of the element that is foremost, shape (size, size); 0 is the setting.
        weather: Where rain, snow or nothing falls in front, shape (size, size).
        elements: The elements by their number.
    """

    labels: NDArray[np.uint8]
    weather: NDArray[np.bool_]
    elements: tuple[Element, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the elements of which something can be seen, "weather" included."""
        seen = set(np.unique(self.labels).tolist())
        names = [
            element.name
            for number, element in enumerate(self.elements)
            if number in seen
            or any(
                other.name.startswith(f"{element.name}/") and index in seen
                for index, other in enumerate(self.elements)
            )
        ]
        return (*names, "weather") if self.weather.any() else tuple(names)

    def mask(self, name: str) -> NDArray[np.bool_]:
        """Where an element and its parts can be seen: "subject-1" includes "subject-1/face"."""
        if name == "weather":
            return self.weather
        numbers = [
            number
            for number, element in enumerate(self.elements)
            if element.name == name or element.name.startswith(f"{name}/")
        ]
        return np.isin(self.labels, numbers)

    def as_dict(self) -> Mapping[str, NDArray[np.bool_]]:
        """Every element's mask by its name."""
        return {name: self.mask(name) for name in self.names}


def render(scene: Scene, size: int = 384) -> NDArray[np.uint8]:
    """Draw a scene.

    Args:
        scene: What to draw.
        size: Width and height in pixels.

    Returns:
        RGB pixels, shape (size, size, 3).
    """
    return rasterize(sketch_scene(scene).picture(), size)


def scene_svg(scene: Scene) -> str:
    """A scene as an SVG picture, for pages and print."""
    return sketch_scene(scene).picture()


def render_masks(scene: Scene, size: int = 384) -> Masks:
    """Which element each pixel of `render(scene, size)` shows.

    Every element is drawn again with the shapes of the picture, in flat color on black, covered by
    what covers it there; a pixel belongs to the element that covers most of it.
    """
    return masks_of(sketch_scene(scene), size)


def masks_of(sketch: Sketch, size: int) -> Masks:
    """The masks of a sketch; see `render_masks`."""
    elements = tuple(sketch.elements)
    airy = frozenset(number for number, element in enumerate(elements) if element.role == "weather")
    solid = [number for number in range(1, len(elements)) if number not in airy]
    coverage = np.zeros((len(elements), size, size), np.uint8)
    for start in range(0, len(solid), len(_CHANNELS)):
        group = solid[start : start + len(_CHANNELS)]
        colors = dict(zip(group, _CHANNELS, strict=False))
        pixels = rasterize(sketch.silhouettes(colors, ignored=airy), size)
        for channel, number in enumerate(group):
            coverage[number] = pixels[..., channel]
    # what no element covers is the setting's
    rest = 255 - coverage.sum(axis=0, dtype=np.int32)
    coverage[0] = np.clip(rest, 0, 255).astype(np.uint8)
    labels = coverage.argmax(axis=0).astype(np.uint8)
    falling = np.zeros((size, size), bool)
    if airy:
        others = frozenset(range(len(elements))) - airy
        flat = rasterize(sketch.silhouettes(dict.fromkeys(airy, "#ffffff"), ignored=others), size)
        falling = flat[..., 0] >= 128
    kept = tuple(element for number, element in enumerate(elements) if number not in airy)
    # weather elements come last or are dropped: numbers of the others must stay dense
    renumbered = np.zeros(len(elements), np.uint8)
    renumbered[[n for n in range(len(elements)) if n not in airy]] = np.arange(len(kept))
    return Masks(renumbered[labels], falling, kept)
