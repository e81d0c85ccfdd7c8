"""What a comparison of systems says in sentences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mllmsent.analysis.numbers import p_value, with_interval

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.metrics import Metric

__all__ = ["comparison_statements"]


def comparison_statements(
    pairs: Sequence[Mapping[str, Any]], metric: Metric[Any], level: float
) -> list[str]:
    """Sentences on the pairs of one scheme or dimension.

    Args:
        pairs: Rows of the table `pairs`, those of the best-ranked system first, its next first.
        metric: What systems are ranked by.
        level: Of tests and intervals.
    """
    top = pairs[0]
    found = [_best(top, metric)]
    if not math.isnan(top["size"]):
        found.append(_effect(top))
    apart = [row for row in pairs if row["apart"]]
    if len(pairs) > 1:
        found.append(
            f"{len(apart)} of {len(pairs)} pairs of systems can be told apart by {metric.title} "
            f"(paired permutation tests, Holm's correction, level {1 - level:.2g})."
        )
    unclear = [row for row in pairs if not row["apart"] and not math.isnan(row["detectable"])]
    if unclear:
        found.append(_needed(min(unclear, key=lambda row: _interest(row, top))))
    elif not math.isnan(top["detectable"]):
        found.append(f"{_shown(top)}.")
    return found


def _best(top: Mapping[str, Any], metric: Metric[Any]) -> str:
    between = with_interval(top["difference"], top["low"], top["high"], digits=3)
    verdict = (
        f"{top['first']} is ranked before {top['second']}, by {between} in {metric.title}, "
        if top["difference"] > 0
        else f"{top['first']} and {top['second']} differ by {between} in {metric.title}, "
    )
    if math.isnan(top["p_holm"]):
        return f"{verdict}and no test can be made."
    after = f"{p_value(top['p_holm'])} after Holm's correction"
    if top["apart"]:
        return f"{verdict}and the two can be told apart ({after})."
    return f"{verdict}and the two cannot be told apart ({after})."


def _effect(row: Mapping[str, Any]) -> str:
    if row["effect"] == "d_z":
        size = with_interval(row["size"], row["size_low"], row["size_high"])
        return (
            f"{row['first']} comes closer to people on {row['wins']:,} questions and "
            f"{row['second']} on {row['losses']:,}; the errors differ by {size} of their standard "
            "deviation (d_z, positive where the first errs less)."
        )
    share, low, high = (100 * (0.5 + row[name]) for name in ("size", "size_low", "size_high"))
    between = "" if math.isnan(low) else f" ({low:.0f} to {high:.0f}%)"
    odds = _odds(row["odds_ratio"], row["odds_low"], row["odds_high"])
    return (
        f"On {row['wins'] + row['losses']:,} of {row['n']:,} questions only one of the two is right: "
        f"{row['first']} in {share:.0f}% of them{between}, odds of {odds}."
    )


def _odds(value: float, low: float, high: float) -> str:
    """An odds ratio, whose interval has no upper end where it could be that all are won."""
    if math.isinf(value):
        return "without end" if math.isnan(low) else f"without end ({low:.2f} or more)"
    return (
        f"{value:.2f} ({low:.2f} or more)" if math.isinf(high) else with_interval(value, low, high)
    )


def _interest(row: Mapping[str, Any], top: Mapping[str, Any]) -> tuple[bool, float]:
    """The best and its next come first, then those that seem farthest apart."""
    return row is not top, -abs(row["difference"])


def _needed(row: Mapping[str, Any]) -> str:
    if not math.isfinite(row["needed_items"]):
        return f"{_shown(row)}; they do not differ here, so no number of items would show it."
    least, most = f"{row['needed_low']:,.0f}", row["needed_high"]
    by_interval = f"{least} to {most:,.0f}" if math.isfinite(most) else f"{least} or more"
    return (
        f"{_shown(row)}. Were the {abs(row['difference']):.3f} observed the true difference, it "
        f"would take about {row['needed_items']:,.0f} items; by its interval {by_interval}."
    )


def _shown(row: Mapping[str, Any]) -> str:
    return (
        f"With {row['n_items']:,} items, a true difference of {row['detectable']:.3f} between "
        f"{row['first']} and {row['second']} would be shown with 80% power by a test of the two alone"
    )
