"""Rows of the tables of `strategies`: each wording, each two of them, and all of a model's."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING, Any

from mllmsent.analysis.numbers import score_columns
from mllmsent.analysis.strategies.costs import AnswerCost
from mllmsent.metrics import holm
from mllmsent.metrics.distributions import down_to_chance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.analysis.strategies.changes import Changes
    from mllmsent.analysis.strategies.families import Family
    from mllmsent.analysis.strategies.scores import Scoring
    from mllmsent.metrics import Score

__all__ = ["pair_rows", "sensitivity_row", "strategy_rows"]

POINT = 0.01
"""Of a metric: what a cost per point is per."""


def strategy_rows(
    family: Family,
    pairs: Sequence[Mapping[str, Any]],
    changes: Changes,
    scoring: Scoring,
    costs: Mapping[str, AnswerCost],
) -> list[dict[str, Any]]:
    """A row for each wording of a family, the plain one first.

    Args:
        family: The family.
        pairs: Its rows of `pair_rows`.
        changes: How its answers differ.
        scoring: How good they are.
        costs: System to what its answers cost.
    """
    scored = scoring.family(family)
    p_holm = {frozenset((row["first_id"], row["second_id"])): row["p_holm"] for row in pairs}
    rows = []
    for system in sorted(family.wordings, key=lambda name: name != family.plain):
        score, gain = None, None
        if scored is not None and scoring.scores is not None and system in scored.wordings:
            score = scoring.scores.score(system)
            if system != scored.plain:
                gain = scoring.scores.gain(system, scored.plain)
        corrected = p_holm.get(frozenset((system, family.plain)), math.nan)
        own, plain = (costs.get(name, AnswerCost()) for name in (system, family.plain))
        rows.append(
            {
                "family": family.name,
                "system_id": system,
                "strategy": family.wordings[system],
                "plain": system == family.plain,
                "metric": scoring.metric_name,
                "n_items": scoring.n_items,
                "read": changes.read[system],
                **score_columns("score", score),
                **score_columns("gain", gain, "gain_"),
                "gain_p_holm": corrected,
                "usd_per_1000": own.usd,
                "tokens_per_1000": own.tokens,
                "latency_s": own.latency_s,
                **_cost_of_gain(own, plain, gain, is_sure=corrected <= 1 - scoring.level),
            }
        )
    return rows


def pair_rows(family: Family, changes: Changes, scoring: Scoring) -> list[dict[str, Any]]:
    """A row for each two wordings of a family, tests corrected within it.

    Args:
        family: The family.
        changes: How its answers differ.
        scoring: How good they are.
    """
    scored = scoring.family(family)
    rows = []
    for one, other in combinations(family.wordings, 2):
        both = scored is not None and {one, other} <= scored.wordings.keys()
        score = scoring.scores.gain(one, other) if both and scoring.scores is not None else None
        rows.append(
            {
                "family": family.name,
                "first_id": one,
                "first": family.wordings[one],
                "second_id": other,
                "second": family.wordings[other],
                "metric": scoring.metric_name,
                **score_columns("difference", score),
                "p": scoring.p.get((one, other), math.nan),
                "wins": scoring.wins.get((one, other)),
                "losses": scoring.wins.get((other, one)),
                **changes.pairs[one, other],
            }
        )
    corrected = holm([row["p"] for row in rows])
    return [row | {"p_holm": float(p)} for row, p in zip(rows, corrected, strict=True)]


def sensitivity_row(family: Family, changes: Changes, scoring: Scoring) -> dict[str, Any]:
    """How far scores and answers move over all wordings of a family.

    Args:
        family: The family.
        changes: How its answers differ.
        scoring: How good they are.
    """
    row: dict[str, Any] = {
        "family": family.name,
        "strategies": len(family.wordings),
        "metric": scoring.metric_name,
        "n_items": scoring.n_items,
        "n": changes.n,
        "measure": changes.measure,
        **score_columns("changed", changes.changed, "changed_"),
        **score_columns("spread", None, "spread_"),
        **score_columns("sd", None, "sd_"),
        "spread_by_chance": math.nan,
        "spread_p": math.nan,
        "best": None,
        "worst": None,
    }
    scored = scoring.family(family)
    if scored is None or scoring.scores is None:
        return row
    systems = list(scored.wordings)
    spread, by_chance, p = scoring.scores.spread(systems)
    order = scoring.scores.best_first(systems)
    return row | {
        **score_columns("spread", down_to_chance(spread, p), "spread_"),
        **score_columns("sd", down_to_chance(scoring.scores.deviation(systems), p), "sd_"),
        "spread_by_chance": by_chance,
        "spread_p": p,
        "best": scored.wordings[order[0]],
        "worst": scored.wordings[order[-1]],
    }


def _cost_of_gain(
    own: AnswerCost, plain: AnswerCost, gain: Score | None, *, is_sure: bool
) -> dict[str, Any]:
    """What a point costs more than in the plain wording; nothing where there is no gain."""
    # Where everything is free, as with local models, tokens say what there is to say.
    priced = own.usd + plain.usd > 0
    extra = own.usd - plain.usd if priced else own.tokens - plain.tokens
    row: dict[str, Any] = {
        "extra_cost": math.nan if gain is None else extra,
        "cost_in": "USD" if priced else "tokens",
        **dict.fromkeys(("cost_per_point", "cost_low", "cost_high"), math.nan),
        "cost_note": "",
    }
    if gain is None:
        return row
    if not gain.interval.low > 0:
        return row | {"cost_note": "no gain beyond its interval"}
    if not is_sure:
        return row | {"cost_note": "no gain by the corrected test"}
    if math.isnan(extra):
        return row | {"cost_note": "not known"}
    if extra <= 0:
        return row | {"cost_note": "a gain that costs no more"}
    ends = (gain.value, gain.interval.high, gain.interval.low)
    names = ("cost_per_point", "cost_low", "cost_high")
    return row | {name: extra * POINT / end for name, end in zip(names, ends, strict=True)}
