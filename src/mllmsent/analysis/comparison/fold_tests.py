"""The secondary test of a comparison: the corrected resampled t test over folds, pair by pair."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.numbers import score_columns
from mllmsent.metrics import corrected_resampled_t, fold_scores, holm
from mllmsent.metrics.grouping import Grouping

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    import pandas as pd

    from mllmsent.analysis.evidence import Scored
    from mllmsent.metrics import Metric

__all__ = ["fold_tests"]

NAMES = ("scheme", "dimension", "first_id", "first", "second_id", "second", "metric")


def fold_tests(
    systems: Mapping[str, Scored],
    pairs: Sequence[Mapping[str, Any]],
    metric: Metric[Any],
    level: float,
) -> tuple[list[dict[str, Any]], list[str]]:
    """Test pairs of systems over the folds in which both were tested.

    Args:
        systems: System to its answers.
        pairs: Rows with the names of pairs; see `NAMES`.
        metric: What to compare by.
        level: Nominal coverage of the intervals.

    Returns:
        A row for each pair that has folds in common, and why others have none.
    """
    folded = {
        name: entry for name, entry in systems.items() if bool(entry.rows["fold"].notna().all())
    }
    asked = [row for row in pairs if row["first_id"] in folded and row["second_id"] in folded]
    if not asked:
        return [], ["no two systems have folds, so there is no test over folds."]
    scores = _Scores(metric, folded)
    rows, apart = [], 0
    for row in asked:
        one, other = scores.of_pair(row["first_id"], row["second_id"])
        folds = [
            fold
            for fold in one
            if not (math.isnan(one[fold]) or math.isnan(other.get(fold, math.nan)))
        ]
        if len(folds) < 2 or one.keys() != other.keys():
            apart += 1
            continue
        sign = 1 if metric.higher_is_better else -1
        test = corrected_resampled_t(
            [sign * (one[fold] - other[fold]) for fold in folds],
            # In k folds of a cross-validation one is tested and the others are learned from.
            1 / (len(one) - 1),
            level=level,
        )
        rows.append(
            {name: row[name] for name in NAMES}
            | {"n_folds": len(folds)}
            | score_columns("difference", test.mean)
            | {"t": test.t, "df": test.df, "p": test.p_value}
        )
    corrected = holm([row["p"] for row in rows])
    found = [row | {"p_holm": float(p)} for row, p in zip(rows, corrected, strict=True)]
    why = [f"{apart} pairs of systems were tested in other folds, or in one only."] if apart else []
    return found, why


class _Scores:
    """Scores by fold of two systems on the rows that both answered; equal ones are made once."""

    def __init__(self, metric: Metric[Any], systems: Mapping[str, Scored]) -> None:
        self._metric = metric
        self._systems = systems
        self._keys = {name: _questions(entry.rows) for name, entry in systems.items()}
        self._known: dict[tuple[str, bytes], dict[Hashable, float]] = {}

    def of_pair(
        self, first: str, second: str
    ) -> tuple[dict[Hashable, float], dict[Hashable, float]]:
        """Fold to score of each, on questions that both were asked in the same fold."""
        one, other = self._keys[first], self._keys[second]
        return self._of(first, one.isin(other)), self._of(second, other.isin(one))

    def _of(self, name: str, shared: Any) -> dict[Hashable, float]:
        key = (name, np.packbits(shared).tobytes())
        if key not in self._known:
            entry = self._systems[name]
            rows = np.flatnonzero(shared)
            assert entry.sample is not None
            sample = entry.sample.rows(rows, Grouping.of(None, len(rows)))
            folds = entry.rows["fold"].to_numpy(dtype=np.intp)[rows].tolist()
            self._known[key] = fold_scores(self._metric, sample, folds) if len(rows) else {}
        return self._known[key]


def _questions(rows: pd.DataFrame) -> pd.MultiIndex:
    """What was asked, and in which fold it was tested."""
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    return pd.MultiIndex.from_frame(
        rows[["item_id", "repeat", "frame_t", "fold"]].fillna({"frame_t": -1.0})
    )
