"""How large are the differences between systems, and how many items would show them?

The leaderboard's paired permutation tests, with Holm's correction, say which two systems can be told
apart by the metric that ranks them. Beside each test stands how large the difference is, with its
interval from drawing the same groups of items for both, and an effect size, question by question.
For labels these are the questions on which only one of the two is right: Cohen's g is the share of
them that the first wins, less one half, and the matched odds ratio is their odds (McNemar 1947;
Cohen 1988). For numbers it is the mean difference of the two absolute errors over its standard
deviation, d_z (Lakens 2013). Everything is said of the first system, which the leaderboard ranks
higher: positive, and above 1 for odds, is in its favor, also where less of a metric is better.

`detectable` is the smallest true difference that these items would show with a power of 80 % in a
test of this pair alone, at the study's level. `needed_items` is how many items would show a true
difference as large as the observed one; `needed_low` and `needed_high` are those for the ends of its
interval, endless where that holds 0. Both take the standard error of the bootstrap, which falls with
the square root of the number of groups. They plan a next study and add nothing to the test of this
one (Hoenig and Heisey 2001). A correction for many pairs takes more items.

A secondary test stands in a table of its own, `folds`, where predictions have folds: the corrected
resampled t test of Nadeau and Bengio (Machine Learning 52, 2003, 239-281) of the metric within each
fold. It is there because published comparisons use it; it knows five numbers per pair where the
permutation test knows every item, and is made for systems that learn anew in each fold.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mllmsent.analysis.boards import board_title
from mllmsent.analysis.comparison.fold_tests import fold_tests
from mllmsent.analysis.comparison.words import comparison_statements
from mllmsent.analysis.found import Analysis, Found, Statement
from mllmsent.analysis.merits import Merits
from mllmsent.analysis.numbers import score_columns
from mllmsent.metrics import (
    Interval,
    Resampling,
    Score,
    detectable_difference,
    get_metric,
    groups_needed,
    paired_differences,
    standardized_differences,
    win_shares,
)
from mllmsent.metrics.grouping import Grouping

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.evidence import Evidence, Scored
    from mllmsent.analysis.leaderboard import Leaderboard
    from mllmsent.analysis.material import Material
    from mllmsent.metrics import Metric, PairedDifference, PairEffect

__all__ = ["COMPARISON", "find_comparison", "in_favor"]

PAIR_COLUMNS = (
    "scheme", "dimension", "first_id", "first", "second_id", "second", "metric", "n", "n_items",
    "n_groups", "difference", "low", "high", "p", "p_holm", "apart", "wins", "ties", "losses",
    "effect", "size", "size_low", "size_high", "odds_ratio", "odds_low", "odds_high", "detectable",
    "needed_items", "needed_low", "needed_high",
)  # fmt: skip
FOLD_COLUMNS = (
    "scheme", "dimension", "first_id", "first", "second_id", "second", "metric", "n_folds",
    "difference", "low", "high", "t", "df", "p", "p_holm",
)  # fmt: skip


def find_comparison(
    evidence: Evidence,
    board: Leaderboard,
    *,
    resampling: Resampling | None = None,
    condition: str = "none",
) -> Found:
    """How large the differences between systems are; see the module.

    Args:
        evidence: The run's tables.
        board: Its leaderboard, whose tests are taken as they are.
        resampling: How intervals are made; its level is also that of the tests.
        condition: The condition under which systems answered.

    Returns:
        Statements, the tables `pairs` and `folds`, and what could not be computed.
    """
    resampling = resampling or Resampling()
    pairs: list[dict[str, Any]] = []
    folds: list[dict[str, Any]] = []
    statements: list[Statement] = []
    lacking: list[str] = []
    has_folds = bool(evidence.predictions["fold"].notna().any())
    for scheme in evidence.schemes.values():
        scored = evidence.scored(scheme.name, condition=condition)
        for dimension in scheme.dimension_names or ("",):
            title = board_title(scheme, dimension)
            known = {
                entry.system_id: entry
                for entry in scored
                if entry.dimension == dimension and entry.sample is not None
            }
            tests = board.differences.get(f"{scheme.name}/{dimension}" if dimension else title)
            if not known:
                lacking.append(f"{title}: nothing could be scored, so nothing can be compared.")
                continue
            n_tests = 0 if tests is None else len(tests)
            if strangers := _ranked_pairs(board, scheme.name, dimension) - n_tests:
                lacking.append(
                    f"{title}: pairs of systems that answered no common item: {strangers}."
                )
            if tests is None or not n_tests:
                if not strangers:
                    lacking.append(f"{title}: there are no two ranked systems to compare.")
                continue
            metric = get_metric(board.metrics[scheme.name])
            own = _pairs(scheme, known, tests, metric, resampling)
            pairs += own
            if has_folds:
                by_fold, why_not = fold_tests(known, own, metric, resampling.level)
                folds += by_fold
                lacking += [f"{title}: {reason}" for reason in why_not]
            statements += [
                Statement(text, scheme.name, dimension)
                for text in comparison_statements(own, metric, resampling.level)
            ]
    if pairs and not has_folds:
        lacking.append("No prediction has a fold, so there is no test over folds.")
    return _found(pairs, folds, statements, lacking)


def _ranked_pairs(board: Leaderboard, scheme: str, dimension: str) -> int:
    """How many pairs the ranked systems of a scheme or dimension make."""
    rows = board.rows[(board.rows["scheme"] == scheme) & board.rows["ranked"]]
    n = int((rows["dimension"] == dimension).sum()) if dimension else len(rows)
    return n * (n - 1) // 2


def in_favor(metric: Metric[Any], score: Score) -> Score:
    """A difference of a metric such that positive says that the first is better."""
    if metric.higher_is_better:
        return score
    own = score.interval
    turned = Interval(-own.high, -own.low, own.level, own.method, own.n_groups, own.n_resamples)
    return Score(-score.value, turned)


def _pairs(
    scheme: Scheme,
    known: Mapping[str, Scored],
    tests: pd.DataFrame,
    metric: Metric[Any],
    resampling: Resampling,
) -> list[dict[str, Any]]:
    names = list(zip(tests["first_id"], tests["second_id"], strict=True))
    ranked = dict.fromkeys(name for pair in names for name in pair)
    dimension = next(iter(known.values())).dimension
    samples = {name: sample for name in ranked if (sample := known[name].sample) is not None}
    differences = paired_differences(metric, samples, names, resampling)
    merits = Merits.of(scheme, [known[name] for name in ranked])
    place = {name: number for number, name in enumerate(ranked)}
    columns = [(place[one], place[other]) for one, other in names]
    grouping = Grouping(tuple(range(merits.n_groups)), merits.group)
    measure = standardized_differences if dimension else win_shares
    alone = merits.merits[:, : len(place)]
    effects = measure(alone, columns, grouping, resampling)
    items = {name: frozenset(known[name].rows["item_id"]) for name in ranked}
    rows = []
    for test, difference, effect in zip(
        tests.to_dict(orient="records"), differences, effects, strict=True
    ):
        n_items = len(items[difference.first] & items[difference.second])
        rows.append(
            {
                "scheme": scheme.name,
                "dimension": dimension or None,
                "first_id": difference.first,
                "first": known[difference.first].name,
                "second_id": difference.second,
                "second": known[difference.second].name,
                "metric": metric.name,
                "n": effect.n,
                "n_items": n_items,
                "n_groups": difference.n_groups,
                **score_columns("difference", in_favor(metric, difference.score)),
                "p": test["p"],
                "p_holm": test["p_holm"],
                "apart": bool(test["p_holm"] <= 1 - resampling.level),
                "wins": effect.wins,
                "ties": effect.ties,
                "losses": effect.losses,
                **(_standardized(effect) if dimension else _discordant(effect)),
                **_planning(difference, n_items, resampling.level),
            }
        )
    return rows


def _standardized(effect: PairEffect) -> dict[str, Any]:
    none = dict.fromkeys(("odds_ratio", "odds_low", "odds_high"), math.nan)
    return {"effect": "d_z"} | score_columns("size", effect.size, "size_") | none


def _discordant(effect: PairEffect) -> dict[str, Any]:
    share = score_columns("size", effect.size, "size_")
    odds = {
        name: number / (1 - number) if number != 1 else math.inf
        for name, number in zip(
            ("odds_ratio", "odds_low", "odds_high"), share.values(), strict=True
        )
    }
    return {
        "effect": "Cohen's g",
        **{name: number - 0.5 for name, number in share.items()},
        **odds,
    }


def _found(
    pairs: list[dict[str, Any]],
    folds: list[dict[str, Any]],
    statements: list[Statement],
    lacking: list[str],
) -> Found:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    return Found(
        statements=tuple(statements),
        tables={
            "pairs": pd.DataFrame(pairs, columns=list(PAIR_COLUMNS)),
            "folds": pd.DataFrame(folds, columns=list(FOLD_COLUMNS)),
        },
        lacking=tuple(lacking),
    )


def _planning(difference: PairedDifference, n_items: int, level: float) -> dict[str, float]:
    """What these items could show, and how many it would take to show what was observed."""
    interval = difference.score.interval
    ends = [abs(interval.low), abs(interval.high)]
    holds_zero = interval.low <= 0 <= interval.high
    items_per_group = n_items / difference.n_groups

    def items(of: float) -> float:
        groups = groups_needed(of, difference.spread, difference.n_groups, level=level)
        return math.ceil(groups * items_per_group - 1e-9) if math.isfinite(groups) else groups

    return {
        "detectable": detectable_difference(difference.spread, level=level),
        "needed_items": items(difference.score.value),
        "needed_low": items(max(ends)),
        "needed_high": items(0.0 if holds_zero else min(ends)),
    }


def _of_run(material: Material) -> Found:
    return find_comparison(
        material.evidence,
        material.board(),
        resampling=material.resampling,
        condition=material.condition,
    )


COMPARISON = Analysis(
    name="comparison",
    title="How large the differences are",
    question="By how much do systems differ, and how many items would it take to show it?",
    find=_of_run,
    tables={
        "pairs": "two systems in one scheme or dimension",
        "folds": "the same by a secondary test over folds, where predictions have folds",
    },
)
