"""Where a system falls behind, as sentences with numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from mllmsent.report.safe_text import excerpt
from mllmsent.report.writing import is_number, number, plural

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.report.naming import SystemName

__all__ = ["METRIC_WORDS", "adjusted", "behind_sentence", "p_text", "place", "worse_sentence"]

METRIC_WORDS = {"accuracy": "accuracy", "exact_match": "exact matches", "mae": "mean error"}
"""What the scores of a subgroup are called."""

LONGEST = 60
"""Longer names of columns and values are cut."""


def p_text(p_value: Any) -> str:
    """A p value that no line breaks apart: "p = 0.002", "p < 0.001"."""
    if not is_number(p_value):
        return "p unknown"
    text = "< 0.001" if p_value < 0.001 else f"= {number(p_value, 3 if p_value < 0.1 else 2)}"
    return f"p {text}".replace(" ", "\N{NO-BREAK SPACE}")


def adjusted(p_value: Any) -> str:
    """A p value that is corrected for all that was asked."""
    return f"adjusted {p_text(p_value)}"


def place(row: Mapping[Any, Any]) -> Markup:
    """A subgroup: "weather is rain", and what else is so of the very same items."""
    also = f" (the same items as {excerpt(row['also'], LONGEST)})" if row["also"] else ""
    return Markup("<bdi>{}</bdi> is <b><bdi>{}</bdi></b>{}").format(
        excerpt(row["column"], LONGEST), excerpt(row["value"], LONGEST), also
    )


def behind_sentence(row: Mapping[Any, Any], names: Mapping[str, SystemName]) -> Markup:
    """How the gap between two systems is wider in a subgroup than elsewhere.

    The sentence is about the one that loses there, whichever of the two leads the ranking.

    Args:
        row: Of `GapSearch.rows`, with a `further`.
        names: System to its short name.
    """
    leader = (row["leader_id"], row["leader_score"], row["leader_elsewhere"])
    other = (row["system_id"], row["score"], row["elsewhere"])
    loser, winner = (other, leader) if row["further"] > 0 else (leader, other)
    sign = -1 if row["metric"] == "mae" else 1
    inside, outside = (round(sign * (winner[part] - loser[part]), 9) for part in (1, 2))
    how, than = "is further behind", "than elsewhere"
    if inside <= 0:
        how = "is less far ahead of"
    elif outside <= 0:
        how, than = "falls behind", "but not elsewhere"
    return Markup(
        "<b>{}</b> {} <b>{}</b> where {} ({} {} against {}, {}) {} ({} against {}); {}."
    ).format(
        names[loser[0]].full,
        how,
        names[winner[0]].full,
        place(row),
        METRIC_WORDS[row["metric"]],
        number(loser[1]),
        number(winner[1]),
        plural(int(row["n_items"]), "item"),
        than,
        number(loser[2]),
        number(winner[2]),
        adjusted(row["p_further_holm"]),
    )


def worse_sentence(row: Mapping[Any, Any], names: Mapping[str, SystemName]) -> Markup:
    """How one system is worse in a subgroup than elsewhere, or better.

    Args:
        row: Of `GapSearch.rows`.
        names: System to its short name.
    """
    return Markup("<b>{}</b> is {} where {} ({} {}, {}) than elsewhere ({}); {}.").format(
        names[row["system_id"]].full,
        "worse" if row["worse"] > 0 else "better",
        place(row),
        METRIC_WORDS[row["metric"]],
        number(row["score"]),
        plural(int(row["n_items"]), "item"),
        number(row["elsewhere"]),
        adjusted(row["p_worse_holm"]),
    )
