"""Direct against described against scene, item by item, for each model.

Two systems of one model that reach the emotion by different pathways are held against each other on
the very same questions: where both are right, where only one of them is, where neither. The
difference of the ranked metric has an interval from drawing the same items for both.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

from mllmsent.analysis.leaderboard import default_metric
from mllmsent.metrics import Resampling, get_metric, score_difference

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.evidence import Evidence, Scored

__all__ = ["PAIR_COLUMNS", "compare_pathways", "is_right"]

ORDER = ("direct", "described", "scene")
"""Pairs are named in this order; pathways from elsewhere come after."""

PAIR_COLUMNS = (
    "model", "scheme", "dimension", "first_id", "first", "first_pathway", "second_id", "second",
    "second_pathway", "n", "both", "only_first", "only_second", "neither", "metric", "difference",
    "low", "high",
)  # fmt: skip


def compare_pathways(
    evidence: Evidence,
    *,
    metrics: Mapping[str, str] | None = None,
    resampling: Resampling | None = None,
    condition: str = "none",
    annotators: str = "all",
) -> pd.DataFrame:
    """Hold the pathways of each model against each other on the same questions.

    For labels, an answer is right if it is the people's label (the very set of them, where there
    may be several); no label is not right. For dimensions nothing is right or wrong: `only_first`
    and `only_second` count the questions on which one came closer to the people's mean, `both` the
    ties, and `neither` those that one of the two left without a number.

    Args:
        evidence: The run's tables.
        metrics: Scheme to the metric of the difference; `default_metric` where absent.
        resampling: How intervals are made.
        condition: The condition under which systems answered.
        annotators: The annotator group they are held against.

    Returns:
        A row per model, scheme (and dimension) and pair of its systems with different pathways:
        `PAIR_COLUMNS`. `difference` is the first's score less the second's, with its interval
        `low` to `high`; positive says that the first is better, also where less is better.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    resampling = resampling or Resampling()
    systems = evidence.systems.set_index("system_id")
    rows = []
    for name, scheme in evidence.schemes.items():
        metric = (metrics or {}).get(name) or default_metric(scheme)
        scored = evidence.scored(name, condition=condition, annotators=annotators)
        for one, other in combinations(scored, 2):
            parts = systems.loc[[one.system_id, other.system_id]]
            models, pathways = list(parts["model"]), list(parts["pathway"])
            comparable = one.sample is not None and other.sample is not None
            if (
                one.dimension != other.dimension
                or models[0] != models[1]
                or pathways[0] == pathways[1]
                or not comparable
            ):
                continue
            pair = [(one, pathways[0]), (other, pathways[1])]
            pair.sort(key=lambda side: _place(side[1]))
            row = _compare(scheme, pair[0][0], pair[1][0], metric, resampling)
            if row is not None:
                rows.append(
                    {"model": models[0], "first_pathway": pair[0][1], "second_pathway": pair[1][1]}
                    | row
                )
    return pd.DataFrame(rows, columns=list(PAIR_COLUMNS))


def is_right(scheme: Scheme, label: Any, truth: Any) -> bool:
    """Whether an answered label (or set, written with "|") is what people said."""
    if scheme.multi_label:
        return bool(frozenset(str(label).split("|")) == truth)
    return bool(str(label) == truth)


def _compare(
    scheme: Scheme, first: Scored, second: Scored, metric: str, resampling: Resampling
) -> dict[str, Any] | None:
    # `Evidence.scored` names a system's questions by item, repeat and moment.
    key = ["item_id", "repeat", "frame_t"]
    pairs = first.rows.merge(second.rows, on=key, suffixes=("_1", "_2"))
    if not len(pairs):
        return None
    assert first.sample is not None
    assert second.sample is not None
    chosen = get_metric(metric)
    score = score_difference(chosen, first.sample, second.sample, resampling)
    low, high, difference = score.interval.low, score.interval.high, score.value
    if not chosen.higher_is_better:
        low, high, difference = -high, -low, -difference
    return {
        "scheme": scheme.name,
        "dimension": first.dimension or None,
        "first_id": first.system_id,
        "first": first.name,
        "second_id": second.system_id,
        "second": second.name,
        "n": len(pairs),
        **(_closer(first.dimension, pairs) if first.dimension else _right(scheme, pairs)),
        "metric": metric,
        "difference": difference,
        "low": low,
        "high": high,
    }


def _right(scheme: Scheme, pairs: pd.DataFrame) -> dict[str, int]:
    one, other = (
        [
            status == "ok" and is_right(scheme, label, truth)
            for status, label, truth in zip(
                pairs[f"status_{side}"], pairs[f"label_{side}"], pairs["truth_1"], strict=True
            )
        ]
        for side in (1, 2)
    )
    both = sum(a and b for a, b in zip(one, other, strict=True))
    only_first, only_second = sum(one) - both, sum(other) - both
    neither = len(pairs) - both - only_first - only_second
    return {
        "both": both, "only_first": only_first, "only_second": only_second, "neither": neither,
    }  # fmt: skip


def _closer(dimension: str, pairs: pd.DataFrame) -> dict[str, int]:
    counts = {"both": 0, "only_first": 0, "only_second": 0, "neither": 0}
    columns = ("status_1", "values_1", "status_2", "values_2", "truth_1")
    for status_1, values_1, status_2, values_2, truth in pairs[list(columns)].itertuples(
        index=False
    ):
        one = (values_1 or {}).get(dimension) if status_1 == "ok" else None
        other = (values_2 or {}).get(dimension) if status_2 == "ok" else None
        if one is None or other is None:
            counts["neither"] += 1
            continue
        nearer = abs(one - truth) - abs(other - truth)
        # Numbers on a scale are written with a digit or two: smaller gaps are rounding.
        if abs(nearer) < 1e-9:
            counts["both"] += 1
        else:
            counts["only_first" if nearer < 0 else "only_second"] += 1
    return counts


def _place(pathway: str) -> int:
    return ORDER.index(pathway) if pathway in ORDER else len(ORDER)
