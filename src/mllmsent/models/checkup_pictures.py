"""Pictures to ask a model about: whoever sees them can tell them apart."""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mllmsent.data.images import ImageRef

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from PIL import Image

__all__ = ["PICTURE_PIXELS", "plain_pictures", "two_pictures"]

PICTURE_PIXELS = 224
"""Pixels of a side: small, so that questions about it are cheap."""


@contextmanager
def two_pictures() -> Iterator[tuple[ImageRef, ImageRef]]:
    """A sunny meadow and a ruin at night, as files while inside."""
    from PIL import Image  # noqa: PLC0415 - only models that are checked need pictures

    from mllmsent.dioramas import Scene, render  # noqa: PLC0415 - draws on numpy

    scenes = (
        Scene("meadow", "day", "clear", "warm", "vivid", objects=("balloons",)),
        Scene("ruin", "night", "storm", "cold", "muted", objects=("dead tree",)),
    )
    with _files(Image.fromarray(render(scene, PICTURE_PIXELS)) for scene in scenes) as (
        sunny,
        stormy,
    ):
        yield sunny, stormy


@contextmanager
def plain_pictures(*colors: tuple[int, int, int]) -> Iterator[tuple[ImageRef, ...]]:
    """Pictures that a color fills, as files while inside.

    Args:
        colors: Red, green and blue of each, 0 to 255.
    """
    from PIL import Image  # noqa: PLC0415 - only models that are checked need pictures

    with _files(
        Image.new("RGB", (PICTURE_PIXELS, PICTURE_PIXELS), color) for color in colors
    ) as refs:
        yield refs


@contextmanager
def _files(pictures: Iterable[Image.Image]) -> Iterator[tuple[ImageRef, ...]]:
    from mllmsent.data.image_fitting import encode_png  # noqa: PLC0415 - needs numpy

    with tempfile.TemporaryDirectory() as folder:
        refs = []
        for number, picture in enumerate(pictures):
            data = encode_png(picture)
            path = Path(folder) / f"{number}.png"
            path.write_bytes(data)
            sha256 = hashlib.sha256(data).hexdigest()
            refs.append(ImageRef(path, sha256, "image/png", PICTURE_PIXELS, PICTURE_PIXELS))
        yield tuple(refs)
