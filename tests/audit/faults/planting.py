"""What a planted fault is, and what all ways of planting need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from tests.audit.sound_runs import Rng, value_of

if TYPE_CHECKING:
    import pandas as pd

    from mllmsent.audit.runs.sheets import Sheet
    from mllmsent.audit.runs.tables import RunTables


@dataclass(frozen=True)
class Planted:
    """A run with a fault.

    Attributes:
        run: The run.
        systems: Systems, describers or files that the finding must name; any of them will do.
        items: Items that its rows must hold, all of them.
    """

    run: RunTables
    systems: frozenset[str] = frozenset()
    items: frozenset[str] = frozenset()


Plant = Callable[[int, Rng], Planted]


def some_system(run: RunTables, rng: Rng) -> Sheet:
    return run.sheets[int(rng.integers(len(run.sheets)))]


def good_system(run: RunTables, rng: Rng) -> Sheet:
    """A system that knows something, so that it shows where its answers went."""
    known = [s for s in run.sheets if value_of(s, "Cohen's kappa") >= 0.45]
    best = max(run.sheets, key=lambda sheet: value_of(sheet, "Cohen's kappa"))
    return known[int(rng.integers(len(known)))] if known else best


def some(values: object, rng: Rng, low: int, high: int) -> list[str]:
    pool = sorted({str(value) for value in values})  # type: ignore[attr-defined]
    count = min(len(pool), int(rng.integers(low, high + 1)))
    return [str(value) for value in rng.choice(pool, count, replace=False)]


def rows_of(run: RunTables, system: str) -> tuple[pd.DataFrame, np.ndarray]:
    rows = run.table("imported_rows").copy()
    return rows, np.flatnonzero((rows["system_id"] == system).to_numpy())
