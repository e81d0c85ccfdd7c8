"""A saved classifier: `classifier.json` and `arrays.npz` in a folder, and nothing that can run code.

The JSON holds the format's number, the classifier's name, its scheme whole, and whatever else the
classifier puts there; numbers by the thousand are in the arrays.
"""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.foundation.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["read_saved", "saved_name", "write_saved"]

FORMAT = 1
_JSON, _ARRAYS = "classifier.json", "arrays.npz"


def write_saved(
    folder: Path, name: str, content: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
) -> None:
    """Write a classifier.

    Args:
        folder: Made where absent; files of an earlier one are replaced.
        name: The classifier's name in the registry.
        content: Plain JSON.
        arrays: Arrays of numbers.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if arrays:
        np.savez_compressed(folder / _ARRAYS, allow_pickle=False, **dict(arrays))
    document = {"format": FORMAT, "classifier": name, **content}
    text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    (folder / _JSON).write_text(text, encoding="utf-8")


def read_saved(folder: Path, name: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read what `write_saved` wrote.

    Returns:
        The content and the arrays; no arrays where none were written.

    Raises:
        InputError: If a file is absent or damaged, or the folder holds another kind of classifier.
    """
    content = _read_json(folder)
    if content["classifier"] != name:
        raise InputError(
            f"This is a saved {content['classifier']!r}, not a {name!r}.", file=folder / _JSON
        )
    path = folder / _ARRAYS
    if not path.exists():
        return content, {}
    try:
        with np.load(path, allow_pickle=False) as archive:
            return content, {key: archive[key] for key in archive.files}
    except (OSError, ValueError, zipfile.BadZipFile, EOFError, KeyError):
        raise InputError("These are not readable arrays.", file=path) from None


def saved_name(folder: Path) -> str:
    """Name of the classifier saved in `folder`.

    Raises:
        InputError: If there is none.
    """
    return str(_read_json(folder)["classifier"])


def _read_json(folder: Path) -> dict[str, Any]:
    path = folder / _JSON
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise InputError("No classifier is saved here.", file=path) from None
    except (ValueError, RecursionError):
        raise InputError("This is not readable JSON.", file=path) from None
    if not isinstance(content, dict) or not isinstance(content.get("classifier"), str):
        raise InputError("This does not describe a classifier.", file=path)
    if content.get("format") != FORMAT:
        raise InputError(
            f"This is of format {content.get('format')!r}; this version reads format {FORMAT}.",
            file=path,
            cure="Train it again, or use the version of mllmsent that saved it.",
        )
    return content
