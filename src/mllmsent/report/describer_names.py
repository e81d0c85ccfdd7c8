"""Short names for describers: the model, and how it was asked where it was asked in several ways."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mllmsent.report.naming import SystemName
from mllmsent.report.safe_text import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

__all__ = ["describer_names"]


def describer_names(
    describers: pd.DataFrame, systems: pd.DataFrame, names: Mapping[str, SystemName]
) -> dict[str, SystemName]:
    """A short name for every describer, by which the page calls the model elsewhere.

    Args:
        describers: Columns describer_id, describer and strategy, a row for each.
        systems: Table `systems`.
        names: System to its short name.
    """
    models = {
        str(model): names[system].model
        for system, model in zip(systems["system_id"], systems["model"], strict=True)
        if isinstance(model, str)
    }
    ways = Counter(describers["describer"])
    return {
        row["describer_id"]: SystemName(
            system_id=row["describer_id"],
            model=models.get(row["describer"]) or clean(row["describer"]),
            detail=clean(row["strategy"]) if ways[row["describer"]] > 1 else "",
            pathway="described",
        )
        for row in describers.to_dict(orient="records")
    }
