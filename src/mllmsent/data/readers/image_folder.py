"""Images in a folder, about which nothing is known: enough to ask, not enough to score.

Options:
    emotion_target: evoked (the default), expressed or depicted.
    name: What to call the dataset; by default as the folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.data.assembly import build_dataset
from mllmsent.data.card import draft_from_card
from mllmsent.data.raw_table import RawTable
from mllmsent.data.readers.class_folders import IMAGE_SUFFIXES, safe_name
from mllmsent.data.readers.interface import DatasetFormat, Source
from mllmsent.foundation import InputError
from mllmsent.foundation.config import Document

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mllmsent.data.dataset import Dataset

__all__ = ["FORMAT"]


def _images(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and path.suffix.lower() in IMAGE_SUFFIXES and path.is_file():
            yield path


def _recognizes(source: Source) -> bool:
    # Asked last: a folder with a card, or with one folder per class, is what that says.
    return source.path is not None and source.path.is_dir()


def _read(source: Source) -> Dataset:
    source.check_options("emotion_target", "name")
    assert source.path is not None, "it was recognized as a folder"
    root = source.path.resolve()
    names = [path.relative_to(root).as_posix() for path in _images(root)]
    if not names:
        raise InputError(
            "There is no image in this folder.",
            file=source.path,
            cure=(
                "Put images into it, one folder per class if they have labels; or write a card "
                "`dataset.yaml` into it (`docs/datasets.md` shows how)."
            ),
        )
    table = RawTable({"file": names}, [(name, 1) for name in names], root.name, "row")
    card = {
        "name": str(source.options.get("name") or safe_name(root.name)),
        "title": root.name,
        "emotion_target": source.options.get("emotion_target", "evoked"),
        "items": {"file": "images", "id": "file", "image": "{file}"},
    }
    draft = draft_from_card(Document(card, root.name, {}), root, tables={"images": table})
    return build_dataset(draft)


FORMAT = DatasetFormat("A folder of images without labels", recognizes=_recognizes, read=_read)
