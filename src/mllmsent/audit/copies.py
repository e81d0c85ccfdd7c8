"""Items that show or say the same, as clusters, and how bad it is that they are apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mllmsent.audit.finding import AffectedRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from mllmsent.data.image_faults import Severity

__all__ = ["Copies", "apart", "clusters"]


class Copies(NamedTuple):
    """Clusters of copies that something can tear apart.

    Attributes:
        rows: The items of all clusters, each with a note that names its cluster's first.
        clusters: How many clusters there are.
        severity: "error" where a split tears one apart, else "warning".
    """

    rows: tuple[AffectedRow, ...]
    clusters: int
    severity: Severity


def clusters(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Connected components of an undirected graph, each sorted, by their first member."""
    parent: dict[int, int] = {}

    def root(node: int) -> int:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for first, second in pairs:
        low, high = sorted((root(first), root(second)))
        parent[high] = low
    found: dict[int, list[int]] = {}
    for node in sorted(parent):
        found.setdefault(root(node), []).append(node)
    return [found[first] for first in sorted(found)]


def apart(items: pd.DataFrame, found: Iterable[Sequence[int]], what: str) -> Copies:
    """Of the clusters of copies, those that folds or splits can tear apart.

    Items of one `group` stay together, so copies within a group harm nothing and are left out.

    Args:
        items: Table `items`.
        found: Clusters of row numbers of `items`.
        what: For the note: "the same file as".
    """
    rows: list[AffectedRow] = []
    count, severity = 0, "warning"
    for cluster in found:
        members = items.iloc[list(cluster)]
        if members["group"].notna().all() and len(set(members["group"])) == 1:
            continue
        count += 1
        torn = len(set(members["split"].dropna())) > 1
        severity = "error" if torn else severity
        ids = [str(item) for item in members["item_id"]]
        for row, item in zip(members.to_dict("records"), ids, strict=True):
            other = ids[0] if item != ids[0] else ids[1]
            where = f", split {row['split']!r}" if torn else ""
            file = row["path"] if isinstance(row["path"], str) else None
            rows.append(AffectedRow(item, file=file, note=f"{what} {other!r}{where}"))
    return Copies(tuple(rows), count, "error" if severity == "error" else "warning")
