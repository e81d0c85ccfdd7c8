"""Small copies of pictures that live inside the page."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from mllmsent.data.images import ImageError, open_image, read_image_file
from mllmsent.data.paths import contained_path
from mllmsent.foundation.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["SMALL", "Thumbnail", "item_thumbnail", "thumbnail"]

SIDE = 360
"""Longest side, in pixels: a card's width on a sharp screen is not much more."""

SMALL = 150
"""The same of pictures that stand in a list of many."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A picture in the page, or why there is none.

    Attributes:
        uri: A `data:` address; empty where there is no picture.
        width: Pixels.
        height: Pixels.
        reason: Why there is none.
    """

    uri: str = ""
    width: int = 0
    height: int = 0
    reason: str = ""


def thumbnail(root: Path, path: str, sha256: str = "", *, side: int = SIDE) -> Thumbnail:
    """A small copy of one of a dataset's pictures.

    Args:
        root: The dataset's folder, resolved.
        path: The picture's path in it. A run may come from anybody, so a path that leads out of the
            folder is not followed: the page must not carry a stranger's choice of private files.
        sha256: SHA-256 of the file that was asked about; another file under its name is not shown.
        side: Longest side of the copy.
    """
    try:
        data = read_image_file(contained_path(root, path))
        if sha256 and hashlib.sha256(data).hexdigest() != sha256:
            return Thumbnail(reason="This picture has changed since the run.")
        image = open_image(data, file=path)
    except ImageError as error:
        missing = error.code == "missing-file"
        return Thumbnail(
            reason="This picture is not on this machine." if missing else error.message
        )
    except InputError as error:
        return Thumbnail(reason=error.message)
    image.thumbnail((side, side))
    kind, data = _encoded(image)
    uri = f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"
    return Thumbnail(uri, image.width, image.height)


def item_thumbnail(root: Path, row: Mapping[Any, Any], *, side: int = SIDE) -> Thumbnail:
    """A small copy of an item's picture; an empty one where it has none.

    Args:
        root: The dataset's folder, resolved.
        row: The item's row of table `items`.
        side: Longest side of the copy.
    """
    path, sha256 = row.get("path"), row.get("sha256")
    if not isinstance(path, str):
        return Thumbnail()
    return thumbnail(root, path, sha256 if isinstance(sha256, str) else "", side=side)


def _encoded(image: object) -> tuple[str, bytes]:
    from PIL import Image, features  # noqa: PLC0415 - only pages with pictures need it

    assert isinstance(image, Image.Image)
    kind = "webp" if features.check("webp") else "jpeg"
    buffer = BytesIO()
    image.save(buffer, kind.upper(), quality=72)
    return kind, buffer.getvalue()
