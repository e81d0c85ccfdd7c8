"""Which diorama a sent image is: by its bytes, else by what it looks like, changed as it may be."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.dioramas.scene_file import read_scene_rows, read_scenes
from mllmsent.dioramas.simulated.perception import Sight
from mllmsent.foundation.digest import file_sha256

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from PIL import Image

    from mllmsent.dioramas.scene import Scene

__all__ = ["Album", "Recognized"]

_SIDE = 24
"""Side of the thumbnails that are compared."""
_SURE = 0.97
"""Likeness (correlation) from which no other explanation is looked for."""
_LIKELY = 0.8
"""Likeness that is enough where the size told that it is whole, or a crop."""
_LEAST = 0.7
_CROPS = (0.9, 0.8, 0.7, 0.6, 0.5)
"""Parts of the side that a crop may have left, where its size does not tell."""
_GREY_BELOW = 2.0
_BLURRED_BELOW = 0.6


@dataclass(frozen=True, slots=True)
class Recognized:
    """A sent image that is known.

    Attributes:
        item_id: The diorama.
        scene: What it shows.
        sight: What the change of the image leaves to be seen.
    """

    item_id: str
    scene: Scene
    sight: Sight


class Album:
    """The dioramas of a folder, to be recognized.

    Args:
        folder: As `make_dioramas` wrote it.

    Raises:
        InputError: If the folder holds no dioramas.
    """

    def __init__(self, folder: Path) -> None:
        self._scenes = read_scenes(folder)
        self._files = {item: folder / row["image"] for item, row in read_scene_rows(folder).items()}
        self._seen: dict[str, Recognized | None] = {}

    @cached_property
    def _by_digest(self) -> dict[str, str]:
        return {file_sha256(path): item for item, path in self._files.items() if path.is_file()}

    @cached_property
    def _thumbnails(self) -> tuple[list[str], NDArray[np.float32], int]:
        """Items, their thumbnails (n, side, side), and the width of the pictures."""
        from PIL import Image  # noqa: PLC0415 - only where an image is changed

        items, rows, width = [], [], 1
        for item, path in self._files.items():
            if path.is_file():
                with Image.open(path) as image:
                    items.append(item)
                    rows.append(_thumbnail(image, _SIDE))
                    width = image.width
        return items, np.array(rows, dtype=np.float32).reshape(-1, _SIDE, _SIDE), width

    @lru_cache(maxsize=3)  # noqa: B019 - few albums live, and each as long as its server
    def _windows(self, side: int) -> NDArray[np.float32]:
        """Every part of that side of every thumbnail, normalized: (n, places, side * side)."""
        _, thumbnails, _ = self._thumbnails
        parts = np.lib.stride_tricks.sliding_window_view(thumbnails, (side, side), axis=(1, 2))
        return _normalized(parts.reshape(len(thumbnails), -1, side * side))

    def recognize(self, content: bytes) -> Recognized | None:
        """The diorama that an image file shows, perhaps changed; None if it is none of them.

        Args:
            content: The file's bytes, in any format.
        """
        digest = hashlib.sha256(content).hexdigest()
        if digest not in self._seen:
            item = self._by_digest.get(digest)
            self._seen[digest] = (
                self._look(content)
                if item is None
                else Recognized(item, self._scenes[item], Sight())
            )
        return self._seen[digest]

    def _likeliest(self, sent: Image.Image) -> str | None:
        """The item that a changed picture is most like, whole, mirrored or cropped."""
        items, _, width = self._thumbnails
        if not items:
            return None
        # a crop is sent at its own size, which tells how much of the side is left
        told = sent.width / width
        shares = (1.0, told, *_CROPS) if 0.3 < told < 0.98 else (1.0, *_CROPS)
        best, likeliest = 0.0, 0
        for share in shares:
            side = max(2, round(_SIDE * share))
            thumbnail = _thumbnail(sent, side)
            for seen in (thumbnail, thumbnail[:, ::-1]):
                likeness = (self._windows(side) @ _normalized(seen.reshape(-1))).max(axis=1)
                if likeness.max() > best:
                    best, likeliest = float(likeness.max()), int(likeness.argmax())
            if best >= (_LIKELY if share in {told, _CROPS[-1]} else _SURE):
                break
        return items[likeliest] if best >= _LEAST else None

    def _look(self, content: bytes) -> Recognized | None:
        from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 - likewise

        try:
            with Image.open(BytesIO(content)) as image:
                image.load()
                sent = image.convert("RGB")
        except (UnidentifiedImageError, OSError, ValueError):
            return None
        item = self._likeliest(sent)
        if item is None:
            return None
        with Image.open(self._files[item]) as image:
            original = image.convert("RGB")
        sight = Sight(
            is_grey=_colorfulness(sent) < _GREY_BELOW,
            is_blurred=_sharpness(sent) < _BLURRED_BELOW * _sharpness(original),
        )
        return Recognized(item, self._scenes[item], sight)


def _thumbnail(image: Image.Image, side: int) -> NDArray[np.float32]:
    from PIL import Image as Pillow  # noqa: PLC0415 - likewise

    small = image.convert("L").resize((side, side), Pillow.Resampling.BOX)
    return np.asarray(small, dtype=np.float32)


def _normalized(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Without brightness and contrast, which conditions change; over the last axis."""
    centered = rows - rows.mean(axis=-1, keepdims=True)
    length = np.linalg.norm(centered, axis=-1, keepdims=True)
    return np.asarray(centered / np.maximum(length, 1e-6), dtype=np.float32)


def _colorfulness(image: Image.Image) -> float:
    pixels = np.asarray(image.resize((64, 64)), dtype=np.float64)
    return float(np.ptp(pixels, axis=-1).mean())


def _sharpness(image: Image.Image) -> float:
    pixels = np.asarray(image.convert("L").resize((192, 192)), dtype=np.float64)
    edges = np.abs(np.diff(pixels, axis=0))[:, 1:] + np.abs(np.diff(pixels, axis=1))[1:]
    spread = pixels.std() or 1.0
    return float(np.percentile(edges, 98) / spread)
