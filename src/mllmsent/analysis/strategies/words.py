"""What strategies of one model say in sentences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mllmsent.analysis.numbers import p_value, with_interval

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.analysis.strategies.families import Family

__all__ = ["family_statements", "ranking_statement"]

NO_GAIN = ("no gain beyond its interval", "no gain by the corrected test")
"""What `cost_note` says where nothing was gained."""


def family_statements(
    family: Family, tables: Mapping[str, Sequence[Mapping[str, Any]]], metric: str
) -> list[str]:
    """Sentences on the wordings of one model.

    Args:
        family: Who it is.
        tables: Its rows of `strategies`, `pairs` and `sensitivity`.
        metric: Title of the metric; empty where nothing is scored.
    """
    whole = tables["sensitivity"][0]
    found = []
    moved = [
        part
        for part, there in ((_spread(whole, metric), "spread"), (_changed(whole), "changed"))
        if not math.isnan(whole[there])
    ]
    if moved:
        found.append(f"{family.name}: {'; '.join(moved)}.")
    repeated = [row for row in tables["pairs"] if not math.isnan(row["excess"])]
    if repeated:
        found.append(_beyond_repeats(family, max(repeated, key=lambda row: row["excess"])))
    shifted = [row for row in tables["pairs"] if not math.isnan(row["shift_p_holm"])]
    if shifted and not metric:
        found.append(_shift(family, max(shifted, key=lambda row: abs(row["shift"]))))
    gains = [row for row in tables["strategies"] if not math.isnan(row["gain"])]
    if gains:
        # The largest gain may be the least certain: what is sure comes before it.
        best = max(gains, key=lambda row: (row["cost_note"] not in NO_GAIN, row["gain"]))
        found.append(_gain(family, best, metric))
    return found


def ranking_statement(row: Mapping[str, Any]) -> str:
    """A sentence on whether the ranking of models depends on the wording."""
    swapped = with_interval(row["swapped"], row["swapped_low"], row["swapped_high"])
    clear = row["clearly_swapped"]
    beyond = (
        f"{clear} of {row['model_pairs']} beyond their intervals"
        if clear
        else "none beyond their intervals"
    )
    return (
        f"{row['models']} models rank in {row['strategies']} wordings ({row['way']}) with Kendall's W "
        f"{with_interval(row['w'], row['w_low'], row['w_high'])}; a share of {swapped} of their pairs "
        f"change places, {beyond}. Scores spread by "
        f"{with_interval(row['sd_wordings'], row['sd_wordings_low'], row['sd_wordings_high'], digits=3)}"
        f" over wordings and "
        f"{with_interval(row['sd_models'], row['sd_models_low'], row['sd_models_high'], digits=3)} "
        "over models (standard deviations)."
    )


def _spread(row: Mapping[str, Any], metric: str) -> str:
    spread = with_interval(row["spread"], row["spread_low"], row["spread_high"], digits=3)
    return (
        f"{metric} spreads by {spread} over {row['strategies']} wordings, from {row['worst']} to "
        f"{row['best']}, where equally good ones would spread by {row['spread_by_chance']:.3f} by "
        f"chance ({p_value(row['spread_p'])})"
    )


def _changed(row: Mapping[str, Any]) -> str:
    low, high = row["changed_low"], row["changed_high"]
    if row["measure"] == "distance":
        return (
            "the highest and the lowest answer to a question lie "
            f"{with_interval(row['changed'], low, high)} apart, the mean over questions"
        )
    between = "" if math.isnan(low) else f" ({100 * low:.0f} to {100 * high:.0f}%)"
    return (
        f"the answer to {100 * row['changed']:.0f}% of {row['n']:,} questions{between} changes with "
        "the wording"
    )


def _beyond_repeats(family: Family, row: Mapping[str, Any]) -> str:
    excess = with_interval(row["excess"], row["excess_low"], row["excess_high"])
    verdict = (
        "more often than"
        if row["excess_low"] > 0
        else "less often than"
        if row["excess_high"] < 0
        else "about as often as"
    )
    return (
        f"{family.name}: answers in {row['first']} and {row['second']} differ {verdict} two answers "
        f"in one wording, which do so to a share of {row['by_repeats']:.2f}; the difference is "
        f"{excess}."
    )


def _shift(family: Family, row: Mapping[str, Any]) -> str:
    what = "their mean" if row["measure"] == "distance" else "the distribution of labels"
    return (
        f"{family.name}: from {row['second']} to {row['first']} {what} shifts by "
        f"{with_interval(row['shift'], row['shift_low'], row['shift_high'])} "
        f"({p_value(row['shift_p_holm'])} after Holm's correction)."
    )


def _gain(family: Family, row: Mapping[str, Any], metric: str) -> str:
    gain = with_interval(row["gain"], row["gain_low"], row["gain_high"], digits=3)
    sure = f"{p_value(row['gain_p_holm'])} after Holm's correction within the model"
    if row["cost_note"] in NO_GAIN:
        return (
            f"{family.name}: no wording can be said to gain on the plain one; the best of the others "
            f"is {row['strategy']} with {gain} ({sure})."
        )
    gains = (
        f"{family.name}: {row['strategy']} gains {gain} in {metric} on the plain wording ({sure})"
    )
    if math.isnan(row["cost_per_point"]):
        is_free = row["cost_note"] == "a gain that costs no more"
        return f"{gains}, at no more cost." if is_free else f"{gains}."
    unit = "USD {}" if row["cost_in"] == "USD" else "{} tokens"
    digits = ".2f" if row["cost_in"] == "USD" else ",.0f"
    per_point, low, high = (
        format(row[name], digits) for name in ("cost_per_point", "cost_low", "cost_high")
    )
    return (
        f"{gains}, for {unit.format(per_point)} ({low} to {high}) more per 1,000 questions and point "
        "of 0.01."
    )
