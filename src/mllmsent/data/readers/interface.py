"""What a dataset format is: a way to recognize a source, and a way to read it.

To add one, write a file with a `DatasetFormat` in it, and its name to the registry beside this file
(or, in another package, an entry point in the group `mllmsent.datasets`):

    FORMAT = DatasetFormat("Folders of my lab", recognizes=_recognizes, read=_read)

`read` collects a `Draft` and ends with `build_dataset(draft)`, which looks after images, doubled
rows, faults and types; or it makes a card (a mapping) and its tables and ends with
`dataset_from_card`. `load_dataset(name)` calls it too when the format's own name is the source, so
a format that makes its data (drawn scenes) needs no path.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mllmsent.foundation import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from mllmsent.data.dataset import Dataset

__all__ = ["DatasetFormat", "Source"]


@dataclass(frozen=True)
class Source:
    """What `load_dataset` was asked for.

    Attributes:
        name: As it was written: a name, a path, `hf:NAME`.
        path: The same as a path where one is there, else None.
        root: The folder with the files, where it was given.
        options: What the format takes.
    """

    name: str
    path: Path | None = None
    root: Path | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def check_options(self, *known: str) -> None:
        """Refuse options that the format does not take.

        Raises:
            InputError: Naming the first one and the nearest that is known.
        """
        for name in self.options:
            if name not in known:
                raise InputError(
                    f"{self.name} takes no option {name!r}.", cure=nearest(name, known)
                )


@dataclass(frozen=True)
class DatasetFormat:
    """A dataset format.

    Attributes:
        title: Name for people.
        recognizes: Whether a source is of this format, told without reading much of it.
        read: Reads it; raises InputError where it cannot.
    """

    title: str
    recognizes: Callable[[Source], bool]
    read: Callable[[Source], Dataset]
