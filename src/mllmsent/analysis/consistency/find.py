"""Does a system say the same twice? Asked again, in other words, and under other conditions.

- **Repeats**: the same system and item, asked again.
- **Wordings**: systems that differ by strategy only; see `variants`. Where items were asked again,
  wordings are held against each other repeat by repeat.
- **Conditions**: the question changed in a way that is named, against the plain one.

For repeats and wordings, labels: how often two answers to one item are the same, the share of the
most frequent answer (self-consistency; Wang et al. 2023), the share of items that get more than one
answer, and Krippendorff's alpha at the scheme's level, nominal or ordinal, which takes off what
chance gives. Numbers: the standard deviation within an item, alpha at the interval level, and
ICC(2,1) on the items with every answer (Shrout and Fleiss 1979).

Whether saying the same tells being right: the most frequent answer's accuracy (of tied answers each
in part) where all answers are the same and where they are not, and the area under the ROC curve of
the share of the most frequent answer.

For conditions: the share of answers that flip (numbers: how far they shift), beyond what they do by
themselves where items were asked again; and how far the ranked metric moves, by a paired permutation
test with Holm's correction over all systems and conditions of a scheme.

Intervals come from drawing groups of items again. An answer that could not be read is no answer, so
it is no disagreement; how many were read stands in the tables. Saying the same is not being right: a
system that always says one thing is wholly consistent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mllmsent.analysis.answers import answers_of
from mllmsent.analysis.consistency.answered_again import over_repeats, over_wordings
from mllmsent.analysis.consistency.changed_conditions import CONDITION_COLUMNS, condition_rows
from mllmsent.analysis.consistency.words import condition_statements, within_statements
from mllmsent.analysis.found import Analysis, Found, Statement
from mllmsent.analysis.leaderboard import default_metric
from mllmsent.analysis.numbers import score_columns
from mllmsent.metrics import Resampling, intraclass_correlation
from mllmsent.metrics.discrimination import area_under_roc
from mllmsent.metrics.means import draw_tables
from mllmsent.metrics.ratio import ratio
from mllmsent.metrics.repeatability import label_repeatability, modal_share, rating_repeatability

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from mllmsent.analysis.consistency.answered_again import AnsweredAgain
    from mllmsent.analysis.evidence import Evidence
    from mllmsent.analysis.material import Material

__all__ = ["CONSISTENCY", "find_consistency"]

WITHIN_COLUMNS = (
    "scheme", "dimension", "over", "system_id", "system", "answers", "n", "n_items", "read", "same",
    "same_low", "same_high", "modal", "modal_low", "modal_high", "changes", "changes_low",
    "changes_high", "within_sd", "within_sd_low", "within_sd_high", "measure", "alpha", "alpha_low",
    "alpha_high", "icc",
)  # fmt: skip
TELLING_COLUMNS = (
    "scheme", "over", "system_id", "system", "n_same", "right_same", "right_same_low",
    "right_same_high", "n_other", "right_other", "right_other_low", "right_other_high", "gap",
    "gap_low", "gap_high", "area", "area_low", "area_high",
)  # fmt: skip

SETS = "consistency is of one label or number per answer."
NOT_AGAIN = {
    "repeats": "no item was asked twice of a system and answered twice.",
    "wordings": "no two systems that differ by strategy only answered the same item.",
}
ONE_CONDITION = "every question was asked under one condition only."


def find_consistency(
    evidence: Evidence,
    *,
    metrics: Mapping[str, str] | None = None,
    resampling: Resampling | None = None,
    condition: str = "none",
) -> Found:
    """How consistent each system is; see the module.

    Args:
        evidence: The run's tables.
        metrics: Scheme to the metric whose change under a condition is tested; `default_metric`
            where absent.
        resampling: How intervals are made.
        condition: The condition that stands for the question as it is.

    Returns:
        Statements, the tables `within`, `telling` and `conditions`, and what could not be computed.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    resampling = resampling or Resampling()
    within: list[dict[str, Any]] = []
    telling: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    statements: list[Statement] = []
    lacking: dict[str, list[str]] = {}
    for scheme in evidence.schemes.values():
        if scheme.multi_label or scheme.open_vocabulary:
            lacking.setdefault(SETS, []).append(scheme.name)
            continue
        conditions = _other_conditions(evidence, scheme.name, condition)
        for dimension in scheme.dimension_names or ("",):
            board = answers_of(evidence, scheme, dimension, condition=condition)
            for again in (over_repeats(evidence, board), over_wordings(evidence, board)):
                rows = _within(evidence, again, condition, resampling) if again.raters else []
                told = [] if dimension else _telling(evidence, again, resampling)
                within += rows
                telling += told
                statements += within_statements(board, again.over, rows, told)
                if not any(row["n"] for row in rows):
                    lacking.setdefault(NOT_AGAIN[again.over], []).append(board.title)
            if conditions:
                metric = (metrics or {}).get(scheme.name) or default_metric(scheme)
                rows = condition_rows(
                    evidence,
                    board,
                    plain=condition,
                    conditions=conditions,
                    metric=metric,
                    resampling=resampling,
                )
                changed += rows
                statements += condition_statements(board, rows, 1 - resampling.level)
            else:
                lacking.setdefault(ONE_CONDITION, []).append(board.title)
    return Found(
        statements=tuple(statements),
        tables={
            "within": pd.DataFrame(within, columns=list(WITHIN_COLUMNS)),
            "telling": pd.DataFrame(telling, columns=list(TELLING_COLUMNS)),
            "conditions": pd.DataFrame(changed, columns=list(CONDITION_COLUMNS)),
        },
        lacking=tuple(f"{'; '.join(where)}: {why}" for why, where in lacking.items()),
    )


