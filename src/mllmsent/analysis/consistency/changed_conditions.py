"""What a condition does to answers: how many flip, and how far the score moves.

A condition changes the question in a way that is named: the picture grey, the labels in another
order. So its effect is a counterfactual: the same item, the same system, one thing changed.

Answers also change by themselves. An answer flips where it differs from the plain one, over all pairs
of a plain and a changed answer to one item; where items were asked again, how often two plain answers
differ is taken off, and what is left is the condition's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.answers import UNREAD, answers_of
from mllmsent.analysis.numbers import score_columns
from mllmsent.metrics import get_metric, holm, paired_test, score_difference
from mllmsent.metrics.grouping import Grouping
from mllmsent.metrics.means import mean_scores
from mllmsent.metrics.ratio import ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.answers import Answers
    from mllmsent.analysis.evidence import Evidence, Scored
    from mllmsent.metrics import Metric, Resampling

    Floats = NDArray[np.float64]

__all__ = ["CONDITION_COLUMNS", "condition_rows"]

CONDITION_COLUMNS = (
    "scheme", "dimension", "condition", "system_id", "system", "n", "moved", "moved_low",
    "moved_high", "by_itself", "excess", "excess_low", "excess_high", "shift", "shift_low",
    "shift_high", "metric", "plain", "changed", "change", "change_low", "change_high", "p", "p_holm",
    "read_plain", "read",
)  # fmt: skip

LEAST_PERMUTATIONS = 2000
"""How many permutations a test takes at least."""


def condition_rows(
    evidence: Evidence,
    board: Answers,
    *,
    plain: str,
    conditions: Sequence[str],
    metric: str,
    resampling: Resampling,
) -> list[dict[str, Any]]:
    """What each condition does to each system in one scheme or dimension.

    Args:
        evidence: The run's tables.
        board: Plain answers.
        plain: The condition that stands for the question as it is.
        conditions: The others.
        metric: Whose change is tested.
        resampling: How intervals are made.

    Returns:
        A row per condition and system that answered under both: `CONDITION_COLUMNS`. `moved` is the
        share of labels that flip, or the mean absolute shift of numbers; `p_holm` is corrected for
        all rows.
    """
    chosen = get_metric(metric)
    scored = {name: _scored(evidence, board, name) for name in (plain, *conditions)}
    rows: list[dict[str, Any]] = []
    for condition in conditions:
        changed = answers_of(evidence, board.scheme, board.dimension, condition=condition)
        systems = [name for name in changed.systems if name in board.systems]
        moves = _moves(evidence, board, changed, systems, resampling)
        for system, move in zip(systems, moves, strict=True):
            pair = scored[condition].get(system), scored[plain].get(system)
            rows.append(
                {
                    "scheme": board.scheme.name,
                    "dimension": board.dimension or None,
                    "condition": condition,
                    "system_id": system,
                    "system": evidence.names[system],
                    **move,
                    "metric": metric,
                    **_change(chosen, *pair, resampling),
                    "read_plain": _read(evidence, board.scheme, system, plain),
                    "read": _read(evidence, board.scheme, system, condition),
                }
            )
    _test(rows, chosen, scored, plain, resampling)
    return rows


def _scored(evidence: Evidence, board: Answers, condition: str) -> dict[str, Scored]:
    return {
        entry.system_id: entry
        for entry in evidence.scored(board.scheme.name, condition=condition)
        if entry.dimension == board.dimension and entry.sample is not None
    }


def _moves(
    evidence: Evidence,
    board: Answers,
    changed: Answers,
    systems: Sequence[str],
    resampling: Resampling,
) -> list[dict[str, float]]:
    """How far each system's answers move, over the units that it answered both ways."""
    whole: list[Any] = [each.rows.index for each in (board, changed)]
    indexes = [each.droplevel("repeat") for each in whole]
    units, names = indexes[0].append(indexes[1]).factorize()
    before, after = units[: len(indexes[0])], units[len(indexes[0]) :]
    items = [str(item) for item in names.get_level_values(0)]
    grouping = Grouping.of([evidence.groups[item] for item in items], len(items))
    columns = [
        column
        for system in systems
        for column in (_shifts if board.dimension else _flips)(
            (board, changed), system, (before, after), len(items)
        )
    ]
    if not columns:
        return []
    scores = mean_scores(np.column_stack(columns), grouping, resampling, proportion=True)
    found = []
    for number in range(len(systems)):
        moved, by_itself, excess, shift = scores[4 * number : 4 * number + 4]
        found.append(
            {
                "n": int((~np.isnan(columns[4 * number])).sum()),
                **score_columns("moved", moved, "moved_"),
                "by_itself": by_itself.value,
                **score_columns("excess", excess, "excess_"),
                **score_columns("shift", shift, "shift_"),
            }
        )
    return found


