"""Direct against described against scene, item by item, for each model.

Two systems of one model that reach the emotion by different pathways are held against each other on
the very same questions: where both are right, where only one of them is, where neither. The
difference of the ranked metric has an interval from drawing the same items for both.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.leaderboard import default_metric
from mllmsent.metrics import Resampling, get_metric, score_difference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.evidence import Evidence, Scored

__all__ = ["FLIP_COLUMNS", "PAIR_COLUMNS", "compare_pathways", "is_right", "pathway_flips"]

ORDER = ("direct", "described", "scene")
"""Pairs are named in this order; pathways from elsewhere come after."""

PAIR_COLUMNS = (
    "model", "scheme", "dimension", "first_id", "first", "first_pathway", "second_id", "second",
    "second_pathway", "n", "both", "only_first", "only_second", "neither", "metric", "difference",
    "low", "high",
)  # fmt: skip

FLIP_COLUMNS = (
    "model", "scheme", "first_id", "first_pathway", "second_id", "second_pathway", "item_id",
    "repeat", "frame_t", "right", "first_label", "second_label",
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
    rows = []
    for scheme, pathways, first, second in _pairs(evidence, condition, annotators):
        metric = (metrics or {}).get(scheme.name) or default_metric(scheme)
        row = _compare(scheme, first, second, metric, resampling)
        if row is not None:
            rows.append(pathways | row)
    return pd.DataFrame(rows, columns=list(PAIR_COLUMNS))


def pathway_flips(
    evidence: Evidence, *, condition: str = "none", annotators: str = "all"
) -> pd.DataFrame:
    """The questions on which one pathway of a model is right and the other is wrong.

    Args:
        evidence: The run's tables.
        condition: The condition under which systems answered.
        annotators: The annotator group they are held against.

    Returns:
        A row per flip: `FLIP_COLUMNS`. `right` is the pathway that is right; a label that could not
        be read is missing. Dimensions have none: there nothing is right or wrong.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    parts: list[pd.DataFrame] = []
    for scheme, pathways, first, second in _pairs(evidence, condition, annotators):
        if first.dimension:
            continue
        pairs = _joined(first, second)
        one, other = (_is_right(scheme, pairs, side) for side in (1, 2))
        flips = pairs[one != other]
        parts.append(
            pd.DataFrame(
                {
                    **pathways,
                    "scheme": scheme.name,
                    "first_id": first.system_id,
                    "second_id": second.system_id,
                    "item_id": flips["item_id"],
                    "repeat": flips["repeat"],
                    "frame_t": flips["frame_t"],
                    "right": np.where(
                        one[one != other], pathways["first_pathway"], pathways["second_pathway"]
                    ),
                    "first_label": flips["label_1"].where(flips["status_1"] == "ok"),
                    "second_label": flips["label_2"].where(flips["status_2"] == "ok"),
                }
            )
        )
    every = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return every.reindex(columns=list(FLIP_COLUMNS))


def _pairs(
    evidence: Evidence, condition: str, annotators: str
) -> Iterator[tuple[Scheme, dict[str, str], Scored, Scored]]:
    """Systems of one model by different pathways: the scheme, who it is, first and second."""
    systems = evidence.systems.set_index("system_id")
    for name, scheme in evidence.schemes.items():
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
            who = {"model": models[0], "first_pathway": pair[0][1], "second_pathway": pair[1][1]}
            yield scheme, who, pair[0][0], pair[1][0]


def _joined(first: Scored, second: Scored) -> pd.DataFrame:
    """What both answered, side by side."""
    # `Evidence.scored` names a system's questions by item, repeat and moment.
    key = ["item_id", "repeat", "frame_t"]
    return first.rows.merge(second.rows, on=key, suffixes=("_1", "_2"))


def is_right(scheme: Scheme, label: Any, truth: Any) -> bool:
    """Whether an answered label (or set, written with "|") is what people said."""
    if scheme.multi_label:
        return bool(frozenset(str(label).split("|")) == truth)
    return bool(str(label) == truth)


def _compare(
    scheme: Scheme, first: Scored, second: Scored, metric: str, resampling: Resampling
) -> dict[str, Any] | None:
    pairs = _joined(first, second)
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
    one, other = (_is_right(scheme, pairs, side) for side in (1, 2))
    return {
        "both": int((one & other).sum()),
        "only_first": int((one & ~other).sum()),
        "only_second": int((other & ~one).sum()),
        "neither": int((~one & ~other).sum()),
    }


def _is_right(scheme: Scheme, pairs: pd.DataFrame, side: int) -> NDArray[np.bool_]:
    """Whether each answer of one side is right; one that could not be read is not."""
    columns = (pairs[name].tolist() for name in (f"status_{side}", f"label_{side}", "truth_1"))
    return np.array(
        [
            status == "ok" and is_right(scheme, label, truth)
            for status, label, truth in zip(*columns, strict=True)
        ],
        dtype=bool,
    )


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
