"""The leaderboard: systems ranked within one protocol, with intervals and who cannot be told apart.

A row per system and scheme (and dimension). Scores are over every row that was asked and answered:
what could not be read, or was refused, counts as wrong for labels and is left out for dimensions,
where the worst case stands beside the score. Rows without an answer are excluded; a system with
any is incomplete, and with more than 1 % of them it is not ranked.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from mllmsent.metrics import (
    LabelSample,
    Resampling,
    evaluate,
    fold_mean,
    get_metric,
    metrics_for,
    paired_tests,
    sample_kind,
    significance_letters,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.evidence import Evidence, Scored
    from mllmsent.metrics import Metric

__all__ = ["MOST_FAILED", "Leaderboard", "default_metric", "leaderboard"]

TEST_COLUMNS = (
    "first", "second", "first_id", "second_id", "metric", "difference", "p", "p_holm", "n_groups",
    "permutations", "exact",
)  # fmt: skip

LEAST_PERMUTATIONS = 10_000
"""How many permutations a paired test takes at least."""

MOST_FAILED = 0.01
"""With a larger share of questions that had no answer, a system is not ranked."""


@dataclass(frozen=True)
class Leaderboard:
    """The leaderboard of a run.

    Attributes:
        rows: A row per system and scheme (and dimension), best first within each.
        metrics: Scheme to the metric it is ranked by.
        differences: Scheme (with "/dimension" where it has one) to the paired tests between
            systems that share items: columns first, second (with their ids), metric, difference,
            p, p_holm, n_groups, permutations, exact.
    """

    rows: pd.DataFrame
    metrics: Mapping[str, str]
    differences: Mapping[str, pd.DataFrame]


def default_metric(scheme: Scheme) -> str:
    """What systems are ranked by unless a study says otherwise."""
    return "ccc" if scheme.kind == "dimensional" else "macro_f1"


def leaderboard(
    evidence: Evidence,
    *,
    metrics: Mapping[str, str] | None = None,
    resampling: Resampling | None = None,
    condition: str = "none",
    annotators: str = "all",
) -> Leaderboard:
    """Rank the systems of a run.

    Args:
        evidence: The run's tables.
        metrics: Scheme to the metric to rank by; `default_metric` where absent.
        resampling: How intervals are made, and how many permutations a test takes.
        condition: The condition under which systems answered.
        annotators: The annotator group they are held against.

    Returns:
        The ranking; schemes without targets have no rows.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    resampling = resampling or Resampling()
    ranked_by = {
        name: (metrics or {}).get(name) or default_metric(scheme)
        for name, scheme in evidence.schemes.items()
    }
    tables: list[pd.DataFrame] = []
    differences: dict[str, pd.DataFrame] = {}
    for name, scheme in evidence.schemes.items():
        scored = evidence.scored(name, condition=condition, annotators=annotators)
        for dimension in scheme.dimension_names or ("",):
            board = [entry for entry in scored if entry.dimension == dimension]
            if not board:
                continue
            shown = metrics_for(sample_kind(scheme), n_labels=len(scheme.labels) or None)
            rows = pd.DataFrame([_row(evidence, entry, shown, resampling) for entry in board])
            rows["metric"], rows["condition"] = ranked_by[name], condition
            rows, tests = _ranked(rows, board, ranked_by[name], resampling)
            tables.append(rows)
            differences[f"{name}/{dimension}" if dimension else name] = tests
    return Leaderboard(
        rows=pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(),
        metrics=ranked_by,
        differences=differences,
    )


