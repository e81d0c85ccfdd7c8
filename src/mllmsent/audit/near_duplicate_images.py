"""Pictures that are copies of one another without being the same file."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from mllmsent.audit.copies import apart, clusters
from mllmsent.audit.finding import AffectedRow, Finding, counted
from mllmsent.audit.picture_likeness import Thumbnail, alike, thumbnail
from mllmsent.audit.registry import Audit
from mllmsent.data.images import ImageError, open_image

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mllmsent.data.dataset import Dataset

__all__ = ["NEAR_DUPLICATE_IMAGES"]

_LEAST = 0.9
_SIDE = 192  # twice a thumbnail's


def check(dataset: Dataset) -> Iterator[Finding]:
    """Items of different groups, or of none, whose pictures are copies: scaled, cropped, mirrored ..."""
    items = dataset.items.reset_index(drop=True)
    with_image = items[items["path"].notna()].drop_duplicates("sha256")
    paths = [dataset.root / str(path) for path in with_image["path"]]
    with ThreadPoolExecutor(min(8, (os.cpu_count() or 1) + 1)) as pool:
        read = list(pool.map(_thumbnail, paths))
    kept = [
        (int(position), one)
        for position, one in zip(with_image.index, read, strict=True)
        if one is not None
    ]
    pairs = {}
    for first, second, score, flipped in alike([one for _, one in kept], _LEAST):
        pairs[kept[first][0], kept[second][0]] = (score, flipped)
    found = apart(items, clusters(pairs), "a copy of")
    if found.rows:
        how = _how(pairs, [str(item) for item in items["item_id"]])
        yield Finding(
            code="near-duplicate-images",
            severity=found.severity,
            message=f"{len(found.rows)} items show only {counted(found.clusters, 'picture')}, scaled, "
            "compressed, cropped, mirrored or slightly changed.",
            cure="Look at them; keep one of each, or give copies the same `group`.",
            effect="A picture learned in one fold is tested in another: scores are too high, and "
            "intervals too narrow.",
            rows=tuple(
                AffectedRow(row.item_id, row.file, note=row.note + how.get(str(row.item_id), ""))
                for row in found.rows
            ),
        )


def _thumbnail(path: Path) -> Thumbnail | None:
    try:
        return thumbnail(open_image(path, at_least=_SIDE))
    except ImageError:
        return None  # gone or changed since the dataset was read, which says so itself


def _how(pairs: dict[tuple[int, int], tuple[float, bool]], ids: list[str]) -> dict[str, str]:
    best: dict[str, tuple[float, bool]] = {}
    for pair, likeness in pairs.items():
        for position in pair:
            best[ids[position]] = max(best.get(ids[position], (0.0, False)), likeness)
    return {
        item: f" (likeness {score:.2f}{', mirrored' if flipped else ''})"
        for item, (score, flipped) in best.items()
    }


NEAR_DUPLICATE_IMAGES = Audit("near-duplicate-images", "Copies that are not the same file.", check)
