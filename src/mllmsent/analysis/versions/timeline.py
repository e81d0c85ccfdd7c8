"""The scores of a system over all runs, in the order of time, on the questions that all have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.numbers import score_columns
from mllmsent.analysis.versions.pairs import QUESTION
from mllmsent.metrics.shared_draws import draw_together, group_sums

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mllmsent.analysis.versions.pairs import VersionPair
    from mllmsent.metrics import Metric, Resampling, Sample

__all__ = ["TIMELINE_COLUMNS", "timeline_rows"]

TIMELINE_COLUMNS = (
    "scheme", "dimension", "base_id", "system", "place", "run", "metric", "n", "value", "low",
    "high",
)  # fmt: skip


def timeline_rows(
    pairs: Sequence[VersionPair],
    metric: Metric[Any],
    order: Sequence[str],
    base: str,
    resampling: Resampling,
) -> Iterator[dict[str, Any]]:
    """A row for each run of each system that all runs have.

    Args:
        pairs: The systems of all newer runs against the first, in one scheme and dimension.
        metric: What systems are ranked by.
        order: The runs, earliest first.
        base: Name of the first run.
        resampling: How intervals are made.
    """
    by_system: dict[str, dict[str, VersionPair]] = {}
    for pair in pairs:
        by_system.setdefault(pair.match.base_id, {})[pair.run] = pair
    samples: dict[tuple[str, str], Sample] = {}
    for system, of_run in by_system.items():
        if len(of_run) == len(order) - 1:
            own = _on_shared_questions(of_run, base)
            samples |= {(system, run): own[run] for run in order if own}
    asked = {
        key: (group_sums(metric.statistics, sample), sample.grouping.names)
        for key, sample in samples.items()
    }
    draws = draw_together(asked, resampling)
    for (system, run), sample in samples.items():
        last = list(by_system[system].values())[-1]
        score = draws[system, run].score(metric.value, proportion=metric.proportion)
        yield {
            "scheme": last.scheme.name,
            "dimension": last.dimension or None,
            "base_id": system,
            "system": last.match.name,
            "place": order.index(run) + 1,
            "run": run,
            "metric": metric.name,
            "n": len(sample.read),
            **score_columns("value", score),
        }


def _on_shared_questions(of_run: Mapping[str, VersionPair], base: str) -> dict[str, Sample]:
    """Run to the answers to the questions that all runs have; empty where there is no such one."""
    pairs = list(of_run.values())
    shared = pairs[0].rows[QUESTION]
    for pair in pairs[1:]:
        shared = shared.merge(pair.rows[QUESTION], on=QUESTION)
    if not len(shared):
        return {}
    samples: dict[str, Sample] = {}
    for run, pair in of_run.items():
        places = pair.rows[QUESTION].assign(place=np.arange(pair.n))
        rows = shared.merge(places, on=QUESTION)["place"].to_numpy(np.intp)
        grouping = pair.old.grouping.of_rows(rows)
        samples[run] = pair.new.rows(rows, grouping)
        samples.setdefault(base, pair.old.rows(rows, grouping))
    return samples
