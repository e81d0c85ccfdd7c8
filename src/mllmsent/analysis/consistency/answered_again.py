"""What was asked several times and ought to get one answer: again, or in other words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mllmsent.analysis.answers import UNREAD
from mllmsent.analysis.variants import variants
from mllmsent.metrics.grouping import Grouping

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mllmsent.analysis.answers import Answers
    from mllmsent.analysis.evidence import Evidence

    Floats = NDArray[np.float64]

__all__ = ["AnsweredAgain", "over_repeats", "over_wordings"]


@dataclass(frozen=True)
class AnsweredAgain:
    """Answers to the same units, several from each rater.

    Attributes:
        over: What differs between a rater's answers: "repeats", or "wordings" of one question.
        board: The scheme or dimension they are in.
        raters: Rater to its name for people: a system, or a family of systems that differ by strategy
            only, known by its first.
        systems: Rater to the systems whose answers it has.
        most: Rater to how many answers a unit has at most.
        items: The item of each of N units.
        grouping: Which units move together.
        counts: For labels: rater to its answers by label, (N, K).
        numbers: For dimensions: rater to its answers, (N, most), NaN for none.
    """

    over: Literal["repeats", "wordings"]
    board: Answers
    raters: Mapping[str, str]
    systems: Mapping[str, Sequence[str]]
    most: Mapping[str, int]
    items: Sequence[str]
    grouping: Grouping
    counts: Mapping[str, Floats]
    numbers: Mapping[str, Floats]

    def moments(self, middle: float) -> dict[str, Floats]:
        """Rater to number, sum and sum of squares of its answers about `middle`, (N, 3)."""
        found = {}
        for rater, numbers in self.numbers.items():
            known = ~np.isnan(numbers)
            own = np.where(known, numbers - middle, 0.0)
            found[rater] = np.column_stack(
                [known.sum(axis=1), own.sum(axis=1), (own**2).sum(axis=1)]
            )
        return found


def over_repeats(evidence: Evidence, board: Answers) -> AnsweredAgain:
    """Answers of each system to the same item, asked again; only systems that were.

    Args:
        evidence: The run's tables.
        board: All answers in a scheme or dimension.
    """
    index: Any = board.rows.index
    units, names = index.droplevel("repeat").factorize()
    place = index.get_level_values("repeat").factorize()[0]
    items = [str(item) for item in names.get_level_values(0)]
    read = {system: board.rows[system].notna().to_numpy() for system in board.systems}
    most = {system: int(np.bincount(units[own], minlength=1).max()) for system, own in read.items()}
    raters = {name: evidence.names[name] for name in board.systems if most[name] > 1}
    return AnsweredAgain(
        over="repeats",
        board=board,
        raters=raters,
        systems={name: [name] for name in raters},
        most={name: most[name] for name in raters},
        items=items,
        grouping=_grouping(evidence, items),
        counts={}
        if board.dimension
        else {name: _counted(board, units, len(items), [name]) for name in raters},
        numbers={name: _spread(board.numbers[name], units, place, len(items)) for name in raters}
        if board.dimension
        else {},
    )


def over_wordings(evidence: Evidence, board: Answers) -> AnsweredAgain:
    """Answers of systems that differ by strategy only, to the same item in the same repeat.

    Args:
        evidence: The run's tables.
        board: All answers in a scheme or dimension.
    """
    there = evidence.systems[evidence.systems["system_id"].isin(board.systems)]
    families = {family[0]: family for family in variants(there, "strategy")}
    rows = np.arange(len(board.rows))
    items = [str(item) for item in board.items]
    return AnsweredAgain(
        over="wordings",
        board=board,
        raters={first: _family_name(evidence, first) for first in families},
        systems=families,
        most={first: len(family) for first, family in families.items()},
        items=items,
        grouping=_grouping(evidence, items),
        counts={}
        if board.dimension
        else {
            first: _counted(board, rows, len(rows), family) for first, family in families.items()
        },
        numbers={
            first: np.column_stack([board.numbers[name] for name in family])
            for first, family in families.items()
        }
        if board.dimension
        else {},
    )


def _counted(
    board: Answers, units: NDArray[np.intp], n_units: int, systems: Sequence[str]
) -> Floats:
    n_labels = len(board.scheme.labels)
    counts = np.zeros(n_units * n_labels)
    for system in systems:
        codes = board.codes[system]
        cells = (units * n_labels + codes)[codes != UNREAD]
        counts += np.bincount(cells, minlength=len(counts))
    return counts.reshape(n_units, n_labels)


def _spread(
    numbers: Floats, units: NDArray[np.intp], place: NDArray[np.intp], n_units: int
) -> Floats:
    table = np.full((n_units, int(place.max(initial=0)) + 1), np.nan)
    table[units, place] = numbers
    return table


def _grouping(evidence: Evidence, items: Sequence[str]) -> Grouping:
    return Grouping.of([evidence.groups[item] for item in items], len(items))


def _family_name(evidence: Evidence, system: str) -> str:
    """What systems that differ by strategy only have in common, in the order of their names."""
    rows: list[dict[Any, Any]] = evidence.systems.to_dict(orient="records")
    row = next(row for row in rows if row["system_id"] == system)
    parts = [row.get(name) for name in ("model", "pathway", "classifier")]
    return " · ".join(part for part in parts if isinstance(part, str) and part)
