"""The tables of clusters of mistakes: what is told of each cluster, system, item and mark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from mllmsent.analysis.error_clusters.cases import ErrorCases
    from mllmsent.analysis.error_clusters.regions import Regions
    from mllmsent.metrics.metric import Floats

__all__ = ["COLUMNS", "ClusterBoard", "cluster_tables", "is_clear"]

COLUMNS = {
    "clusters": (
        "scheme", "dimension", "cluster", "name", "n_items", "n_wrong", "n_held_out", "rate", "low",
        "high", "elsewhere", "worse", "worse_low", "worse_high", "p", "p_holm", "n_systems",
        "clearly_worse", "confusion", "confusion_share", "confusion_elsewhere",
    ),
    "systems": (
        "scheme", "dimension", "cluster", "name", "system_id", "system", "n_held_out", "rate", "low",
        "high", "elsewhere", "worse", "worse_low", "worse_high", "p", "p_holm", "share_of_errors",
        "confusion", "confusion_share",
    ),
    "members": (
        "scheme", "dimension", "item_id", "cluster", "held_out", "n_wrong", "typical", "x", "y",
        "truth", "confusion", "text",
    ),
    "marks": (
        "scheme", "dimension", "cluster", "kind", "mark", "inside", "elsewhere", "weight", "p", "p_holm",
    ),
}  # fmt: skip
"""Table to its columns."""

EXCERPT = 160
"""Characters of a text in the table of members."""


@dataclass(frozen=True, eq=False)
class ClusterBoard:
    """What was found in one scheme or dimension.

    Attributes:
        cases: Which answers are wrong.
        regions: The clusters.
        marks: What marks them; see `region_marks`.
        names: Their names.
        rates: How much goes wrong in them; see `region_rates`, with `p_holm`.
    """

    cases: ErrorCases
    regions: Regions
    marks: Sequence[dict[str, Any]]
    names: Sequence[str]
    rates: Sequence[dict[str, Any]]

    @property
    def place(self) -> dict[str, Any]:
        """The columns that say what a row is about."""
        return {"scheme": self.cases.scheme.name, "dimension": self.cases.dimension or None}


def cluster_tables(board: ClusterBoard, alpha: float) -> dict[str, list[dict[str, Any]]]:
    """The rows of each table of `COLUMNS`.

    Args:
        board: What was found.
        alpha: Greatest corrected p value of what is clear.
    """
    cluster_of = dict(
        zip(board.regions.vectors.items.tolist(), board.regions.cluster.tolist(), strict=True)
    )
    confusions = board.cases.confusions
    confusions = confusions.assign(cluster=confusions["item_id"].astype(str).map(cluster_of))
    confusions = confusions[confusions["cluster"].notna()]
    held_out = set(board.regions.vectors.items[board.regions.held_out].tolist())
    later = confusions[confusions["item_id"].isin(held_out)]
    of_all = _usual(later, ["cluster"])
    of_each = _usual(later, ["cluster", "system_id"])
    systems, clusters = [], []
    errors = _held_out_errors(board)
    for row in board.rates:
        number, system = row["cluster"], row["system_id"]
        own = board.place | {"name": board.names[number - 1]} | row
        if system:
            confusion, share, _ = of_each.get((number, system), ("", np.nan, np.nan))
            systems.append(
                own
                | {
                    "system": board.cases.systems[system],
                    "share_of_errors": errors[system][number],
                    "confusion": confusion,
                    "confusion_share": share,
                }
            )
            continue
        inside = board.regions.cluster == number
        confusion, share, elsewhere = of_all.get((number,), ("", np.nan, np.nan))
        clusters.append(
            own
            | {
                "n_items": int(inside.sum()),
                "n_wrong": int((board.regions.n_wrong[inside] > 0).sum()),
                "n_systems": len(board.cases.systems),
                "clearly_worse": sum(
                    is_clear(each, alpha)
                    for each in board.rates
                    if each["system_id"] and each["cluster"] == number
                ),
                "confusion": confusion,
                "confusion_share": share,
                "confusion_elsewhere": elsewhere,
            }
        )
    marks = [board.place | mark for mark in board.marks]
    members = _members(board, confusions)
    return {"clusters": clusters, "systems": systems, "members": members, "marks": marks}


def is_clear(row: Mapping[str, Any], alpha: float) -> bool:
    """Whether more goes wrong inside than outside, by a corrected p value."""
    return bool(row["p_holm"] <= alpha and row["worse"] > 0)


def _usual(
    confusions: pd.DataFrame, by: list[str]
) -> dict[tuple[Any, ...], tuple[str, float, float]]:
    """The most frequent confusion of each part, its share there, and its share in all other parts."""
    counts = confusions.groupby([*by, "confusion"], sort=True).size()
    # The groups of one cluster alone say what is usual elsewhere.
    of_part = counts.groupby(level=by).sum()
    of_confusion = counts.groupby(level="confusion").sum()
    total = int(counts.sum())
    found = {}
    largest = counts.sort_values(ascending=False, kind="stable")
    for key, n in largest.items():
        part = tuple(key[:-1])  # type: ignore[index]
        if part in found:
            continue
        confusion = str(key[-1])  # type: ignore[index]
        own = int(of_part.loc[part if len(part) > 1 else part[0]])
        rest = total - own
        elsewhere = (int(of_confusion[confusion]) - n) / rest if rest else np.nan
        found[part] = (confusion, n / own, float(elsewhere))
    return found


def _held_out_errors(board: ClusterBoard) -> dict[str, Floats]:
    """System to the share of its held-out wrong answers that lie in each cluster, 0 for none."""
    regions, field = board.regions, board.cases.wrong
    places = {str(item): row for row, item in enumerate(regions.vectors.items)}
    at = np.array([places.get(str(item), -1) for item in field.items], dtype=np.intp)
    asked = (at >= 0) & regions.held_out[at]
    cluster, rates = regions.cluster[at[asked]], np.nan_to_num(board.cases.rates[asked])
    sums = np.zeros((regions.n_clusters + 1, rates.shape[1]))
    np.add.at(sums, cluster, rates)
    shares = sums / np.maximum(sums.sum(axis=0), 1e-12)
    return dict(zip(board.cases.systems, shares.T, strict=True))


def _members(board: ClusterBoard, confusions: pd.DataFrame) -> list[dict[str, Any]]:
    """Every item that was got wrong or lies in a cluster."""
    regions = board.regions
    counts = confusions.groupby(["item_id", "confusion"], sort=True).size()
    largest = counts.sort_values(ascending=False, kind="stable").reset_index()
    usual = largest.drop_duplicates("item_id").set_index("item_id")["confusion"].to_dict()
    rows = []
    for at in np.flatnonzero((regions.cluster > 0) | (regions.n_wrong > 0)).tolist():
        item = str(regions.vectors.items[at])
        x, y = regions.places[at]
        rows.append(
            board.place
            | {
                "item_id": item,
                "cluster": int(regions.cluster[at]),
                "held_out": bool(regions.held_out[at]),
                "n_wrong": int(regions.n_wrong[at]),
                "typical": int(regions.typical[at]),
                "x": float(x),
                "y": float(y),
                "truth": board.cases.truth.get(item, ""),
                "confusion": usual.get(item, ""),
                "text": " ".join(regions.vectors.texts[at][: 2 * EXCERPT].split())[:EXCERPT],
            }
        )
    return rows
