"""Pictures and masks as files.

A mask file is an indexed PNG of the picture's size. A pixel's value is the number of the element
that is foremost there (0 is the setting; `scenes.jsonl` names the others), plus 128 where rain or
snow falls in front of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.dioramas.drawing.compose import sketch_scene
from mllmsent.dioramas.drawing.raster import rasterize
from mllmsent.dioramas.render import Masks, masks_of
from mllmsent.dioramas.scene_file import read_scene_rows
from mllmsent.foundation import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from mllmsent.dioramas.sampling import Diorama

__all__ = ["MASK_FOLDER", "PICTURE_FOLDER", "load_masks", "paint_all"]

PICTURE_FOLDER = "images"
MASK_FOLDER = "masks"
_WEATHER = 128


def paint_all(
    out: Path, dioramas: Iterable[Diorama], *, size: int
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Paint dioramas, one at a time.

    Args:
        out: The dataset's folder, with its two folders for files made.
        dioramas: What is painted.
        size: Width and height in pixels.

    Yields:
        Each item and its elements: number, name, role, area (share of the picture) and box
        (left, top, right, bottom, as shares), once its files are written.
    """
    for diorama in dioramas:
        yield diorama.item_id, _paint(out, diorama, size)


def load_masks(folder: Path, item_id: str) -> dict[str, NDArray[np.bool_]]:
    """The masks of a diorama of a made dataset.

    Args:
        folder: The dataset's folder.
        item_id: The diorama.

    Returns:
        Name of each element that can be seen to its mask, shape (size, size). A subject's mask
        includes its face; where nothing falls, there is no "weather".

    Raises:
        InputError: If the folder has no such diorama.
    """
    from PIL import Image  # noqa: PLC0415 - only where masks are read

    row = read_scene_rows(folder).get(item_id)
    if row is None:
        raise InputError("There is no such diorama.", file=folder, item=item_id)
    with Image.open(folder / row["mask"]) as image:
        values = np.asarray(image)
    labels = values % _WEATHER
    masks: dict[str, NDArray[np.bool_]] = {}
    for element in row["elements"]:
        name = element["name"]
        if name == "weather":
            masks[name] = values >= _WEATHER
            continue
        parts = [
            other["number"]
            for other in row["elements"]
            if other["name"] == name or other["name"].startswith(f"{name}/")
        ]
        masks[name] = np.isin(labels, parts)
    return masks


def _paint(out: Path, diorama: Diorama, size: int) -> list[dict[str, Any]]:
    from PIL import Image  # noqa: PLC0415 - only where files are written

    sketch = sketch_scene(diorama.scene)
    masks = masks_of(sketch, size)
    name = f"{diorama.item_id}.png"
    picture = Image.fromarray(rasterize(sketch.picture(), size))
    picture.save(out / PICTURE_FOLDER / name, compress_level=4)
    image = Image.fromarray(masks.labels + np.uint8(_WEATHER) * masks.weather)
    image.putpalette(_palette())
    image.save(out / MASK_FOLDER / name, compress_level=4)
    return _elements(masks)


def _elements(masks: Masks) -> list[dict[str, Any]]:
    numbers = {
        element.name: (number, element.role) for number, element in enumerate(masks.elements)
    }
    rows = []
    for name in masks.names:
        mask = masks.mask(name)
        number, role = numbers.get(name, (_WEATHER, "weather"))
        down, across = np.nonzero(mask)
        size = mask.shape[0]
        box = (across.min(), down.min(), across.max() + 1, down.max() + 1)
        rows.append(
            {
                "number": number,
                "name": name,
                "role": role,
                "area": round(float(mask.mean()), 5),
                "box": [round(float(edge) / size, 4) for edge in box],
            }
        )
    return rows


def _palette() -> list[int]:
    """Colors in which a mask file can be looked at: steps around the color circle."""
    import colorsys  # noqa: PLC0415 - only here

    colors = [(28, 32, 52)]
    for number in range(1, _WEATHER):
        red, green, blue = colorsys.hls_to_rgb(number * 0.381966 % 1, 0.6, 0.62)
        colors.append((round(red * 255), round(green * 255), round(blue * 255)))
    pale = [tuple(255 - (255 - part) // 3 for part in color) for color in colors]
    return [part for color in (*colors, *pale) for part in color]
