"""How alike two pictures are, in a way that sees through copying.

A copy may be scaled, compressed, brightened, grayed, blurred, mirrored, or lose a tenth at its edges.
Each picture is kept as a small gray one without its slow changes of light, at 37 windows (the whole,
and nine places of each of four slightly smaller sizes); likeness is the best correlation of one's
windows with the other's whole. Two photographs that are not copies hardly reach 0.5, drawings by one
hand 0.87 and silhouettes 0.89; copies as above lie beyond 0.9.

Comparing all windows of all pairs would take long, so a 64-bit difference hash (the signs of the
horizontal gradients of a 9 x 8 picture) picks the pairs that are worth it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["Thumbnail", "alike", "thumbnail"]

Thumbnail = Image.Image

_SIDE = 96  # of a thumbnail
_FINE = 32  # of a window as it is compared
_HASH_BITS = 64
_WORTH_IT = 18  # bits that may differ
_BLOCK = 512
_WINDOWS = [(0.0, 0.0, 1.0)] + [
    (x * (1 - keep), y * (1 - keep), keep)
    for keep in (0.975, 0.95, 0.925, 0.9)
    for x in (0.0, 0.5, 1.0)
    for y in (0.0, 0.5, 1.0)
]


def thumbnail(image: Image.Image) -> Thumbnail:
    """What is kept of a picture: 96 x 96 grays."""
    return image.convert("L").resize((_SIDE, _SIDE), Image.Resampling.BOX)


def alike(thumbnails: Sequence[Thumbnail], least: float) -> Iterator[tuple[int, int, float, bool]]:
    """Pairs of pictures at least that alike.

    Args:
        thumbnails: The pictures.
        least: Smallest likeness, up to 1.

    Yields:
        First and second picture (the first has the lower number), their likeness, and whether the
        second is mirrored.
    """
    if len(thumbnails) < 2:
        return
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 - comes with scikit-learn

    # Thousands of small products: threads would wait for each other longer than they work.
    with threadpool_limits(1):
        best = _best(thumbnails, least)
    for (first, second), (score, flipped) in sorted(best.items()):
        yield first, second, score, flipped


def _best(
    thumbnails: Sequence[Thumbnail], least: float
) -> dict[tuple[int, int], tuple[float, bool]]:
    mirrored = [one.transpose(Image.Transpose.FLIP_LEFT_RIGHT) for one in thumbnails]
    wholes = [np.concatenate([_views(one, 1) for one in which]) for which in (thumbnails, mirrored)]
    hashes = [np.stack([_hash(one) for one in which]) for which in (thumbnails, mirrored)]
    best: dict[tuple[int, int], tuple[float, bool]] = {}
    for start in range(0, len(thumbnails), _BLOCK):
        near = [
            hashes[0][start : start + _BLOCK] @ which.T >= _HASH_BITS - 2 * _WORTH_IT
            for which in hashes
        ]
        for row in range(len(near[0])):
            one = start + row
            near[0][row, one] = near[1][row, one] = False
            if not (near[0][row].any() or near[1][row].any()):
                continue
            views = _views(thumbnails[one], len(_WINDOWS))
            for flipped in (False, True):
                others = np.flatnonzero(near[flipped][row])
                scores = (views @ wholes[flipped][others].T).max(axis=0, initial=-1.0)
                for other, score in zip(others.tolist(), scores.tolist(), strict=True):
                    pair = (min(one, other), max(one, other))
                    if score >= least and score > best.get(pair, (-1.0, False))[0]:
                        best[pair] = (score, flipped)
    return best


def _hash(one: Thumbnail) -> NDArray[np.float32]:
    """Difference hash as +1 and -1, so that a product counts equal bits."""
    small = np.asarray(one.resize((9, 8), Image.Resampling.BOX), dtype=np.int16)
    return np.where(small[:, 1:] > small[:, :-1], 1, -1).reshape(-1).astype(np.float32)


def _views(one: Thumbnail, count: int) -> NDArray[np.float32]:
    """The first windows of a picture, without slow changes of light, each of length 1."""
    from scipy.ndimage import uniform_filter  # noqa: PLC0415 - 100 ms that only audits need

    grays = np.stack(
        [
            np.asarray(
                one.resize(
                    (_FINE, _FINE),
                    Image.Resampling.BILINEAR,
                    box=(x * _SIDE, y * _SIDE, (x + keep) * _SIDE, (y + keep) * _SIDE),
                ),
                dtype=np.float32,
            )
            for x, y, keep in _WINDOWS[:count]
        ]
    )
    detail = (grays - uniform_filter(grays, (0, 9, 9), mode="nearest")).reshape(count, -1)
    # A flat picture has no detail and is like nothing: its length is kept from growing to 1.
    length = np.maximum(np.linalg.norm(detail, axis=1, keepdims=True), float(_FINE))
    result: NDArray[np.float32] = detail / length
    return result
