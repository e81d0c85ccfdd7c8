"""The images of a dataset's items: found under its root, read once, and listed when broken."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mllmsent.data.draft import FILE, IMAGES, LINE
from mllmsent.data.faults import Fault
from mllmsent.data.images import ImageError, ImageInfo, find_image_file, inspect_image
from mllmsent.data.inspection_cache import file_key, known_images, remember_images
from mllmsent.data.paths import contained_path, relative_name
from mllmsent.foundation import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

__all__ = ["add_images"]


_WORTH_KEEPING = 200  # images; fewer are inspected in less than a second


def add_images(items: pd.DataFrame, root: Path) -> tuple[pd.DataFrame, list[Fault]]:
    """Find and read the images of items.

    Args:
        items: Draft of the items, with a column `IMAGES` (see `draft`) or without.
        root: The dataset's folder, resolved.

    Returns:
        The items that can be used, with path, sha256, media_type, width and height; and all faults.

    Raises:
        InputError: If there are images and none of them can be used.
    """
    if IMAGES not in items or not items[IMAGES].notna().any():
        return items, []
    rows = items.to_dict("records")
    located = [_locate(row, root) for row in rows]
    inspected = iter(_inspect([place for place in located if not isinstance(place, Fault)]))
    faults: list[Fault] = []
    infos: list[ImageInfo | None] = []
    for row, place in zip(rows, located, strict=True):
        found = [place] if isinstance(place, Fault) else _faults(row, place, next(inspected), root)
        faults += [fault for fault in found if isinstance(fault, Fault)]
        infos.append(next((info for info in found if isinstance(info, ImageInfo)), None))
    _refuse_none(rows, infos, faults)
    columns: dict[str, list[Any]] = {
        "path": [
            relative_name(root, place) if isinstance(place, Path) else None for place in located
        ],
        "sha256": [info and info.sha256 for info in infos],
        "media_type": [info and info.media_type for info in infos],
        "width": [info and info.width for info in infos],
        "height": [info and info.height for info in infos],
    }
    # An item that has no image anywhere may still have a text; one whose image is broken is gone.
    kept = [info is not None or row[IMAGES] is None for info, row in zip(infos, rows, strict=True)]
    table = items.assign(**columns)[kept]
    return table, faults + _copies(table)


def _locate(row: dict[Any, Any], root: Path) -> Path | Fault:
    names: Sequence[str] | None = row[IMAGES]
    if names is None:
        cure = "Name its image, or leave it out."
        return _fault(row, "no-image", "warning", "This item has no image.", cure)
    try:
        path = _first([contained_path(root, name) for name in names])
        # The file may be called otherwise than the table says (another Unicode form): a link, too.
        return contained_path(root, relative_name(root, path))
    except ImageError as error:
        return _image_fault(row, contained_path(root, names[0]), error, root)
    except InputError as error:
        return _fault(row, "outside-root", "error", error.message, error.cure)


def _inspect(paths: Sequence[Path]) -> list[ImageInfo | ImageError]:
    """Inspect files, each once, those of a large dataset only when they changed."""
    keep = len(paths) >= _WORTH_KEEPING
    keys = [file_key(path) if keep else None for path in paths]
    known = known_images(key for key in keys if key is not None) if keep else {}

    def one(path: Path, key: str | None) -> ImageInfo | ImageError:
        if key in known:
            return known[key]
        try:
            return inspect_image(path)
        except ImageError as error:
            return error

    # Pillow lets go of the interpreter while it decodes, so threads are enough.
    with ThreadPoolExecutor(min(8, (os.cpu_count() or 1) + 1)) as pool:
        found = list(pool.map(one, paths, keys))
    new = {
        key: info
        for key, info in zip(keys, found, strict=True)
        if key is not None and key not in known and isinstance(info, ImageInfo)
    }
    if new:
        remember_images(new)
    return found


def _faults(
    row: dict[Any, Any], path: Path, found: ImageInfo | ImageError, root: Path
) -> list[Fault | ImageInfo]:
    """The faults of an image, and what it is where it can be used."""
    if isinstance(found, ImageError):
        return [_image_fault(row, path, found, root)]
    name = relative_name(root, path)
    faults: list[Fault | ImageInfo] = [
        _fault(row, fault.code, fault.severity, f"{name}: {fault.message}", fault.cure)
        for fault in found.faults
    ]
    return [*faults, found] if found.usable else faults


def _refuse_none(
    rows: Sequence[dict[Any, Any]], infos: Sequence[ImageInfo | None], faults: Sequence[Fault]
) -> None:
    if any(info is not None for info in infos):
        return
    first = next(fault for fault in faults if fault.severity == "error")
    wanted = sum(row[IMAGES] is not None for row in rows)
    raise InputError(
        f"None of the {wanted} images can be used. The first: {first.message}",
        file=first.file,
        line=first.row,
        item=first.item_id,
        cure=first.cure,
    )


def _image_fault(row: dict[Any, Any], path: Path, error: ImageError, root: Path) -> Fault:
    message = f"{relative_name(root, path)}: {error.message}"
    return _fault(row, error.code, "error", message, error.cure.replace(f"{root}{os.sep}", ""))


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
