"""`load_dataset`: one word for every source."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mllmsent.data.card import dataset_from_card
from mllmsent.data.readers import DATASET_FORMATS, Source
from mllmsent.data.readers.card_file import card_names
from mllmsent.foundation import InputError, nearest
from mllmsent.foundation.config import Document

if TYPE_CHECKING:
    from mllmsent.data.dataset import Dataset

__all__ = ["dataset_names", "load_dataset"]

_ANY_FOLDER = "image-folder"


def dataset_names() -> tuple[str, ...]:
    """What `load_dataset` knows by name: built-in cards, and formats that make their own data."""
    own_data = (name for name in DATASET_FORMATS.names() if name not in DATASET_FORMATS.builtin)
    return (*card_names(), *own_data)


def load_dataset(
    source: str | Path | Mapping[str, Any],
    *,
    root: str | Path | None = None,
    options: Mapping[str, Any] | None = None,
) -> Dataset:
    """Read a dataset.

        load_dataset("bass", root="data/bass")            a built-in card
        load_dataset("my-photos/dataset.yaml")            your own card
        load_dataset("my-photos")                         a folder with a card, or one per class
        load_dataset("hf:someone/some-dataset")           the Hugging Face hub
        load_dataset("perceptsent/dataset.json")          PerceptSent's own files

    Args:
        source: The name of a built-in card; the path of a card, a file or a folder; `hf:NAME`; the
            name of a registered format; or a card as a mapping (which needs `root`).
        root: The folder that holds the files; by default where the card or source lies.
        options: What the format takes; see its module.

    Returns:
        The dataset. Rows and images that cannot be used are left out and listed in `faults`.

    Raises:
        InputError: If the source is not found or not recognized, or not as it says it is; naming
            file, line, and what to do.
    """
    folder = None if root is None else Path(root)
    if isinstance(source, Mapping):
        if folder is None:
            raise InputError("A card given as a mapping needs `root`.", cure="Name the folder.")
        return dataset_from_card(Document(dict(source), "card", {}), folder)
    name = str(source)
    path = Path(source)
    known = Source(name, path if _exists(path) else None, folder, dict(options or {}))
    # A folder that happens to be called like a built-in card is written ./bass.
    if isinstance(source, str) and name in card_names():
        known = Source(name, None, folder, known.options)
        return DATASET_FORMATS.get("card").read(known)
    if known.path is None and name in DATASET_FORMATS.names():
        return DATASET_FORMATS.get(name).read(known)
    # Any folder may hold images: whoever knows it better, plug-ins too, is asked before.
    for format_name in sorted(DATASET_FORMATS.names(), key=lambda name: name == _ANY_FOLDER):
        candidate = DATASET_FORMATS.get(format_name)
        if candidate.recognizes(known):
            return candidate.read(known)
    raise _unknown(known)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _unknown(source: Source) -> InputError:
    if source.path is None:
        return InputError(
            f"There is no dataset {source.name!r}: no such file or folder, and no built-in card.",
            cure=nearest(source.name, dataset_names()),
        )
    if source.path.is_dir():
        return InputError(
            "This folder is no dataset that is known.",
            file=source.path,
            cure=(
                "Write a card `dataset.yaml` into it (`docs/datasets.md` shows how), or sort the "
                "images into one folder per class."
            ),
        )
    return InputError(
        "This file is no dataset that is known.",
        file=source.path,
        cure="Write a card (YAML) that says what its columns mean: `docs/datasets.md` shows how.",
    )
