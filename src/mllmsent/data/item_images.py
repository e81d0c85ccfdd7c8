"""The images of a dataset's items: found under its root, read once, and listed when broken."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mllmsent.data.draft import FILE, IMAGES, LINE
from mllmsent.data.faults import Fault
from mllmsent.data.images import ImageError, ImageInfo, find_image_file, inspect_image
from mllmsent.data.paths import contained_path, relative_name
from mllmsent.foundation import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

__all__ = ["add_images"]


@dataclass(frozen=True, slots=True)
class _Found:
    path: str | None
    info: ImageInfo | None
    faults: tuple[Fault, ...] = ()


def add_images(items: pd.DataFrame, root: Path) -> tuple[pd.DataFrame, list[Fault]]:
    """Find and read the images of items.

    Args:
        items: Draft of the items, with a column `IMAGES` (see `draft`) or without.
        root: The dataset's folder.

    Returns:
        The items that can be used, with path, sha256, media_type, width and height; and all faults.

    Raises:
        InputError: If there are images and none of them can be used.
    """
    if IMAGES not in items or not items[IMAGES].notna().any():
        return items, []
    rows = items.to_dict("records")
    # Pillow lets go of the interpreter while it decodes, so threads are enough.
    with ThreadPoolExecutor(min(8, (os.cpu_count() or 1) + 1)) as pool:
        found = list(pool.map(lambda row: _find(row, root), rows))
    faults = [fault for one in found for fault in one.faults]
    usable = [
        one.info is not None or row[IMAGES] is None for one, row in zip(found, rows, strict=True)
    ]
    if not any(usable):
        first = next(fault for fault in faults if fault.severity == "error")
        raise InputError(
            f"None of the {len(rows)} images can be used. The first: {first.message}",
            file=first.file,
            line=first.row,
            item=first.item_id,
            cure=first.cure,
        )
    infos = [one.info for one in found]
    columns: dict[str, list[Any]] = {
        "path": [one.path for one in found],
        "sha256": [info and info.sha256 for info in infos],
        "media_type": [info and info.media_type for info in infos],
        "width": [info and info.width for info in infos],
        "height": [info and info.height for info in infos],
    }
    kept = items.assign(**columns)[usable]
    return kept, faults + _copies(kept)


def _find(row: dict[Any, Any], root: Path) -> _Found:
    names: Sequence[str] | None = row[IMAGES]
    if names is None:
        fault = _fault(
            row,
            "no-image",
            "warning",
            "This item has no image.",
            "Name its image, or leave it out.",
        )
        return _Found(None, None, (fault,))
    try:
        paths = [contained_path(root, name) for name in names]
    except InputError as error:
        return _Found(
            None, None, (_fault(row, "outside-root", "error", error.message, error.cure),)
        )
    try:
        path = _first(paths)
        info = inspect_image(path)
    except ImageError as error:
        message = f"{relative_name(root, paths[0])}: {error.message}"
        cure = error.cure.replace(f"{root}{os.sep}", "")
        return _Found(None, None, (_fault(row, error.code, "error", message, cure),))
    name = relative_name(root, path)
    faults = tuple(
        _fault(row, fault.code, fault.severity, f"{name}: {fault.message}", fault.cure)
        for fault in info.faults
    )
    return _Found(name, info if info.usable else None, faults)


def _first(paths: Sequence[Path]) -> Path:
    missing: ImageError | None = None
    for path in paths:
        try:
            return find_image_file(path)
        except ImageError as error:
            missing = missing or error
    assert missing is not None, "an item has at least one place to look"
    raise missing


def _copies(items: pd.DataFrame) -> list[Fault]:
    """One picture under two items: in two folds, the one gives the other away."""
    faults = []
    for _, rows in items[items["sha256"].notna()].groupby("sha256", sort=False):
        groups = set(rows["group"]) if "group" in rows else {None}
        if len(rows) < 2 or (len(groups) == 1 and not any(map(_is_missing, groups))):
            continue
        first, *others = rows.to_dict("records")
        faults += [
            _fault(
                row,
                "duplicate-image",
                "warning",
                f"{row['path']}: This is the same file as {first['path']}, item {first['item_id']!r}.",
                "Take one of them out, or give both the same `group`.",
            )
            for row in others
        ]
    return faults


def _is_missing(group: Any) -> bool:
    return not isinstance(group, str)


def _fault(row: dict[Any, Any], code: str, severity: Any, message: str, cure: str) -> Fault:
    return Fault(
        item_id=row["item_id"],
        code=code,
        severity=severity,
        message=message,
        cure=cure,
        file=row.get(FILE),
        row=row.get(LINE),
    )