def _row(
    evidence: Evidence, entry: Scored, shown: Sequence[Metric[Any]], resampling: Resampling
) -> dict[str, Any]:
    system = evidence.systems.set_index("system_id").loc[entry.system_id]
    row: dict[str, Any] = {
        "scheme": entry.scheme,
        "dimension": entry.dimension or None,
        "system": entry.name,
        "system_id": entry.system_id,
        **{
            part: system[part]
            for part in ("model", "pathway", "strategy", "classifier", "readout", "language")
        },
        "n": entry.n,
        "n_items": entry.n_items,
        "coverage": entry.coverage,
        "unparsed": entry.share("unparsed"),
        "refused": entry.share("refused"),
        "failed": entry.n_failed,
        "complete": entry.n_failed == 0,
        "ranked": entry.failed_share <= MOST_FAILED and entry.sample is not None,
        "unranked_because": ""
        if entry.failed_share <= MOST_FAILED
        else f"{entry.failed_share:.1%} of its questions had no answer",
    }
    if entry.sample is None:
        return row
    evaluation = evaluate(shown, entry.sample, resampling)
    for name, score in evaluation.scores.items():
        row[name] = score.value
        row[f"{name}_low"], row[f"{name}_high"] = score.interval.low, score.interval.high
    # Where every answer was read, the worst case is the score itself.
    for metric in shown:
        if metric.unread_rows == "left out":
            own = evaluation.scores[metric.name].value
            row[f"{metric.name}_worst"] = evaluation.worst.get(metric.name, own)
    folds = entry.rows["fold"]
    if isinstance(entry.sample, LabelSample) and folds.notna().all():
        # The published comparison: the mean over folds of each fold's own score.
        by_fold = fold_mean(
            get_metric("weighted_f1"), entry.sample, folds.astype(int).tolist(), resampling
        )
        row["weighted_f1_folds"] = by_fold.mean.value
        row["weighted_f1_folds_low"] = by_fold.mean.interval.low
        row["weighted_f1_folds_high"] = by_fold.mean.interval.high
    return row


def _ranked(
    rows: pd.DataFrame, board: Sequence[Scored], metric: str, resampling: Resampling
) -> tuple[pd.DataFrame, pd.DataFrame]:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    chosen = get_metric(metric)
    if metric not in rows:
        rows[metric] = float("nan")
    # What has no score (nothing could be read, say) has no place in a ranking.
    undefined = rows["ranked"] & rows[metric].isna()
    rows.loc[undefined, "unranked_because"] = f"it has no {metric}: too little could be read"
    rows["ranked"] &= ~undefined
    rows = rows.sort_values(
        ["ranked", metric],
        ascending=[False, not chosen.higher_is_better],
        na_position="last",
        kind="stable",
    ).reset_index(drop=True)
    rows["rank"] = pd.array(
        [position + 1 if ranked else None for position, ranked in enumerate(rows["ranked"])],
        dtype="Int64",
    )
    samples = {entry.system_id: entry.sample for entry in board if entry.sample is not None}
    names = {entry.system_id: entry.name for entry in board}
    order = [
        str(system)
        for system, ranked in zip(rows["system_id"], rows["ranked"], strict=True)
        if ranked
    ]
    alpha = 1 - resampling.level
    items = {entry.system_id: frozenset(entry.rows["item_id"]) for entry in board}
    # Systems that answered different items cannot be tested against each other, be they of one group.
    pairs = [
        (one, other)
        for one, other in combinations(order, 2)
        if not items[one].isdisjoint(items[other])
    ]
    tests = paired_tests(
        chosen,
        {system: samples[system] for system in order},
        pairs=pairs,
        # The least p value is one in so many permutations; times the number of pairs, which is
        # Holm's first step, it must still be able to fall below alpha.
        n_permutations=max(LEAST_PERMUTATIONS, math.ceil(2 * len(pairs) / alpha)),
        seed=resampling.seed,
    )
    different = [(test.first, test.second) for test in tests if test.p_holm <= alpha]
    letters = significance_letters(order, different)
    rows["group"] = [letters.get(system, "") for system in rows["system_id"]]
    first = ["rank", "system", "scheme", "dimension", "group"]
    table = pd.DataFrame(
        [
            {
                "first": names[test.first],
                "second": names[test.second],
                "first_id": test.first,
                "second_id": test.second,
                "metric": metric,
                "difference": test.difference,
                "p": test.p_value,
                "p_holm": test.p_holm,
                "n_groups": test.n_groups,
                "permutations": test.n_permutations,
                "exact": test.exact,
            }
            for test in tests
        ],
        columns=list(TEST_COLUMNS),
    )
    return rows[[*first, *(c for c in rows.columns if c not in first)]], table
