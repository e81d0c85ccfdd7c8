"""Images sorted into one folder per class: `happy/1.jpg`, or `train/happy/1.jpg`.

Options:
    scheme: The scheme whose labels the folders are called by. By default the built-in one with
        exactly these labels, else an unordered one made of the folders' names.
    emotion_target: evoked (the default), expressed or depicted.
    name: What to call the dataset; by default as the folder.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mllmsent.affect.catalog import get_scheme, scheme_names
from mllmsent.data.assembly import build_dataset
from mllmsent.data.card import draft_from_card
from mllmsent.data.faults import Fault
from mllmsent.data.raw_table import RawTable
from mllmsent.data.readers.interface import DatasetFormat, Source
from mllmsent.foundation import InputError
from mllmsent.foundation.config import Document

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mllmsent.data.dataset import Dataset

__all__ = ["FORMAT", "IMAGE_SUFFIXES", "class_scheme", "safe_name"]

IMAGE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif"}
)
_SPLITS = frozenset({"train", "training", "val", "valid", "validation", "dev", "test", "testing"})


def class_scheme(labels: Iterable[str], name: str) -> tuple[str, list[dict[str, Any]]]:
    """The scheme for a set of class names, and what a card writes under `schemes` for it.

    Returns:
        The name of the built-in scheme that has exactly these labels (in any case), and nothing
        under `schemes`; or `name`, and an unordered scheme of that name.
    """
    names = list(dict.fromkeys(labels))
    folded = sorted(label.casefold() for label in names)
    for known in scheme_names():
        scheme = get_scheme(known)
        if not scheme.multi_label and sorted(scheme.label_names) == folded:
            return known, []
    return name, [{"name": name, "kind": "categorical", "labels": names}]


def safe_name(text: str) -> str:
    """A dataset's name made of any text."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-._")[:80] or "dataset"


def _folders(path: Path) -> list[Path]:
    return sorted(
        entry for entry in path.iterdir() if entry.is_dir() and not entry.name.startswith(".")
    )


def _splits(path: Path) -> list[tuple[str | None, Path]]:
    folders = _folders(path)
    if folders and all(folder.name.casefold() in _SPLITS for folder in folders):
        return [(folder.name, folder) for folder in folders]
    return [(None, path)]


def _has_images(folder: Path) -> bool:
    return any(entry.suffix.lower() in IMAGE_SUFFIXES for entry in folder.iterdir())


def _recognizes(source: Source) -> bool:
    if source.path is None or not source.path.is_dir():
        return False
    classes = {
        folder.name
        for _, part in _splits(source.path)
        for folder in _folders(part)
        if _has_images(folder)
    }
    return len(classes) >= 2


def _read(source: Source) -> Dataset:
    source.check_options("scheme", "emotion_target", "name")
    assert source.path is not None, "it was recognized as a folder"
    root = source.path.resolve()
    columns: dict[str, list[str | None]] = {"file": [], "class": [], "split": []}
    faults: list[Fault] = []
    for split, part in _splits(root):
        for folder in _folders(part):
            for path in sorted(folder.rglob("*")):
                name = path.relative_to(root).as_posix()
                if path.is_dir() or path.name.startswith("."):
                    continue
                if path.suffix.lower() not in IMAGE_SUFFIXES:
                    faults.append(_not_an_image(name))
                    continue
                columns["file"].append(name)
                columns["class"].append(folder.name)
                columns["split"].append(split)
    if not columns["file"]:
        raise InputError("There are no images in this folder's folders.", file=source.path)
    places = [(str(name), 1) for name in columns["file"]]
    table = RawTable(columns, places, root.name, "row")
    document = Document(_card(source, root, columns), root.name, {})
    draft = draft_from_card(document, root, tables={"images": table})
    draft.faults += faults
    return build_dataset(draft)


def _card(source: Source, root: Path, columns: dict[str, list[str | None]]) -> dict[str, Any]:
    name = str(source.options.get("name") or safe_name(root.name))
    classes = [label for label in columns["class"] if label is not None]
    scheme, own = class_scheme(classes, f"{name}-classes")
    if "scheme" in source.options:
        scheme, own = str(source.options["scheme"]), []
    items: dict[str, Any] = {"file": "images", "id": "file", "image": "{file}"}
    if any(columns["split"]):
        items["split"] = "split"
    return {
        "name": name,
        "title": root.name,
        "emotion_target": source.options.get("emotion_target", "evoked"),
        "schemes": own,
        "items": items,
        "labels": {"scheme": scheme, "label": "class"},
    }


def _not_an_image(name: str) -> Fault:
    return Fault(
        item_id=None,
        code="not-an-image",
        severity="info",
        message="The name of this file does not end as an image's does; it is left out.",
        file=name,
    )


FORMAT = DatasetFormat("A folder per class", recognizes=_recognizes, read=_read)