def _other_conditions(evidence: Evidence, scheme: str, plain: str) -> list[str]:
    said = evidence.predictions
    asked = said.loc[said["scheme"] == scheme, "condition"].unique()
    return [str(name) for name in asked if name != plain]


def _within(
    evidence: Evidence, again: AnsweredAgain, condition: str, resampling: Resampling
) -> list[dict[str, Any]]:
    """How alike each rater's answers to one item are."""
    scheme, dimension = again.board.scheme, again.board.dimension
    measures: dict[str, dict[str, Any]] = {}
    if dimension:
        scale = scheme.dimension(dimension)
        moments = again.moments((scale.low + scale.high) / 2)
        for name, found in rating_repeatability(moments, again.grouping, resampling).items():
            measures[name] = {
                "n": found.n,
                **score_columns("within_sd", found.within_sd, "within_sd_"),
                "measure": "alpha, interval",
                **score_columns("alpha", found.alpha, "alpha_"),
                "icc": _icc(again.numbers[name]),
            }
    else:
        level: Literal["nominal", "ordinal"] = "ordinal" if scheme.kind == "ordered" else "nominal"
        repeated = label_repeatability(again.counts, again.grouping, level, resampling)
        for name, said in repeated.items():
            measures[name] = {
                "n": said.n,
                **score_columns("same", said.same, "same_"),
                **score_columns("modal", said.modal, "modal_"),
                **score_columns("changes", said.changes, "changes_"),
                "measure": f"alpha, {level}",
                **score_columns("alpha", said.alpha, "alpha_"),
            }
    items = np.array(again.items)
    asked = evidence.predictions
    asked = asked[
        (asked["scheme"] == scheme.name)
        & (asked["condition"] == condition)
        & (asked["status"] != "failed")
    ]
    rows = []
    for name, title in again.raters.items():
        own = asked[asked["system_id"].isin(list(again.systems[name]))]
        rows.append(
            {
                "scheme": scheme.name,
                "dimension": dimension or None,
                "over": again.over,
                "system_id": name,
                "system": title,
                "answers": again.most[name],
                "n_items": len(np.unique(items[_paired(again, name)])),
                "read": float((own["status"] == "ok").mean()),
                **measures[name],
            }
        )
    return rows


def _paired(again: AnsweredAgain, name: str) -> NDArray[np.bool_]:
    """Which units have two answers or more."""
    if again.board.dimension:
        paired: NDArray[np.bool_] = (~np.isnan(again.numbers[name])).sum(axis=1) >= 2
        return paired
    return np.asarray(again.counts[name].sum(axis=1) >= 2)


def _icc(numbers: NDArray[np.float64]) -> float:
    complete = numbers[~np.isnan(numbers).any(axis=1)]
    if len(complete) < 2 or complete.shape[1] < 2:
        return float("nan")
    return intraclass_correlation(complete)[0]


def _telling(
    evidence: Evidence, again: AnsweredAgain, resampling: Resampling
) -> list[dict[str, Any]]:
    """Whether the most frequent answer is right more often where all answers are the same."""
    scheme = again.board.scheme
    truth = evidence.truth(scheme.name)
    place = {label: code for code, label in enumerate(scheme.label_names)}
    codes = np.array([place.get(truth.get(item, ""), -1) for item in again.items], dtype=np.intp)
    rows = []
    for name, title in again.raters.items():
        counts = again.counts[name]
        known = _paired(again, name) & (codes >= 0)
        if not known.any():
            continue
        top = counts == counts.max(axis=1, keepdims=True)
        right = top[np.arange(len(codes)), codes] / top.sum(axis=1)
        share = np.where(known, modal_share(counts), np.nan)
        same = known & (share == 1)
        other = known & ~same
        table = np.column_stack([same, same * right, other, other * right])
        drawn = draw_tables([table], again.grouping, resampling)[0]
        groups = [len(np.unique(again.grouping.index[rows])) for rows in (same, other)]
        all_same = drawn.score(
            lambda sums: ratio(sums[:, 1], sums[:, 0]), proportion=True, n_units=groups[0]
        )
        not_same = drawn.score(
            lambda sums: ratio(sums[:, 3], sums[:, 2]), proportion=True, n_units=groups[1]
        )
        gap = drawn.score(
            lambda sums: ratio(sums[:, 1], sums[:, 0]) - ratio(sums[:, 3], sums[:, 2])
        )
        rows.append(
            {
                "scheme": scheme.name,
                "over": again.over,
                "system_id": name,
                "system": title,
                "n_same": int(same.sum()),
                **score_columns("right_same", all_same, "right_same_"),
                "n_other": int(other.sum()),
                **score_columns("right_other", not_same, "right_other_"),
                **score_columns("gap", gap, "gap_"),
                **score_columns(
                    "area", area_under_roc(share, right, again.grouping, resampling), "area_"
                ),
            }
        )
    return rows


def _of_run(material: Material) -> Found:
    return find_consistency(
        material.evidence,
        metrics=material.metrics,
        resampling=material.resampling,
        condition=material.condition,
    )


CONSISTENCY = Analysis(
    name="consistency",
    title="Whether a system says the same twice",
    question="Does a system give the same answer again, in other words, and under other conditions?",
    find=_of_run,
    tables={
        "within": "a system over its repeats, or a model over its wordings",
        "telling": "whether answers that are the same are right more often",
        "conditions": "a system under one condition, against the plain question",
    },
)