def _flips(
    boards: tuple[Answers, Answers],
    system: str,
    units: tuple[NDArray[np.intp], NDArray[np.intp]],
    n_units: int,
) -> tuple[Floats, Floats, Floats, Floats]:
    """For each unit how often the answer flips, by itself, and beyond that; labels do not shift."""
    n_labels = len(boards[0].scheme.labels)
    plain, other = (
        np.bincount(
            (own * n_labels + codes)[codes != UNREAD], minlength=n_units * n_labels
        ).reshape(n_units, n_labels)
        for own, codes in zip(units, (board.codes[system] for board in boards), strict=True)
    )
    n, m = plain.sum(axis=1).astype(float), other.sum(axis=1).astype(float)
    moved = 1 - ratio((plain * other).sum(axis=1).astype(float), n * m)
    by_itself = 1 - ratio((plain * (plain - 1)).sum(axis=1).astype(float), n * (n - 1))
    by_itself = np.where(np.isnan(moved), np.nan, by_itself)
    return moved, by_itself, moved - by_itself, np.full(n_units, np.nan)


def _shifts(
    boards: tuple[Answers, Answers],
    system: str,
    units: tuple[NDArray[np.intp], NDArray[np.intp]],
    n_units: int,
) -> tuple[Floats, Floats, Floats, Floats]:
    """For each unit the absolute and the signed shift of its mean number."""
    means = []
    for own, numbers in zip(units, (board.numbers[system] for board in boards), strict=True):
        read = ~np.isnan(numbers)
        total = np.bincount(own[read], weights=numbers[read], minlength=n_units)
        count = np.bincount(own[read], minlength=n_units).astype(float)
        means.append(ratio(total.astype(float), count))
    shift = means[1] - means[0]
    unknown = np.full(n_units, np.nan)
    return np.abs(shift), unknown, unknown, shift


def _change(
    metric: Metric[Any], changed: Scored | None, plain: Scored | None, resampling: Resampling
) -> dict[str, float]:
    unknown = {
        "plain": np.nan, "changed": np.nan, "change": np.nan, "change_low": np.nan,
        "change_high": np.nan,
    }  # fmt: skip
    if changed is None or plain is None or changed.sample is None or plain.sample is None:
        return unknown
    if not set(changed.sample.grouping.names) & set(plain.sample.grouping.names):
        return unknown
    difference = score_difference(metric, changed.sample, plain.sample, resampling)
    return {
        "plain": metric(plain.sample),
        "changed": metric(changed.sample),
        **score_columns("change", difference, "change_"),
    }


def _test(
    rows: Sequence[dict[str, Any]],
    metric: Metric[Any],
    scored: dict[str, dict[str, Scored]],
    plain: str,
    resampling: Resampling,
) -> None:
    """Write p values into rows whose score changed by something, and Holm's correction of all."""
    tested = [row for row in rows if not np.isnan(row["change"])]
    # The least p value, times the number of tests, must still be able to fall below alpha.
    n = max(LEAST_PERMUTATIONS, int(np.ceil(2 * len(tested) / (1 - resampling.level))))
    for row in rows:
        row["p"] = np.nan
    for row in tested:
        system = row["system_id"]
        first, second = scored[row["condition"]][system].sample, scored[plain][system].sample
        assert first is not None
        assert second is not None
        row["p"] = paired_test(
            metric, first, second, n_permutations=n, seed=resampling.seed
        ).p_value
    for row, p in zip(rows, holm([row["p"] for row in rows]), strict=True):
        row["p_holm"] = float(p)


def _read(evidence: Evidence, scheme: Scheme, system: str, condition: str) -> float:
    said = evidence.predictions
    own = said[
        (said["scheme"] == scheme.name)
        & (said["system_id"] == system)
        & (said["condition"] == condition)
        & (said["status"] != "failed")
    ]
    return float((own["status"] == "ok").mean()) if len(own) else float("nan")
