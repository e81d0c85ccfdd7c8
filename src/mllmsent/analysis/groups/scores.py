"""Every score by groups of annotators, and the difference between two groups for one system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.numbers import score_columns
from mllmsent.analysis.versions.pairs import QUESTION
from mllmsent.metrics import sample_kind
from mllmsent.metrics.metric import metrics_for
from mllmsent.metrics.shared_draws import draw_together, group_sums, joined_draws

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.evidence import Scored
    from mllmsent.analysis.groups.people import GroupPair
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


@dataclass(frozen=True, eq=False)
class BothGroups:
    """A system's answers to the questions that two groups of annotators judged, row by row.

    Attributes:
        entry: The system.
        first: Its answers against the first group.
        second: The same answers, in the same order, against the second.
        items: The item of each question.
    """

    entry: Scored
    first: Sample
    second: Sample
    items: NDArray[Any]

    @property
    def n_items(self) -> int:
        """Items that both groups judged."""
        return len(set(self.items))


def on_both(pair: GroupPair, scored: Mapping[str, Sequence[Scored]]) -> list[BothGroups]:
    """The systems that answered questions which two groups of annotators judged.

    Args:
        pair: The two groups of annotators.
        scored: Group of annotators to the systems held against it.
    """
    others = {entry.system_id: entry for entry in scored[pair.second]}
    found = [
        _on_both(entry, others[entry.system_id])
        for entry in scored[pair.first]
        if entry.system_id in others
    ]
    return [each for each in found if each is not None]


def _on_both(one: Scored, other: Scored) -> BothGroups | None:
    if one.sample is None or other.sample is None:
        return None
    tables = [each.rows[QUESTION].assign(place=np.arange(each.n)) for each in (one, other)]
    rows = tables[0].merge(tables[1], on=QUESTION, suffixes=("", "_other"))
    if not len(rows):
        return None
    places = [rows[name].to_numpy(np.intp) for name in ("place", "place_other")]
    grouping = one.sample.grouping.of_rows(places[0])
    return BothGroups(
        entry=one,
        first=one.sample.rows(places[0], grouping),
        second=other.sample.rows(places[1], grouping),
        items=rows["item_id"].to_numpy(object),
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
                sums = group_sums(statistics, entry.sample)
                asked[group, number, statistics] = sums, entry.sample.grouping.names
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
    pair: GroupPair, both: Sequence[BothGroups], metric: Metric[Any], resampling: Resampling
) -> Iterator[dict[str, Any]]:
    """For each system its score against the first group less that against the second.

    Args:
        pair: The two groups of annotators.
        both: The systems; see `on_both`.
        metric: What systems are ranked by.
        resampling: How intervals are made; the same items are drawn for both groups.
    """
    asked = {
        (number, side): (group_sums(metric.statistics, sample), sample.grouping.names)
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
