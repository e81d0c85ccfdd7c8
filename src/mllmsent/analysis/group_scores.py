"""Every score by groups of annotators, and the difference between two groups for one system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.numbers import score_columns
from mllmsent.analysis.version_pairs import QUESTION
from mllmsent.metrics import sample_kind
from mllmsent.metrics.grouping import Grouping
from mllmsent.metrics.metric import metrics_for
from mllmsent.metrics.shared_draws import draw_together, joined_draws

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.evidence import Scored
    from mllmsent.analysis.group_people import GroupPair
    from mllmsent.metrics import Metric, Resampling, Sample

__all__ = [
    "DIFFERENCE_COLUMNS",
    "SCORE_COLUMNS",
    "BothGroups",
    "difference_rows",
    "on_both",
    "score_rows",
]

SCORE_COLUMNS = (
    "scheme", "dimension", "group", "system_id", "system", "metric", "ranked", "n", "n_items",
    "coverage", "value", "low", "high",
)  # fmt: skip
DIFFERENCE_COLUMNS = (
    "scheme", "dimension", "first", "second", "system_id", "system", "metric", "n_items",
    "first_value", "first_low", "first_high", "second_value", "second_low", "second_high",
    "difference", "low", "high",
)  # fmt: skip


class BothGroups:
    """A system's answers to the questions that two groups of annotators judged, row by row.

    Attributes:
        entry: The system.
        first: Its answers against the first group.
        second: The same answers, in the same order, against the second.
        rows: The questions: item_id, repeat, frame_t and status.
    """

    def __init__(self, entry: Scored, first: Sample, second: Sample, rows: pd.DataFrame) -> None:
        self.entry, self.first, self.second, self.rows = entry, first, second, rows

    @property
    def n_items(self) -> int:
        """Items that both groups judged."""
        return int(self.rows["item_id"].nunique())


def on_both(one: Scored, other: Scored) -> BothGroups | None:
    """A system against two groups of annotators on the same questions; None without any.

    Args:
        one: The system's answers against the one group.
        other: The same against the other.
    """
    if one.sample is None or other.sample is None:
        return None
    tables = [
        each.rows[[*QUESTION, "status", "group"]].assign(place=np.arange(each.n))
        for each in (one, other)
    ]
    rows = tables[0].merge(tables[1][[*QUESTION, "place"]], on=QUESTION, suffixes=("", "_other"))
    if not len(rows):
        return None
    grouping = Grouping.of(rows["group"].tolist(), len(rows))
    return BothGroups(
        one,
        one.sample.rows(rows["place"].to_numpy(np.intp), grouping),
        other.sample.rows(rows["place_other"].to_numpy(np.intp), grouping),
        rows[[*QUESTION, "status"]],
    )


def score_rows(
    scheme: Scheme,
    scored: Mapping[str, Sequence[Scored]],
    ranked: Metric[Any],
    resampling: Resampling,
) -> Iterator[dict[str, Any]]:
    """A row for each system, group of annotators and metric.

    Metrics of ranks, which take long, are left out unless systems are ranked by them.

    Args:
        scheme: The scheme.
        scored: Group of annotators to the systems held against it, in one dimension.
        ranked: What systems are ranked by.
        resampling: How intervals are made.
    """
    metrics = [
        metric
        for metric in metrics_for(sample_kind(scheme), n_labels=len(scheme.labels) or None)
        if metric.statistics.additive or metric == ranked
    ]
    asked: dict[Any, Any] = {}
    for group, entries in scored.items():
        for number, entry in enumerate(entries):
            assert entry.sample is not None
            for statistics in dict.fromkeys(metric.statistics for metric in metrics):
                totals = statistics.prepare(entry.sample)
                asked[group, number, statistics] = totals, entry.sample.grouping.names
    draws = draw_together(asked, resampling)
    for group, entries in scored.items():
        for number, entry in enumerate(entries):
            constant = {
                "scheme": scheme.name, "dimension": entry.dimension or None, "group": group,
                "system_id": entry.system_id, "system": entry.name, "n": entry.n,
                "n_items": entry.n_items, "coverage": entry.coverage,
            }  # fmt: skip
            for metric in metrics:
                drawn = draws[group, number, metric.statistics]
                score = drawn.score(metric.value, proportion=metric.proportion)
                yield (
                    constant
                    | {"metric": metric.name, "ranked": metric.name == ranked.name}
                    | score_columns("value", score)
                )


def difference_rows(
    pair: GroupPair,
    scored: Mapping[str, Sequence[Scored]],
    metric: Metric[Any],
    resampling: Resampling,
) -> Iterator[dict[str, Any]]:
    """For each system its score against the first group less that against the second.

    Args:
        pair: The two groups of annotators.
        scored: Group of annotators to the systems held against it.
        metric: What systems are ranked by.
        resampling: How intervals are made; the same items are drawn for both groups.
    """
    others = {entry.system_id: entry for entry in scored[pair.second]}
    both = [
        found
        for entry in scored[pair.first]
        if entry.system_id in others
        and (found := on_both(entry, others[entry.system_id])) is not None
    ]
    prepare = metric.statistics.prepare
    asked = {
        (number, side): (prepare(sample), sample.grouping.names)
        for number, each in enumerate(both)
        for side, sample in (("first", each.first), ("second", each.second))
    }
    draws = draw_together(asked, resampling)
    for number, each in enumerate(both):
        one, other = draws[number, "first"], draws[number, "second"]
        difference = joined_draws(one, other).score(
            lambda totals: metric.value(totals[:, 0]) - metric.value(totals[:, 1])
        )
        yield {
            **pair.columns,
            "system_id": each.entry.system_id,
            "system": each.entry.name,
            "metric": metric.name,
            "n_items": each.n_items,
            **score_columns("first_value", one.score(metric.value), "first_"),
            **score_columns("second_value", other.score(metric.value), "second_"),
            **score_columns("difference", difference),
        }
