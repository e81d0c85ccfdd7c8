"""Where groups of annotators, as of cultures, see items differently: conditions for a search.

For each column by which annotators are told apart, and each scheme or dimension: the items about
which the groups disagree; and of these, for each group, where it alone gives a label, or rates
higher than the others do. What one group says where all say the same is no condition: it is the
truth by which systems are judged, and the difficulty of items has it already.

Disagreement between groups makes people as a whole undecided, which the difficulty knows as well.
So what is found here is worse than items are on which people are as undecided in any other way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.item_subgroups import LEAST_SUPPORT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from mllmsent.analysis.evidence import Evidence

__all__ = ["group_conditions"]

HIGHEST = 2 / 3
"""Means are far apart, or one is higher, in the third of the items in which they are most so."""


def group_conditions(
    evidence: Evidence, place: Mapping[str, int]
) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Conditions of items on which at least two groups of one column have a target.

    Args:
        evidence: The run's tables.
        place: Item to its row.

    Yields:
        Each condition for people, and for each row whether it holds; those of too few items to be
        searched are left out.
    """
    targets = evidence.targets
    rows = targets[targets["annotator_group"].astype(str).str.contains("=")]
    rows = rows[rows["item_id"].isin(list(place))]
    rows = rows.assign(
        _column=rows["annotator_group"].astype(str).str.split("=").str[0],
        _dimension=rows["dimension"].fillna("") if "dimension" in rows else "",
    )
    boards: Any = rows.groupby(["_column", "scheme", "_dimension"], sort=False)
    for (column, scheme, dimension), part in boards:
        about = dimension or scheme
        said = part.pivot_table(
            index="item_id",
            columns="annotator_group",
            values="mean" if dimension else "label",
            aggfunc="first",
        )
        said = said[said.notna().sum(axis=1) > 1]
        if not len(said):
            continue
        found = _higher(said, about) if dimension else _alone(said, about)
        divided = _far(said) if dimension else said.nunique(axis=1).to_numpy() > 1
        where = np.array([place[str(item)] for item in said.index])
        for name, inside in (
            (f"people of different {column} disagree about {about}", divided),
            *found,
        ):
            if inside.sum() >= LEAST_SUPPORT:
                holds = np.zeros(len(place), bool)
                holds[where] = inside
                yield name, holds


def _alone(labels: pd.DataFrame, scheme: str) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Where one group gives a label that no other gives."""
    for group in labels.columns:
        own, others = labels[group], labels.drop(columns=group)
        for label in sorted(own.dropna().unique()):
            inside = (own == label) & ~(others == label).any(axis=1)
            yield f"only people of {_words(group)} say {label} ({scheme})", inside.to_numpy(bool)


def _higher(means: pd.DataFrame, dimension: str) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Where one group rates higher than the mean of the others."""
    for group in means.columns:
        above = means[group] - means.drop(columns=group).mean(axis=1)
        inside = (above > 0) & (above >= above.quantile(HIGHEST))
        yield (
            f"people of {_words(group)} rate {dimension} higher than others",
            inside.to_numpy(bool),
        )


def _far(means: pd.DataFrame) -> NDArray[np.bool_]:
    apart = means.max(axis=1) - means.min(axis=1)
    far: NDArray[np.bool_] = ((apart > 0) & (apart >= apart.quantile(HIGHEST))).to_numpy(bool)
    return far


def _words(group: Any) -> str:
    column, _, value = str(group).partition("=")
    return f"{column} {value}"
