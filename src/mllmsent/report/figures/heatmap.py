"""Confusions as small tables whose cells are shaded: right answers, wrong ones, and silence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.report.environment import fill
from mllmsent.report.figures.figure import Figure
from mllmsent.report.writing import is_number, percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from markupsafe import Markup

    from mllmsent.report.naming import SystemName

__all__ = ["draw_confusions"]

STEPS = 10
"""Shades of a cell; the style sheet has as many, each with letters that can be read on it."""


def draw_confusions(
    table: pd.DataFrame,
    *,
    systems: Sequence[SystemName],
    labels: Sequence[str],
    tones: Mapping[str, str],
    silence: str,
    name: str,
    title: str,
    caption: str | Markup,
) -> Figure:
    """Draw one shaded table per system.

    Args:
        table: Columns system_id, truth, answer, count and share.
        systems: The systems, in the order in which they are shown.
        labels: The labels, in the scheme's order.
        tones: Label to its color.
        silence: The answer that stands for no label.
        name: Name of the figure.
        title: What is shown.
        caption: How to read it.
    """
    panels = []
    for system in systems:
        rows = table[table["system_id"] == system.system_id]
        cells = {
            (row["truth"], row["answer"]): (int(row["count"]), row["share"])
            for row in rows.to_dict(orient="records")
        }
        panels.append(
            {
                "system": system,
                "rows": [
                    {
                        "label": truth,
                        "tone": tones[truth],
                        "total": sum(cells[truth, answer][0] for answer in [*labels, silence]),
                        "cells": [
                            _cell(truth, answer, *cells[truth, answer], silence=silence)
                            for answer in [*labels, silence]
                        ],
                    }
                    for truth in labels
                ],
            }
        )
    columns = [{"label": label, "tone": tones[label]} for label in labels]
    body = fill(
        "figures/confusions.html",
        panels=panels,
        columns=columns,
        silence=silence,
        is_wide=len(labels) > 5,
    )
    return Figure(name, title, caption, table, body)


def _cell(truth: str, answer: str, count: int, share: Any, *, silence: str) -> dict[str, Any]:
    known = is_number(share)
    kind = "right" if truth == answer else ("none" if answer == silence else "wrong")
    # The least count has a shade of its own: one confusion is not none.
    step = 0 if not known or not count else max(1, round(STEPS * share))
    return {
        "kind": kind,
        "step": step,
        "count": count,
        "share": percent(share) if known else "",
    }
