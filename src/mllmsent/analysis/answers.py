"""What all systems said to the same questions, side by side: a row per question, a column per system."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.boards import board_title
from mllmsent.analysis.pathways import is_right
from mllmsent.metrics.grouping import Grouping

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.evidence import Evidence

__all__ = ["UNREAD", "Answers", "answers_of"]

UNREAD = -1
"""The code of an answer that is not there or could not be read."""


@dataclass(frozen=True)
class Answers:
    """The answers of all systems in one scheme, or in one dimension of it.

    Attributes:
        scheme: The scheme.
        dimension: The dimension; empty for labels.
        rows: N questions, indexed by item_id, repeat and moment (frame_t, -1 for none), with a column
            per system_id: the label or number, None or NaN where there is none that could be read.
            Questions to which no system has an answer that could be read are not among them.
        grouping: Which rows move together when items are drawn again.
        asked: System to how many of its questions had an answer, whether it could be read or not.
    """

    scheme: Scheme
    dimension: str
    rows: pd.DataFrame
    grouping: Grouping
    asked: Mapping[str, int]

    @property
    def title(self) -> str:
        """The scheme, and its dimension where it has them."""
        return board_title(self.scheme, self.dimension)

    @property
    def systems(self) -> list[str]:
        """The systems that answered, in the order of the run."""
        return [str(name) for name in self.rows.columns]

    @property
    def items(self) -> Sequence[Any]:
        """For each row its item."""
        return list(self.rows.index.get_level_values("item_id"))

    @cached_property
    def codes(self) -> dict[str, NDArray[np.intp]]:
        """System to the place of each of its N labels in the scheme, or `UNREAD`."""
        place = {name: number for number, name in enumerate(self.scheme.label_names)}
        return {
            name: np.array([place.get(label, UNREAD) for label in self.rows[name]], dtype=np.intp)
            for name in self.systems
        }

    @cached_property
    def numbers(self) -> dict[str, NDArray[np.float64]]:
        """System to its N numbers, in the scheme's units; NaN for none."""
        return {name: self.rows[name].to_numpy(dtype=np.float64) for name in self.systems}

    def right(self, evidence: Evidence) -> dict[str, NDArray[np.intp]]:
        """System to 1 where its label is the people's, 0 where not, `UNREAD` where nobody can tell.

        Args:
            evidence: Where the people's labels are.
        """
        truth = evidence.truth(self.scheme.name)
        items = self.items
        found = {}
        for name in self.systems:
            own = [
                int(is_right(self.scheme, label, truth[item])) if read and item in truth else UNREAD
                for item, label, read in zip(
                    items, self.rows[name], self.rows[name].notna(), strict=True
                )
            ]
            found[name] = np.array(own, dtype=np.intp)
        return found


def answers_of(
    evidence: Evidence, scheme: Scheme, dimension: str = "", *, condition: str = "none"
) -> Answers:
    """The answers of all systems in a scheme, or in a dimension of it.

    Args:
        evidence: The run's tables.
        scheme: The scheme.
        dimension: The dimension; empty for labels.
        condition: The condition under which systems answered.
    """
    said = evidence.predictions
    said = said[(said["scheme"] == scheme.name) & (said["condition"] == condition)]
    said = said.assign(moment=said["frame_t"].fillna(-1.0) if "frame_t" in said else -1.0)
    read = said["status"] == "ok"
    if dimension:
        answers = [
            (values or {}).get(dimension, np.nan) if ok else np.nan
            for ok, values in zip(read, said["values"], strict=True)
        ]
    else:
        answers = [label if ok else None for ok, label in zip(read, said["label"], strict=True)]
    question = ["item_id", "repeat", "moment"]
    by_question: Any = said.assign(answer=answers).groupby([*question, "system_id"], observed=True)
    said_by = by_question["answer"].first()
    table = said_by.unstack("system_id")  # noqa: PD010 - a pivot table has every item at every moment
    there = [system for system in evidence.systems["system_id"] if system in table]
    table = table[there].dropna(how="all")
    asked = said.loc[said["status"] != "failed", "system_id"].value_counts()
    items = table.index.get_level_values("item_id")
    return Answers(
        scheme=scheme,
        dimension=dimension,
        rows=table,
        grouping=Grouping.of([evidence.groups[item] for item in items], len(table)),
        asked={name: int(asked.get(name, 0)) for name in there},
    )
