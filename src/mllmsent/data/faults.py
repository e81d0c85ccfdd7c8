"""Faults of a dataset: what is wrong with single items, rows and images, listed and not hidden.

A fault never stops the reading of a dataset: what it makes unusable is left out and stands in the
list. What stops the reading is an `InputError`: a card, a file or a column that is not as the card
says.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from mllmsent.data.image_faults import Severity

__all__ = ["FAULT_COLUMNS", "Fault", "fault_table"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with, or worth knowing about, a row of a dataset.

    Attributes:
        item_id: The item, as far as it is known.
        code: Stable short name: "missing-file", "outside-root", "unknown-item", "truncated", ...
        severity: "error": the row or item is left out. "warning": it stays, and will probably
            mislead. "info": a fact about it.
        message: What is the case, in one sentence.
        cure: What to do about it, in one sentence; empty where nothing need be done.
        file: The file at fault, relative to the dataset's root.
        row: Line of that file (row, counted from 1, in Parquet); None where there is none.
    """

    item_id: str | None
    code: str
    severity: Severity
    message: str
    cure: str = ""
    file: str | None = None
    row: int | None = None


FAULT_COLUMNS = tuple(field.name for field in fields(Fault))


def fault_table(faults: Iterable[Fault]) -> pd.DataFrame:
    """Faults as a table, one row each, in the order in which they were found."""
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    table = pd.DataFrame([astuple(fault) for fault in faults], columns=list(FAULT_COLUMNS))
    return table.astype({name: "Int64" if name == "row" else "string" for name in FAULT_COLUMNS})
