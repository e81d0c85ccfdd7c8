"""What descriptions do to answers, in sentences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mllmsent.analysis.numbers import with_interval

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["QUALITY_WORDS", "association_sentences", "effect_sentences", "path_sentences"]

WIDEST_SHARE = 2.0
"""A share mediated with a wider interval is in the table, and not in a sentence."""

MOST_SENTENCES = 2
"""Sentences about one kind of finding in one scheme; the tables have all."""

WITHIN = "Within one describer (an association, not an effect)"

QUALITY_WORDS = {
    "words": "length",
    "richness": "richness of words",
    "affect": "words of feeling",
    "specificity": "specificity (rare words)",
    "details": "numbers and colors",
    "hedges": "hedges",
    "cut off": "being cut off",
    "missing": "what is missing",
    "invented": "what is invented",
    "similarity": "similarity to the picture",
}
"""Quality to words for it in a sentence; others are called what they are called."""


def effect_sentences(effects: Sequence[Mapping[str, Any]], alpha: float) -> list[str]:
    """The clearest differences that describers and conditions make, with what qualities carry.

    Args:
        effects: Rows of `EFFECT_COLUMNS` of one scheme or dimension.
        alpha: Greatest corrected p value.
    """
    known = [row for row in effects if not math.isnan(row["low"])]
    clear = [row for row in known if row["p_holm"] <= alpha and row["low"] * row["high"] > 0]
    if not known:
        return []
    clear.sort(key=lambda row: -abs(row["total"]) / (row["high"] - row["low"]))
    what = "how often the answer is right" if known[0]["outcome"] == "right" else "the error"
    same = "descriptions of the same items, read by the same classifier"
    if not clear:
        pairs = "pair" if len(known) == 1 else "pairs"
        none = f"of {len(known)} {pairs} of {same}, none is clear of chance after Holm's correction"
        return [f"Which description is read makes no clear difference to {what}: {none}."]
    often = f"in {len(clear)} of {len(known)} pairs of {same}, after Holm's correction"
    found = [f"Which description is read makes a clear difference to {what} {often}."]
    found += [f"{_total(row)} {_parts(row)}".strip() for row in clear[:MOST_SENTENCES]]
    return found


def path_sentences(paths: Sequence[Mapping[str, Any]], alpha: float) -> list[str]:
    """The qualities that carry an effect, with what would explain it away.

    Args:
        paths: Rows of `PATH_COLUMNS` of one scheme or dimension.
        alpha: Greatest corrected p value.
    """
    tested = [row for row in paths if not math.isnan(row["p"])]
    clear = [row for row in tested if row["p_holm"] <= alpha and row["low"] * row["high"] > 0]
    if not tested:
        return []
    if not clear:
        none = f"of {len(tested)} paths, none is clear of chance after Holm's correction"
        return [f"No measured quality is shown to carry an effect: {none}."]
    clear.sort(key=lambda row: row["p"])
    found = []
    for row in clear[:MOST_SENTENCES]:
        more = "more" if row["change"] > 0 else "less"
        weakest = min(abs(row["rho_low"]), abs(row["rho_high"]))
        found.append(
            f"{_place(row)}, {_signed(row, 'indirect', '')} goes through {_words(row)}: by "
            f"{abs(row['change']):.2f} standard deviations {more}. Something unmeasured that ties it to "
            f"the answer by a correlation of {abs(row['rho']):.2f} would explain that away; "
            f"{weakest:.2f} would be enough for doubt."
        )
    rest = len(clear) - len(found)
    if rest:
        are = "is" if rest == 1 else "are"
        found.append(f"{rest} more of {len(tested)} paths {are} clear of chance.")
    return found


def association_sentences(rows: Sequence[Mapping[str, Any]], alpha: float) -> list[str]:
    """Which qualities go with right answers within one describer.

    Args:
        rows: Rows of `ASSOCIATION_COLUMNS` of one scheme or dimension.
        alpha: Greatest corrected p value.
    """
    clear = sorted((row for row in rows if row["p_holm"] <= alpha), key=lambda row: row["p"])
    if not rows:
        return []
    if not clear:
        none = f"none of {len(rows)} associations is clear of chance after Holm's correction"
        return [f"{WITHIN}, no quality goes with right answers on equally hard items: {none}."]
    are = "is" if len(clear) == 1 else "are"
    told = "; ".join(
        f"{row['system']}, {_words(row)}: {_measure(row)}" for row in clear[:MOST_SENTENCES]
    )
    count = f"{len(clear)} of {len(rows)} associations of a quality with the answer"
    return [
        f"{WITHIN}, {count} {are} clear of chance on equally hard items, by standard deviation: {told}.",
    ]


def _total(row: Mapping[str, Any]) -> str:
    size = with_interval(*_positive(row, "total", ""))
    if row["treatment"] == "condition":
        if row["outcome"] == "right":
            side = "more" if row["total"] > 0 else "less"
            changed = f"lead to the right label {side} often"
        else:
            changed = f"are read {'less' if row['total'] > 0 else 'more'} accurately"
        return (
            f"Read by {row['reader']}, descriptions by {row['second']} {changed} under "
            f"{row['second_condition']} than under {row['first_condition']}: by {size}, on "
            f"{row['n']:,} questions."
        )
    is_second_better = (row["total"] > 0) == (row["outcome"] == "right")
    better, worse = (
        (row["second"], row["first"]) if is_second_better else (row["first"], row["second"])
    )
    changed = (
        "lead to the right label more often than" if row["outcome"] == "right"
        else "are read more accurately than"
    )  # fmt: skip
    return (
        f"Read by {row['reader']}, descriptions by {better} {changed} those by {worse}: by {size}, on "
        f"{row['n']:,} questions."
    )


def _parts(row: Mapping[str, Any]) -> str:
    if math.isnan(row["indirect_low"]):
        return ""
    flip = 1 if row["total"] > 0 else -1
    carried = with_interval(*_positive(row, "indirect", "indirect_", flip))
    left = with_interval(*_positive(row, "direct", "direct_", flip))
    return (
        f"Of that, {carried} goes through the measured qualities{_share(row)}, and {left} "
        "through none of them."
    )


def _share(row: Mapping[str, Any]) -> str:
    """The share that is carried, of a total that excludes 0 and where its interval says something.

    Of a total that hardly excludes 0 the share may be anything; the table has it all the same.
    """
    low, high = row["share_low"], row["share_high"]
    if math.isnan(low) or high - low > WIDEST_SHARE:
        return ""
    return f", a share of {with_interval(row['share'], low, high)}"


def _positive(
    row: Mapping[str, Any], name: str, prefix: str, flip: int = 0
) -> tuple[float, float, float]:
    """Value and interval, turned so that the value is positive, or by `flip`."""
    value, low, high = row[name], row[f"{prefix}low"], row[f"{prefix}high"]
    turn = flip or (1 if value > 0 else -1)
    return (value, low, high) if turn > 0 else (-value, -high, -low)


def _signed(row: Mapping[str, Any], name: str, prefix: str) -> str:
    return with_interval(row[name], row[f"{prefix}low"], row[f"{prefix}high"])


def _place(row: Mapping[str, Any]) -> str:
    if row["treatment"] == "condition":
        return (
            f"From {row['first_condition']} to {row['second_condition']} by {row['second']}, read by "
            f"{row['reader']}"
        )
    return f"From {row['first']} to {row['second']}, read by {row['reader']}"


def _words(row: Mapping[str, Any]) -> str:
    return QUALITY_WORDS.get(row["quality"], str(row["quality"]))


def _measure(row: Mapping[str, Any]) -> str:
    number = with_interval(row["association"], row["low"], row["high"])
    return (
        f"odds of being right times {number}"
        if row["measure"] == "odds ratio"
        else f"distance {number}"
    )
