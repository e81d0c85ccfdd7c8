"""Pictures that are the same, or copies of one another, and stand in different folds."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from mllmsent.audit.copies import clusters
from mllmsent.audit.picture_likeness import Thumbnail, alike, thumbnail
from mllmsent.audit.run_registry import RunAudit
from mllmsent.audit.runs.copies_by_fold import copies_across_folds, trained_sheets
from mllmsent.data.images import ImageError, open_image

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

    from mllmsent.audit.finding import Finding
    from mllmsent.audit.runs.tables import RunTables

__all__ = ["IMAGES_ACROSS_FOLDS"]

_LEAST = 0.9
_SIDE = 192  # twice a thumbnail's
_CURE = "Give their items one `group`, so that folds keep them together, or keep one of each."


def check(run: RunTables) -> Iterator[Finding]:
    """Items with one picture, by its digest; and with copies of it, where the images are here."""
    trained = trained_sheets(run)
    if not trained:
        return
    items = run.table("items")
    used = {item for sheet in trained for item in sheet.items}
    items = items[items["item_id"].isin(used)]
    hashed = items[items["sha256"].notna()]
    equal = [
        [str(item) for item in rows["item_id"]]
        for _, rows in hashed.groupby("sha256", sort=False)
        if len(rows) > 1
    ]
    found = copies_across_folds(
        "duplicate-images-across-folds", "the same picture", equal, trained, cure=_CURE
    )
    if found:
        yield found
    if run.root is None:
        return
    distinct = items[items["path"].notna()].drop_duplicates("sha256")
    found = copies_across_folds(
        "near-duplicate-images-across-folds",
        "a copy of the same picture",
        _copies(run.root, distinct),
        trained,
        cure=f"Look at them. {_CURE}",
    )
    if found:
        yield found


def _copies(root: Path, items: pd.DataFrame) -> list[list[str]]:
    """Clusters of items whose pictures are scaled, cropped, mirrored or otherwise changed copies."""
    paths = [root / str(path) for path in items["path"]]
    with ThreadPoolExecutor(min(8, (os.cpu_count() or 1) + 1)) as pool:
        read = list(pool.map(_thumbnail, paths))
    kept = [
        (str(item), one)
        for item, one in zip(items["item_id"], read, strict=True)
        if one is not None
    ]
    pairs = [(first, second) for first, second, _, _ in alike([one for _, one in kept], _LEAST)]
    return [[kept[at][0] for at in cluster] for cluster in clusters(pairs)]


def _thumbnail(path: Path) -> Thumbnail | None:
    try:
        return thumbnail(open_image(path, at_least=_SIDE))
    except (ImageError, OSError):
        return None  # gone or changed since the run was made


IMAGES_ACROSS_FOLDS = RunAudit(
    "images-across-folds", "Copies of a picture in several folds.", check
)
