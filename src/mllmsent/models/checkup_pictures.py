"""Two drawn scenes to ask a model about: whoever sees them can tell them apart."""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mllmsent.data.images import ImageRef

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["two_pictures"]

_SIZE = 224
"""Pixels of a side: small, so that questions about it are cheap."""


@contextmanager
def two_pictures() -> Iterator[tuple[ImageRef, ImageRef]]:
    """A sunny meadow and a ruin at night, as files while inside."""
    from PIL import Image  # noqa: PLC0415 - only models that are checked need pictures

    from mllmsent.data.image_fitting import encode_png  # noqa: PLC0415 - likewise
    from mllmsent.dioramas import Scene, render  # noqa: PLC0415 - draws on numpy

    scenes = {
        "sunny": Scene("meadow", "day", "clear", "warm", "vivid", objects=("balloons",)),
        "stormy": Scene("ruin", "night", "storm", "cold", "muted", objects=("dead tree",)),
    }
    with tempfile.TemporaryDirectory() as folder:
        refs = []
        for name, scene in scenes.items():
            data = encode_png(Image.fromarray(render(scene, _SIZE)))
            path = Path(folder) / f"{name}.png"
            path.write_bytes(data)
            sha256 = hashlib.sha256(data).hexdigest()
            refs.append(ImageRef(path, sha256, "image/png", _SIZE, _SIZE))
        yield refs[0], refs[1]
