"""Faces: how many, and how much of the picture they fill.

Found by the cascade of Viola and Jones (CVPR 2001) that comes with OpenCV: quick, without a model to
fetch, for faces that look at the viewer. It misses faces from the side, drawn ones and small ones,
and its mistakes are not the same for all people: a measure of composition, not of who is there.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from mllmsent.features.picture import Picture

__all__ = ["measure_faces"]

_SMALLEST = 1 / 16
"""Shortest side of a face, as a share of the picture's shorter side."""


def measure_faces(picture: Picture) -> dict[str, float]:
    """The measures of group "faces"; see `features.yaml`."""
    height, width = picture.gray.shape
    least = max(24, round(min(height, width) * _SMALLEST))
    boxes: list[tuple[int, int, int, int]] = []
    if min(height, width) >= least:
        found = _cascade().detectMultiScale(
            picture.gray, scaleFactor=1.2, minNeighbors=5, minSize=(least, least)
        )
        boxes = [(int(x), int(y), int(w), int(h)) for x, y, w, h in found]
    covered = np.zeros((height, width), dtype=bool)
    for x, y, w, h in boxes:
        covered[y : y + h, x : x + w] = True
    largest = max((w * h for _, _, w, h in boxes), default=0)
    return {
        "faces": float(len(boxes)),
        "faces_share": float(covered.mean()),
        "largest_face": largest / (height * width),
    }


@cache
def _cascade() -> Any:
    import cv2  # noqa: PLC0415 - only where pictures are measured
    import cv2.data  # noqa: PLC0415 - where the wheel has its files

    folder = Path(cv2.data.haarcascades)
    return cv2.CascadeClassifier(str(folder / "haarcascade_frontalface_default.xml"))
