"""Does a system hesitate where people disagree? Rank correlations over items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.numbers import score_columns
from mllmsent.metrics import RatingSample, get_metric, holm
from mllmsent.metrics.bootstrap import draw
from mllmsent.metrics.bootstrap_p import bootstrap_p
from mllmsent.metrics.grouping import Grouping
from mllmsent.metrics.means import draw_tables
from mllmsent.metrics.rank_correlation import correlation_of_ranks, rank_influences

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from mllmsent.analysis.answers import Answers
    from mllmsent.analysis.evidence import Evidence
    from mllmsent.metrics import Resampling
    from mllmsent.metrics.bootstrap import Draws
    from mllmsent.metrics.metric import Floats

__all__ = ["FEWEST", "HESITATION_COLUMNS", "hesitation_rows"]

HESITATION_COLUMNS = (
    "scheme", "dimension", "system_id", "system", "measure", "n_items", "rho", "low", "high", "p",
    "p_holm",
)  # fmt: skip

FEWEST = 10
"""With fewer items a rank correlation says nothing."""

MANY = 1000
"""With more items, resamples are not ranked anew; see `metrics.rank_correlation`."""


def hesitation_rows(
    evidence: Evidence,
    board: Answers,
    people: Floats,
    systems: Mapping[tuple[str, str], Floats],
    *,
    grouping: Grouping,
    resampling: Resampling,
) -> list[dict[str, Any]]:
    """Correlate how far people disagree with how far systems hesitate.

    Args:
        evidence: The run's tables.
        board: The scheme or dimension.
        people: How far people disagree on each of N items; NaN where that is not known.
        systems: System and what its hesitation is taken from, to how far it hesitates at each item,
            NaN where that is not known.
        grouping: Which items move together.
        resampling: How intervals are made.

    Returns:
        A row per system and measure with at least `FEWEST` items: `HESITATION_COLUMNS`. `rho` is
        Spearman's, NaN where one of the two does not vary; `p_holm` is corrected for all rows.
    """
    drawn = _drawn(people, systems, grouping, resampling)
    rows: list[dict[str, Any]] = []
    for (system, measure), (draws, value) in drawn.items():
        rows.append(
            {
                "scheme": board.scheme.name,
                "dimension": board.dimension or None,
                "system_id": system,
                "system": evidence.names[system],
                "measure": measure,
                "n_items": int(_known(people, systems[system, measure]).sum()),
                **score_columns("rho", draws.score(value)),
                "p": bootstrap_p(draws, _fisher(value)),
            }
        )
    for row, p in zip(rows, holm([row["p"] for row in rows]), strict=True):
        row["p_holm"] = float(p)
    return rows


def _drawn(
    people: Floats,
    systems: Mapping[tuple[str, str], Floats],
    grouping: Grouping,
    resampling: Resampling,
) -> dict[tuple[str, str], tuple[Draws, Callable[[Floats], Floats]]]:
    """Draws of each correlation and what makes it of their totals; few items are ranked anew."""
    spearman = get_metric("spearman")
    found: dict[tuple[str, str], tuple[Draws, Callable[[Floats], Floats]]] = {}
    tables: dict[tuple[str, str], Floats] = {}
    for key, own in systems.items():
        known = np.flatnonzero(_known(people, own))
        if len(known) > MANY:
            tables[key] = np.zeros((len(own), 4))
            tables[key][known] = rank_influences(people[known], own[known])
        elif len(known) >= FEWEST:
            rows = _of_rows(grouping, known)
            sample = RatingSample(people[known], own[known], 0.0, 1.0, rows)
            totals = spearman.statistics.prepare(sample)
            found[key] = draw([totals], len(rows), resampling)[0], spearman.value
    for key, draws in zip(
        tables, draw_tables(list(tables.values()), grouping, resampling), strict=True
    ):
        found[key] = draws, correlation_of_ranks
    return {key: found[key] for key in systems if key in found}


def _known(people: Floats, own: Floats) -> NDArray[np.bool_]:
    return ~np.isnan(people) & ~np.isnan(own)


def _of_rows(grouping: Grouping, rows: NDArray[np.intp]) -> Grouping:
    """The grouping of some of the rows, with the groups that they are in."""
    groups, index = np.unique(grouping.index[rows], return_inverse=True)
    return Grouping(tuple(grouping.names[group] for group in groups), index.astype(np.intp))


def _fisher(correlation: Callable[[Floats], Floats]) -> Callable[[Floats], Floats]:
    """Fisher's z in place of a correlation."""
    return lambda sums: np.arctanh(np.clip(correlation(sums), -1 + 1e-9, 1 - 1e-9))
