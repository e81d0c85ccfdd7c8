"""What people said of each item, unfiltered: their votes, also where they do not agree on a label."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.metrics.grouping import Grouping

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.evidence import Evidence

    Floats = NDArray[np.float64]

__all__ = ["Ratings", "Votes", "ratings_of", "votes_of"]

ROUNDING = 0.02
"""Votes counted back from published shares may be off by so much and are whole all the same."""


@dataclass(frozen=True)
class Votes:
    """The votes of everybody on the items of a scheme of labels.

    Attributes:
        items: N items.
        shares: Share of the votes that each label has, (N, K).
        counts: The votes, (N, K); zeros where it is not known how many people voted.
        grouping: Which items move together.
    """

    items: Sequence[str]
    shares: Floats
    counts: Floats
    grouping: Grouping

    @cached_property
    def place(self) -> dict[str, int]:
        """Item to its row."""
        return {item: row for row, item in enumerate(self.items)}


@dataclass(frozen=True)
class Ratings:
    """What ratings of everybody come to on the items of a dimension.

    Attributes:
        items: N items.
        mean: Mean rating, in the scale's units.
        sd: Sample standard deviation; NaN where it is not known.
        n: How many ratings; NaN where it is not known.
        grouping: Which items move together.
    """

    items: Sequence[str]
    mean: Floats
    sd: Floats
    n: Floats
    grouping: Grouping

    @cached_property
    def place(self) -> dict[str, int]:
        """Item to its row."""
        return {item: row for row, item in enumerate(self.items)}


def votes_of(evidence: Evidence, scheme: Scheme) -> Votes:
    """The votes on every item that has any, whether people agree on it or not.

    Args:
        evidence: The run's tables.
        scheme: A closed scheme of one label per item.
    """
    rows = _everybody(evidence, scheme)
    rows = rows[rows["distribution"].notna()]
    shares = _table(rows["distribution"].tolist(), scheme)
    known = shares.sum(axis=1) > 0
    rows, shares = rows[known], shares[known]
    n = rows["n"].to_numpy(dtype=float, na_value=np.nan)[:, None]
    votes = np.nan_to_num(shares * n)
    whole = (np.abs(votes - np.rint(votes)) <= ROUNDING).all(axis=1)
    items = rows["item_id"].astype(str).tolist()
    return Votes(
        items=items,
        shares=shares / shares.sum(axis=1, keepdims=True),
        counts=np.rint(votes) * whole[:, None],
        grouping=_grouping(evidence, items),
    )


def ratings_of(evidence: Evidence, scheme: Scheme, dimension: str) -> Ratings:
    """Mean, SD and number of the ratings of every item that has any.

    Args:
        evidence: The run's tables.
        scheme: A scheme of dimensions.
        dimension: One of them.
    """
    rows = _everybody(evidence, scheme)
    rows = rows[(rows["dimension"] == dimension) & rows["mean"].notna()]
    items = rows["item_id"].astype(str).tolist()
    mean, sd, n = (
        rows[column].to_numpy(dtype=float, na_value=np.nan) for column in ("mean", "sd", "n")
    )
    return Ratings(items, mean, sd, n, _grouping(evidence, items))


def _everybody(evidence: Evidence, scheme: Scheme) -> pd.DataFrame:
    rows = evidence.targets
    rows = rows[(rows["scheme"] == scheme.name) & (rows["annotator_group"] == "all")]
    rows = rows[rows["item_id"].isin(evidence.items["item_id"])]
    return rows.drop_duplicates(["item_id", "dimension"])


def _table(distributions: Sequence[Any], scheme: Scheme) -> Floats:
    names = scheme.label_names
    rows = [[float(shares.get(name) or 0.0) for name in names] for shares in distributions]
    return np.array(rows, dtype=float).reshape(len(rows), len(names))


def _grouping(evidence: Evidence, items: Sequence[str]) -> Grouping:
    return Grouping.of([evidence.groups[item] for item in items], len(items))
