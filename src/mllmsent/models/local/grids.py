"""Where an image's tokens lie on the image: the patch grids behind them, for each kind of family.

A family may see an image once, or in crops and as a whole; may stretch it, crop it or put borders
around it; and may put tokens between the rows. What is said about a token is said about a place only
through this.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mllmsent.models.local.images import SeenImage
    from mllmsent.models.local.loading import Loaded

__all__ = ["Box", "ImageGrid", "image_grids"]

Box = tuple[float, float, float, float]

_WHOLE: Box = (0.0, 0.0, 1.0, 1.0)
# The marks before the crops of Idefics3 and SmolVLM.
_CROP_MARK = re.compile(r"<row_(\d+)_col_(\d+)>")


@dataclass(frozen=True)
class ImageGrid:
    """One view of an image, cut into equal cells of which each became a token.

    Attributes:
        rows: Cells from top to bottom.
        columns: Cells from left to right.
        box: Left, top, right and bottom end of what the cells cover, in widths and heights of the
            image as the processor was given it: (0, 0, 1, 1) is the image. Within that, the image
            was cropped; below 0 or above 1 lies a border put around it.
        tokens: For each cell, row by row, its number among the image's tokens. Tokens that stand
            for no place (a line's end, a separator) are in no grid.
    """

    rows: int
    columns: int
    box: Box
    tokens: tuple[int, ...]


def image_grids(loaded: Loaded, image: SeenImage) -> tuple[ImageGrid, ...]:
    """The grids behind an image's tokens: crops first, the view of the whole last.

    Crops of one size that lie side by side are one grid.

    Args:
        loaded: The model.
        image: The image, as the processor saw it.

    Returns:
        Grids that share no token; none where the family's geometry is not known.
    """
    kind = loaded.family.grid
    return () if kind is None else _KINDS[kind](loaded, image)


def _square(loaded: Loaded, image: SeenImage) -> tuple[ImageGrid, ...]:
    """One square; Gemma 3 with `do_pan_and_scan` adds squares of crops along the longer side."""
    views = image.tensors["pixel_values"].shape[0]
    per_view = image.n_tokens // views
    side = math.isqrt(per_view)
    # Where every output of CLIP is taken, its class token stands before the patches.
    before = per_view - side**2
    squares = [
        tuple(range(start + before, start + per_view))
        for start in range(0, image.n_tokens, per_view)
    ]
    boxes = [_covered(loaded.processor.image_processor, image.size), *_pans(image.size, views - 1)]
    whole, *crops = (
        ImageGrid(side, side, box, tokens) for box, tokens in zip(boxes, squares, strict=True)
    )
    return (*crops, whole)


def _covered(image_processor: Any, size: tuple[int, int]) -> Box:
    """What is left of an image after the processor's crop or border."""
    width, height = size
    if getattr(image_processor, "do_pad", False) and hasattr(image_processor, "pad_to_square"):
        longer = max(size)
        return _centered(longer / width, longer / height)
    resized = image_processor.size or {}
    if getattr(image_processor, "do_center_crop", False) and resized.get("shortest_edge"):
        scale = resized["shortest_edge"] / min(size)
        crop = image_processor.crop_size
        return _centered(crop["width"] / (scale * width), crop["height"] / (scale * height))
    return _WHOLE


def _centered(width: float, height: float) -> Box:
    return ((1 - width) / 2, (1 - height) / 2, (1 + width) / 2, (1 + height) / 2)


def _pans(size: tuple[int, int], number: int) -> list[Box]:
    """Crops side by side along the longer side of an image; the last may be smaller."""
    if number == 0:
        return []
    longer = max(size)
    step = math.ceil(longer / number) / longer
    ends = [(i * step, min(1.0, (i + 1) * step)) for i in range(number)]
    if size[0] >= size[1]:
        return [(low, 0.0, high, 1.0) for low, high in ends]
    return [(0.0, low, 1.0, high) for low, high in ends]


def _tiles(loaded: Loaded, image: SeenImage) -> tuple[ImageGrid, ...]:
    """Crops of the stretched image, and the whole; the whole alone where it is small."""
    rows, columns = _crops(loaded, image)
    n_crops = rows * columns
    per_view = image.n_tokens // (n_crops + 1)
    side = math.isqrt(per_view)
    start = n_crops * per_view
    whole = ImageGrid(side, side, _WHOLE, tuple(range(start, start + per_view)))
    if n_crops == 0:
        return (whole,)
    tokens = tuple(
        (row // side * columns + column // side) * per_view + row % side * side + column % side
        for row in range(rows * side)
        for column in range(columns * side)
    )
    return (ImageGrid(rows * side, columns * side, _WHOLE, tokens), whole)


def _crops(loaded: Loaded, image: SeenImage) -> tuple[int, int]:
    """Rows and columns of crops; none where there is only the whole."""
    marks = _CROP_MARK.findall(image.words)
    if marks:
        return max(int(row) for row, _ in marks), max(int(column) for _, column in marks)
    views = math.prod(image.tensors["pixel_values"].shape[:-3])
    if views == 1:
        return 0, 0
    # InternVL does not say how its crops lie; they lie as its processor chose for this size.
    from transformers.models.got_ocr2.image_processing_pil_got_ocr2 import (  # noqa: PLC0415 - heavy
        get_optimal_tiled_canvas,
    )

    processor = loaded.processor.image_processor
    width, height = image.size
    columns, rows = get_optimal_tiled_canvas(
        (height, width),
        (processor.size["height"], processor.size["width"]),
        processor.min_patches,
        processor.max_patches,
    )
    return rows, columns


def _thw(loaded: Loaded, image: SeenImage) -> tuple[ImageGrid, ...]:
    """Qwen-VL: as many patches as the image's shape asks for, merged two by two."""
    merged = loaded.model.config.vision_config.spatial_merge_size
    _, height, width = image.tensors["image_grid_thw"][0].tolist()
    return (_plain(height // merged, width // merged),)


def _positions(loaded: Loaded, image: SeenImage) -> tuple[ImageGrid, ...]:
    """Gemma 4: patches with places, pooled three by three; patches without one fill up."""
    pooled = loaded.model.config.vision_config.pooling_kernel_size
    last_x, last_y = image.tensors["image_position_ids"][0].amax(0).tolist()
    return (_plain((last_y + 1) // pooled, (last_x + 1) // pooled),)


def _hd(loaded: Loaded, image: SeenImage) -> tuple[ImageGrid, ...]:
    """Phi-4: the crops as one grid without their border, a separator, the whole with it.

    A token ends each line. The image is scaled to fit the crops and lies at their upper left.
    """
    crop = loaded.model.config.vision_config.crop_size
    canvas_height, canvas_width = image.tensors["image_sizes"][0].tolist()
    down, across = canvas_height // crop, canvas_width // crop
    masks = image.tensors["image_attention_mask"][0, 1 : 1 + down * across, ::2, ::2]
    side = masks.shape[-1]
    mask = masks.reshape(down, across, side, side).transpose(1, 2)
    mask = mask.reshape(down * side, across * side)
    rows, columns = int(mask[:, 0].sum()), int(mask[0].sum())
    width, height = image.size
    scale = min(canvas_width / width, canvas_height / height)
    # In widths and heights of the scaled image, in whole pixels.
    width, height = int(width * scale), int(height * scale)
    cell = crop / side
    crops = ImageGrid(
        rows,
        columns,
        (0.0, 0.0, columns * cell / width, rows * cell / height),
        _lines(0, rows, columns),
    )
    whole = ImageGrid(
        side,
        side,
        (0.0, 0.0, canvas_width / width, canvas_height / height),
        _lines(rows * (columns + 1) + 1, side, side),
    )
    return (crops, whole)


def _lines(start: int, rows: int, columns: int) -> tuple[int, ...]:
    """Numbers of the cells where each row is followed by a token that ends it."""
    return tuple(
        start + row * (columns + 1) + column for row in range(rows) for column in range(columns)
    )


def _plain(rows: int, columns: int) -> ImageGrid:
    return ImageGrid(rows, columns, _WHOLE, tuple(range(rows * columns)))


_KINDS: Mapping[str, Callable[[Loaded, SeenImage], tuple[ImageGrid, ...]]] = {
    "square": _square,
    "tiles": _tiles,
    "thw": _thw,
    "positions": _positions,
    "hd": _hd,
}
