"""Which part of an item is followed, and what each adds, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.found import Statement
from mllmsent.analysis.numbers import p_value, with_interval
from mllmsent.analysis.text_and_image.followed import PEOPLE
from mllmsent.metrics import get_metric

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.analysis.answers import Answers

__all__ = ["added_statements", "followed_statements"]


def followed_statements(rows: Sequence[Mapping[str, Any]], alpha: float) -> list[Statement]:
    """How many systems follow which part, and the one that leans furthest.

    Args:
        rows: Rows of the table `followed`, or `weights`: of one scheme or dimension, and told by the same.
        alpha: The level of the corrected tests.
    """
    if not rows:
        return []
    scheme, dimension, told_by = (rows[0][key] for key in ("scheme", "dimension", "told_by"))
    by_people = told_by == PEOPLE
    whose = "people's labels" if by_people else "its labels"
    clear = [row for row in rows if row["p_holm"] <= alpha]
    image = sum(row["lean"] > 0 for row in clear)
    found = []
    if len(rows) > 1:
        held = "Held against what people said of each, the" if by_people else "The"
        found.append(
            f"{held} image is clearly followed more than the text by {image} of {len(rows)} systems, the "
            f"text more than the image by {len(clear) - image}."
        )
    top = max(clear or rows, key=lambda row: abs(row["lean"]))
    one, other = ("image", "text") if top["lean"] >= 0 else ("text", "image")
    shares = {part: with_interval(top[part], *_ends(top, part)) for part in (one, other)}
    p = p_value(top["p_holm"]) if not np.isnan(top["p_holm"]) else "no p value"
    sure = f"{p} after correction" if top in clear else f"which it follows more is not clear, {p}"
    if dimension:
        mean = "people's mean" if by_people else "its number"
        found.append(
            f"In the number that {top['system']} gives to image and text together, {mean} for the "
            f"{one} alone weighs {shares[one]}, that for the {other} alone {shares[other]} ({sure})."
        )
    else:
        found.append(
            f"On the {top['n']} questions on which {whose} for the image alone and for the text alone "
            f"differ, {top['system']} gives both together the label of the {one} in {shares[one]} of its "
            f"answers, that of the {other} in {shares[other]} ({sure})."
        )
    return [Statement(text, scheme, dimension or "") for text in found]


def added_statements(
    board: Answers, rows: Sequence[Mapping[str, Any]], alpha: float
) -> list[Statement]:
    """Whose score each part changes, and by how much at most.

    Args:
        board: What the answers are in.
        rows: Rows of the table `added`.
        alpha: The level of the corrected tests.
    """
    found = []
    for part, other in (("text", "image"), ("image", "text")):
        tested = [row for row in rows if row["part"] == part and not np.isnan(row["p_holm"])]
        if not tested:
            continue
        clear = [row for row in tested if row["p_holm"] <= alpha]
        top = max(clear or tested, key=lambda row: abs(row["added"]))
        whose = f"{len(clear)} of {len(tested)} systems" if clear else "no system"
        found.append(
            f"The {part} beside the {other} changes the {get_metric(top['metric']).title} of {whose} clearly, "
            f"most that of {top['system']}: by {with_interval(top['added'], top['low'], top['high'])} "
            f"({p_value(top['p_holm'])} after correction)."
        )
    return [Statement(text, board.scheme.name, board.dimension) for text in found]


def _ends(row: Mapping[str, Any], part: str) -> tuple[float, float]:
    return row[f"{part}_low"], row[f"{part}_high"]
