"""What a reader found in a dataset's files, not yet checked: the way into `build_dataset`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from mllmsent.affect.scheme import Scheme
    from mllmsent.data.card.model import EmotionTarget
    from mllmsent.data.faults import Fault

__all__ = ["FILE", "IMAGES", "LINE", "Draft", "place"]

FILE = "_file"
"""Column of a draft's tables: the file a row is from, as messages name it."""
LINE = "_line"
"""Column of a draft's tables: the row's line (or row) in that file."""
IMAGES = "_images"
"""Column of a draft's items: tuple of paths, relative to the root, of which the first that is there
is the item's image; None for items without an image."""


@dataclass
class Draft:
    """What a reader found, not yet checked.

    Rows have the columns of their table in `foundation.tables`, and `FILE` and `LINE` for messages
    (both may be missing). Items have `IMAGES` as well.

    Attributes:
        name: Short name.
        root: The folder that image paths are relative to.
        emotion_target: What annotators were asked about.
        items: Rows of `items`; path, sha256, media_type, width and height are filled in here.
        annotations: Tables of rows of `annotations`.
        norms: Tables of rows of `targets`.
        descriptions: Tables of rows of `descriptions`.
        schemes: What annotations and norms are in.
        faults: What the reader found wrong.
        version: Version of the data.
        title: Name for people.
        synthetic: Whether a program made images or annotations.
        license: Terms of use.
        citation: What to cite.
    """

    name: str
    root: Path
    emotion_target: EmotionTarget
    items: pd.DataFrame
    annotations: list[pd.DataFrame] = field(default_factory=list)
    norms: list[pd.DataFrame] = field(default_factory=list)
    descriptions: list[pd.DataFrame] = field(default_factory=list)
    schemes: list[Scheme] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    version: str = "1"
    title: str = ""
    synthetic: bool = False
    license: str = ""
    citation: str = ""


def place(row: pd.Series[Any]) -> tuple[str | None, int | None]:
    """The file and line of a draft's row, as far as the reader gave them."""
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    file, line = row.get(FILE), row.get(LINE)
    return (
        None if file is None or pd.isna(file) else str(file),
        None if line is None or pd.isna(line) else int(line),
    )
