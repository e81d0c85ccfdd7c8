"""What the mistakes have in common: a map of them, and what is known of each cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.report.analyses.rows import more_in_table, rows_of
from mllmsent.report.figures.cluster_map import draw_clusters
from mllmsent.report.thumbnails import SMALL, item_thumbnail
from mllmsent.report.writing import beginning, count, interval, is_number, number, percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from mllmsent.analysis.found import Found
    from mllmsent.report.figures import Figure
    from mllmsent.report.findings import Board, Findings
    from mllmsent.report.thumbnails import Thumbnail

__all__ = ["draw"]

MOST_LISTED = 18
"""Clusters in the list; the table has them all."""

MOST_PICTURES = 72
"""Pictures in one list: the typical ones first, then as many of each cluster as of the others."""

MOST_NAMED = 2
"""Systems that are named as clearly worse in a cluster."""

MOST_MARKS = 3
"""Values of the metadata, and measures, that are told of a cluster."""


def draw(findings: Findings, found: Found, board: Board | None) -> list[Figure]:
    """A map of the mistakes of a board, with its clusters beside it."""
    if board is None:
        return []
    clusters, systems, members, marks = (
        rows_of(found.tables[name], board) for name in ("clusters", "systems", "members", "marks")
    )
    points = members[members["x"].notna()].reset_index(drop=True)
    points = points.assign(text=[beginning(text) for text in points["text"]])
    if not len(clusters) or not len(points):
        return []
    alpha = 1 - findings.resampling.level
    rows: list[dict[Any, Any]] = clusters.sort_values("worse", ascending=False).to_dict("records")
    listed = [
        {
            "cluster": row["cluster"],
            "name": row["name"],
            "is_clear": _is_clear(row, alpha),
            "lines": [
                *_rates(findings, row, systems[systems["cluster"] == row["cluster"]], alpha),
                *_marks(marks[marks["cluster"] == row["cluster"]], alpha),
            ],
        }
        for row in rows
    ]
    # What is a finding first; of either, the worse first.
    listed.sort(key=lambda cluster: not cluster["is_clear"])
    left_out = len(listed) - MOST_LISTED
    more = more_in_table(left_out, "clusters")
    lot = int((members["n_wrong"] > 0).sum())
    drawn = f"{count(len(points))} of {count(lot)}" if len(points) < lot else f"All {count(lot)}"
    return list(
        draw_clusters(
            points,
            listed[:MOST_LISTED],
            _pictures(findings, points),
            name=f"error-clusters-{board.anchor}",
            title=f"Clusters of mistakes: {board.title}",
            caption=f"{drawn} items that a system got wrong; those that are alike lie near each "
            "other, and small dots belong to no cluster. Axes and distances mean nothing. A point "
            "says what it is and leads to its place in the list. Shares of wrong answers, with "
            f"{percent(findings.resampling.level)} intervals, are of the half of the items on which "
            f"no cluster was looked for.{more}",
        )
    )


def _is_clear(row: Mapping[Any, Any], alpha: float) -> bool:
    by_all = is_number(row["p_holm"]) and row["p_holm"] <= alpha and row["worse"] > 0
    return bool(by_all or row["clearly_worse"])


def _rates(
    findings: Findings, row: Mapping[Any, Any], systems: pd.DataFrame, alpha: float
) -> list[str]:
    """How much goes wrong, who is clearly worse, and what is said in place of what."""
    between = interval(row["low"], row["high"])
    rate = number(row["rate"]) + (f" ({between})" if between else "")
    n, elsewhere = count(row["n_items"]), number(row["elsewhere"])
    lines = [f"{n} items. Wrong: {rate} of the answers, {elsewhere} elsewhere."]
    clear = systems[(systems["p_holm"] <= alpha) & (systems["worse"] > 0)].sort_values("p_holm")
    if len(clear) and row["n_systems"] > 1:
        named = [
            f"{findings.names[each['system_id']].full} ({number(each['rate'])} against "
            f"{number(each['elsewhere'])})"
            for each in clear.head(MOST_NAMED).to_dict("records")
        ]
        more = len(clear) - len(named)
        rest = f" and {more} more" if more else ""
        lines.append(f"Clearly worse by itself: {', '.join(named)}{rest}.")
    if row["confusion"]:
        lines.append(
            f"Mostly {row['confusion']}: {percent(row['confusion_share'])} of its mistakes, "
            f"{percent(row['confusion_elsewhere'])} of the others."
        )
    return lines


def _marks(marks: pd.DataFrame, alpha: float) -> list[str]:
    """What else is frequent in a cluster, and how its pictures differ."""
    lines = []
    metadata = marks[(marks["kind"] == "metadata") & (marks["p_holm"] <= alpha)]
    measures = marks[marks["kind"] == "measure"]
    told = [
        f"{mark['mark']} ({percent(mark['inside'])} against {percent(mark['elsewhere'])})"
        for mark in metadata.head(MOST_MARKS).to_dict("records")
    ]
    if told:
        lines.append(f"More frequent than elsewhere: {', '.join(told)}.")
    told = [
        f"{'high' if mark['weight'] > 0 else 'low'} in {mark['mark'].replace('_', ' ')}"
        for mark in measures.head(MOST_MARKS).to_dict("records")
    ]
    if told:
        lines.append(f"Its pictures measure {', '.join(told)}.")
    return lines


def _pictures(findings: Findings, points: pd.DataFrame) -> dict[str, Thumbnail]:
    """Pictures of as many items as the page can bear."""
    own = points[points["cluster"] > 0]
    # The typical ones of each cluster, then its next, cluster by cluster.
    own = own.assign(_rest=own["typical"] == 0)
    own = own.sort_values("_rest", kind="stable")
    own = own.assign(_turn=own.groupby("cluster").cumcount()).sort_values(
        ["_rest", "_turn", "cluster"], kind="stable"
    )
    items = findings.evidence.items.set_index("item_id")
    root = findings.run.dataset_root()
    return {
        str(item): item_thumbnail(root, items.loc[item], side=SMALL)
        for item in own["item_id"].head(MOST_PICTURES)
    }
