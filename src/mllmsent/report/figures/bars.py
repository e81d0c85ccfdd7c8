"""Bars: how many items or answers there are of each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.report.environment import fill
from mllmsent.report.figures.figure import Figure
from mllmsent.report.writing import is_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from markupsafe import Markup

    from mllmsent.affect.scheme import Dimension
    from mllmsent.report.naming import SystemName

__all__ = ["draw_bars", "draw_histogram", "draw_stacks"]


def draw_bars(
    table: pd.DataFrame,
    *,
    tones: Mapping[str, str],
    name: str,
    title: str,
    caption: str | Markup = "",
) -> Figure:
    """Draw one bar per label.

    Args:
        table: Columns label, count and share.
        tones: Label to its color.
        name: Name of the figure.
        title: What is shown.
        caption: How to read it.
    """
    most = max([1, *table["count"]])
    rows = [
        row | {"tone": tones[row["label"]], "width": round(100 * row["count"] / most, 2)}
        for row in table.to_dict(orient="records")
    ]
    return Figure(name, title, caption, table, fill("figures/bars.html", rows=rows))


def draw_stacks(
    table: pd.DataFrame,
    *,
    systems: Sequence[SystemName],
    labels: Sequence[str],
    tones: Mapping[str, str],
    name: str,
    title: str,
    caption: str | Markup = "",
    people: Mapping[str, float] | None = None,
) -> Figure:
    """Draw how each system's answers are divided, one bar per system.

    Args:
        table: Columns system_id, label and count.
        systems: The systems, in the order in which they are shown.
        labels: The labels, in the order in which they stand in a bar.
        tones: Label to its color.
        name: Name of the figure.
        title: What is shown.
        caption: How to read it.
        people: Label to the number of items that people gave it, for a bar above all others.
    """
    counts = {
        system: dict(zip(part["label"], part["count"], strict=True))
        for system, part in table.groupby("system_id", sort=False)
    }
    bars = [("", "What people said", people)] if people else []
    bars += [(system.model, system.detail, counts.get(system.system_id, {})) for system in systems]
    rows = []
    for model, detail, of_label in bars:
        total = sum(of_label.get(label, 0) for label in labels) or 1
        parts = [
            {
                "label": label,
                "tone": tones[label],
                "count": int(of_label.get(label, 0)),
                "width": round(100 * of_label.get(label, 0) / total, 3),
            }
            for label in labels
            if of_label.get(label, 0)
        ]
        rows.append({"model": model, "detail": detail, "parts": parts})
    legend = [{"label": label, "tone": tones[label]} for label in labels]
    body = fill("figures/stacks.html", rows=rows, legend=legend, title=title)
    return Figure(name, title, caption, table, body)


def draw_histogram(
    table: pd.DataFrame,
    *,
    dimension: Dimension,
    name: str,
    title: str,
    caption: str | Markup = "",
    n_bins: int = 16,
) -> Figure:
    """Draw how values are spread over a scale.

    Args:
        table: Column value.
        dimension: The scale.
        name: Name of the figure.
        title: What is shown.
        caption: How to read it.
        n_bins: Number of bars.
    """
    counts = [0] * n_bins
    for value in table["value"]:
        if is_number(value):
            place = int((float(value) - dimension.low) / dimension.span * n_bins)
            counts[min(n_bins - 1, max(0, place))] += 1
    most = max([1, *counts])
    bars = [
        {
            "height": round(100 * count / most, 2),
            "count": count,
            "low": dimension.low + dimension.span * index / n_bins,
            "high": dimension.low + dimension.span * (index + 1) / n_bins,
        }
        for index, count in enumerate(counts)
    ]
    ticks = [
        {"at": round(100 * (tick - dimension.low) / dimension.span, 2), "text": f"{tick:g}"}
        for tick in (dimension.low, (dimension.low + dimension.high) / 2, dimension.high)
    ]
    body = fill("figures/histogram.html", bars=bars, ticks=ticks, dimension=dimension, title=title)
    return Figure(name, title, caption, table, body)
