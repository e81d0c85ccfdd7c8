"""The pictures of a run, where they lie on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.data.images import ImageRef
from mllmsent.data.paths import contained_path
from mllmsent.foundation.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

__all__ = ["picture_refs"]


def picture_refs(items: pd.DataFrame, root: Path) -> tuple[dict[str, ImageRef], str]:
    """The pictures of items, as they are; what leads out of the dataset's folder is left out.

    Args:
        items: Rows of table `items`; those without `path` and `sha256` have no picture.
        root: The dataset's folder.

    Returns:
        Item to its picture, and why the first that is left out is; empty where none is.
    """
    refs: dict[str, ImageRef] = {}
    why = ""
    pictures = items[items["path"].notna() & items["sha256"].notna()]
    for row in pictures.to_dict(orient="records"):
        try:
            path = contained_path(root, str(row["path"]))
        except InputError as error:
            why = why or error.message
            continue
        # Neither the type nor the size of a file is needed to see what it shows.
        refs[str(row["item_id"])] = ImageRef(path, str(row["sha256"]), "", 0, 0)
    return refs, why
