"""Examples as a list: what they are examples of, and below it each with its picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.report.environment import fill
from mllmsent.report.figures.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from markupsafe import Markup

    from mllmsent.report.thumbnails import Thumbnail

__all__ = ["draw_examples"]


def draw_examples(
    examples: pd.DataFrame,
    pictures: Mapping[str, Thumbnail],
    *,
    name: str,
    title: str,
    caption: str | Markup,
) -> Figure:
    """List examples by what they are examples of.

    Args:
        examples: A row each, in the order in which they are shown: columns group (what it is an
            example of), who (whose mistake it is), item_id, said (what people and systems said of
            it) and text (its own words, or what was written of it).
        pictures: Item to its picture, where it has one.
        name: Name of the figure.
        title: What is shown.
        caption: How to read it.
    """
    rows: list[dict[Any, Any]] = examples.to_dict(orient="records")
    groups: dict[tuple[str, str], list[dict[Any, Any]]] = {}
    for row in rows:
        shown = row | {"picture": pictures.get(row["item_id"])}
        groups.setdefault((row["group"], row["who"]), []).append(shown)
    body = fill(
        "figures/examples.html",
        groups=[
            {"name": group, "who": who, "examples": shown} for (group, who), shown in groups.items()
        ],
        title=title,
    )
    return Figure(name, title, caption, examples, body)
