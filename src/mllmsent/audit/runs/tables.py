"""The tables of a run as its audits read them: each once, and the same for a run made here or brought in."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from mllmsent.audit.runs.sheet_making import sheets_of_files, sheets_of_predictions
from mllmsent.foundation.tables import empty_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pandas as pd

    from mllmsent.affect.scheme import Scheme
    from mllmsent.audit.runs.sheets import Sheet
    from mllmsent.runs.folder import RunFolder

__all__ = ["RunTables", "tables_of"]

T = TypeVar("T")

_READ = (
    "items",
    "targets",
    "predictions",
    "systems",
    "descriptions",
    "responses",
    "imported_rows",
    "imported_claims",
    "training_curves",
)


@dataclass(frozen=True)
class RunTables:
    """What an audit of a run reads.

    Attributes:
        tables: Name of a table to its rows; a table that is not there has none.
        schemes: Name to scheme.
        root: Folder of the images; None where it is not known or not here.
    """

    tables: Mapping[str, pd.DataFrame]
    schemes: Mapping[str, Scheme]
    root: Path | None = None
    _empty: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False, compare=False)
    _once: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def table(self, name: str) -> pd.DataFrame:
        """The rows of a table; none where the run does not have it."""
        if name in self.tables:
            return self.tables[name]
        if name not in self._empty:
            self._empty[name] = empty_table(name)
        return self._empty[name]

    @cached_property
    def sheets(self) -> tuple[Sheet, ...]:
        """What each system answered in each scheme of labels, and in each dimension.

        Rows as files had them where the run was imported, else predictions beside the targets.
        """
        if self.is_imported:
            return tuple(sheets_of_files(self.table("imported_rows"), self.systems, self.schemes))
        return tuple(
            sheets_of_predictions(
                self.table("predictions"), self.table("targets"), self.systems, self.schemes
            )
        )

    @property
    def label_sheets(self) -> tuple[Sheet, ...]:
        """Those of single labels."""
        return tuple(sheet for sheet in self.sheets if sheet.has_labels)

    @property
    def is_imported(self) -> bool:
        """Whether the answers come from files, whose lines can be named."""
        return len(self.table("imported_rows")) > 0

    @property
    def systems(self) -> pd.DataFrame:
        """Table `systems`."""
        return self.table("systems")

    @cached_property
    def names(self) -> dict[str, str]:
        """System to its name for people."""
        return dict(zip(self.systems["system_id"], self.systems["name"], strict=True))

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What several audits need, made when the first asks for it.

        Args:
            name: What it is called among such things.
            make: Makes it.
        """
        if name not in self._once:
            self._once[name] = make()
        found: T = self._once[name]
        return found

    def by_subject(self) -> dict[str, list[Sheet]]:
        """What answers are about (a scheme, or a dimension of it) to its sheets."""
        found: dict[str, list[Sheet]] = {}
        for sheet in self.sheets:
            found.setdefault(sheet.subject, []).append(sheet)
        return found


def tables_of(run: RunFolder) -> RunTables:
    """The tables of a run folder.

    Raises:
        InputError: If one of them cannot be read.
    """
    root = run.dataset_root()
    return RunTables(
        tables={name: run.table(name) for name in _READ},
        schemes=run.schemes,
        root=root if root.is_dir() else None,
    )
