"""Which diorama a sent image is: by its bytes, else by what it looks like, changed as it may be."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.dioramas.scene import Scene
from mllmsent.dioramas.simulated.perception import Sight
from mllmsent.foundation import InputError
from mllmsent.foundation.digest import file_sha256

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from PIL import Image

__all__ = ["Album", "Recognized"]

_SIDE = 16
_LEAST_LIKENESS = 0.8
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
        path = folder / "scenes.jsonl"
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except OSError:
            raise InputError(
                "This folder holds no dioramas.",
                file=folder,
                cure="Make some: mllmsent datasets make dioramas --out FOLDER",
            ) from None
        self._scenes: dict[str, Scene] = {}
        self._files: dict[str, Path] = {}
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line)
                self._scenes[row["item_id"]] = Scene.from_dict(row["scene"])
                self._files[row["item_id"]] = folder / row["image"]
            except (ValueError, KeyError, TypeError) as error:
                raise InputError(f"This is no scene: {error}.", file=path, line=number) from None
        self._seen: dict[str, Recognized | None] = {}

    @cached_property
    def _by_digest(self) -> dict[str, str]:
        return {file_sha256(path): item for item, path in self._files.items() if path.is_file()}

    @cached_property
    def _thumbnails(self) -> tuple[list[str], NDArray[np.float64]]:
        """Normalized thumbnails of every diorama and, after them, of its mirror image."""
        from PIL import Image  # noqa: PLC0415 - only where an image is changed

        items, rows = [], []
        for item, path in self._files.items():
            if path.is_file():
                with Image.open(path) as image:
                    items.append(item)
                    rows.append(_thumbnail(image))
        plain = np.array(rows)
        mirrored = np.array([row[:, ::-1] for row in rows])
        stacked = np.concatenate([plain, mirrored]).reshape(2 * len(items), -1)
        return items, _normalized(stacked)

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

    def _look(self, content: bytes) -> Recognized | None:
        from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 - likewise

        try:
            with Image.open(BytesIO(content)) as image:
                image.load()
                sent = image.convert("RGB")
        except (UnidentifiedImageError, OSError, ValueError):
            return None
        items, known = self._thumbnails
        if not items:
            return None
        likeness = known @ _normalized(_thumbnail(sent).reshape(1, -1))[0]
        best = int(likeness.argmax())
        if likeness[best] < _LEAST_LIKENESS:
            return None
        item = items[best % len(items)]
        with Image.open(self._files[item]) as image:
            original = image.convert("RGB")
        sight = Sight(
            is_grey=_colorfulness(sent) < _GREY_BELOW,
            is_blurred=_sharpness(sent) < _BLURRED_BELOW * _sharpness(original),
        )
        return Recognized(item, self._scenes[item], sight)


def _thumbnail(image: Image.Image) -> NDArray[np.float64]:
    from PIL import Image as Pillow  # noqa: PLC0415 - likewise

    small = image.convert("L").resize((_SIDE, _SIDE), Pillow.Resampling.BOX)
    return np.asarray(small, dtype=np.float64)


def _normalized(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Without brightness and contrast, which conditions change."""
    centered = rows - rows.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centered, axis=1, keepdims=True)
    return np.asarray(centered / np.maximum(length, 1e-9))


def _colorfulness(image: Image.Image) -> float:
    pixels = np.asarray(image.resize((64, 64)), dtype=np.float64)
    return float(np.ptp(pixels, axis=-1).mean())


def _sharpness(image: Image.Image) -> float:
    pixels = np.asarray(image.convert("L").resize((192, 192)), dtype=np.float64)
    edges = np.abs(np.diff(pixels, axis=0))[:, 1:] + np.abs(np.diff(pixels, axis=1))[1:]
    spread = pixels.std() or 1.0
    return float(np.percentile(edges, 98) / spread)
