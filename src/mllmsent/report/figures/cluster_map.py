"""Mistakes as points on a map, and a list of the clusters that they make.

A point says on hovering what it is, and leads to its place in the list, where its picture is if it
has one. The list says everything that the map does, for whoever cannot see or point.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.report.environment import fill
from mllmsent.report.figures.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from markupsafe import Markup

    from mllmsent.report.thumbnails import Thumbnail

__all__ = ["draw_clusters"]

WIDTH, HEIGHT, MARGIN = 640, 420, 14

SHAPES = (
    "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",
    "m-4-4h8v8h-8z",
    "m0-5.5l5.5 5.5-5.5 5.5-5.5-5.5z",
    "m0-5l5 9h-10z",
    "m0 5l5-9h-10z",
    "m-1.6-5h3.2v3.4h3.4v3.2h-3.4v3.4h-3.2v-3.4h-3.4v-3.2h3.4z",
)
"""Circle, square, diamond, two triangles and a cross, about eight units wide."""

N_COLORS = 6
"""Colors of clusters in the style sheet; with the shapes they make 36 kinds of points."""

NO_CLUSTER = "m-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0z"


def draw_clusters(
    points: pd.DataFrame,
    clusters: Sequence[Mapping[str, Any]],
    pictures: Mapping[str, Thumbnail],
    *,
    name: str,
    title: str,
    caption: str | Markup,
) -> tuple[Figure, Figure]:
    """Draw a map and the list to which its points lead.

    Args:
        points: Columns item_id, cluster (0 for none), typical (1 is the most typical of its
            cluster, 0 is none), x and y (0 to 1), truth, confusion and text.
        clusters: Those to list, in that order: cluster, name, is_clear (whether it is marked as a
            finding), and lines (what is said of it). Points of others lead nowhere.
        pictures: Item to its picture, where it is shown.
        name: Name of the map; the list's ends in "-list".
        title: What is shown.
        caption: How to read the map.
    """
    records: list[dict[Any, Any]] = points.to_dict(orient="records")
    listed = {int(cluster["cluster"]) for cluster in clusters}
    marks, rows = [], {number: list[dict[str, Any]]() for number in listed}
    for place, row in enumerate(records):
        number = int(row["cluster"])
        x = round(MARGIN + float(row["x"]) * (WIDTH - 2 * MARGIN), 1)
        y = round(HEIGHT - MARGIN - float(row["y"]) * (HEIGHT - 2 * MARGIN), 1)
        anchor = f"{name}-{place}" if number in listed else ""
        marks.append(
            {
                "row": row,
                "path": f"M{x:g} {y:g}{_shape(number)}",
                "tone": _tone(number),
                "anchor": anchor,
                "x": x,
                "y": y,
                "number": number if row["typical"] == 1 else 0,
            }
        )
        if number in listed:
            picture = pictures.get(str(row["item_id"]))
            rows[number].append({"row": row, "anchor": anchor, "picture": picture})
    mapped = fill(
        "figures/cluster_map.html",
        # Those of no cluster first, so that they lie beneath.
        marks=sorted(marks, key=lambda mark: mark["tone"] != 0),
        width=WIDTH,
        height=HEIGHT,
    )
    shown = [_listed(cluster, rows[int(cluster["cluster"])]) for cluster in clusters]
    told = fill("figures/cluster_list.html", clusters=shown, title=title)
    return (
        Figure(name, title, caption, points, mapped),
        Figure(f"{name}-list", title, "", points, told),
    )


def _listed(cluster: Mapping[str, Any], rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    number = int(cluster["cluster"])
    typical = sorted(
        (row for row in rows if row["row"]["typical"]), key=lambda row: row["row"]["typical"]
    )
    return {
        **cluster,
        "tone": _tone(number),
        "path": f"M8 8{_shape(number)}",
        "typical": typical,
        "others": [row for row in rows if not row["row"]["typical"]],
    }


def _shape(number: int) -> str:
    return SHAPES[(number - 1) % len(SHAPES)] if number else NO_CLUSTER


def _tone(number: int) -> int:
    """The number of a cluster's color; 0 for no cluster. Shapes come round with other colors."""
    turn = (number - 1) // len(SHAPES)
    return (number - 1 + turn) % N_COLORS + 1 if number else 0
