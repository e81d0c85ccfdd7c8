"""What groups of annotators and the systems' siding come to, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.found import Statement
from mllmsent.analysis.numbers import p_value, with_interval

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mllmsent.affect.scheme import Scheme

__all__ = ["statements_of"]

Row = dict[str, Any]


def statements_of(
    scheme: Scheme,
    dimension: str,
    people: Sequence[Row],
    siding: Sequence[Row],
    together: Sequence[Row],
    *,
    alpha: float,
) -> list[Statement]:
    """The findings on one scheme or dimension: people first, then all systems, then single ones.

    Args:
        scheme: The scheme.
        dimension: The dimension; empty for labels.
        people: Its rows of the table `people`.
        siding: Its rows of `siding`.
        together: Its rows of `together`.
        alpha: At or below it a corrected p value tells.
    """
    sentences: list[str] = []
    told = _least_alike(people)
    if len(told) < len(people):
        sentences.append(
            f"There are {len(people)} pairs of groups; told here are those that differ most of their "
            "kind, and those between which a system takes sides."
        )
    for row in people:
        pair = (row["first"], row["second"])
        own = [each for each in siding if (each["first"], each["second"]) == pair]
        whole = next((each for each in together if (each["first"], each["second"]) == pair), None)
        sure = any(each["p_holm"] <= alpha for each in own)
        if pair not in told and not sure:
            continue
        sentences.append(_of_people(row))
        if whole is not None:
            sentences.append(_of_all(whole, alpha))
        sentences += _of_systems(own, alpha)
    return [Statement(sentence, scheme.name, dimension) for sentence in sentences]


def _least_alike(people: Sequence[Row]) -> set[tuple[str, str]]:
    """Of each kind of groups the pair that differs most: ten age bands are 45 pairs."""
    found: dict[str, Row] = {}
    for row in people:
        kind = row["first"].partition("=")[0] if "=" in row["first"] else ""
        if kind not in found or _alike(row) < _alike(found[kind]):
            found[kind] = row
    return {(row["first"], row["second"]) for row in found.values()}


def _alike(row: Row) -> float:
    value = row["correlation"] if row["dimension"] else -row["contested"]
    return -1.0 if np.isnan(value) else float(value)


def _of_people(row: Mapping[str, Any]) -> str:
    pair = f"{row['first']} and {row['second']}"
    by = with_interval(row["first_predicts_second"], row["first_low"], row["first_high"])
    if row["dimension"]:
        r = with_interval(row["correlation"], row["correlation_low"], row["correlation_high"])
        apart = with_interval(row["mean_difference"], row["mean_low"], row["mean_high"])
        return (
            f"The means of {pair} correlate at {r} over {row['n_items']:,} items, and differ by "
            f"{apart} on average; as a predictor of the other, either reaches a {row['metric']} of "
            f"{by}."
        )
    share = with_interval(row["contested"], row["contested_low"], row["contested_high"])
    return (
        f"{pair} give different labels to {row['n_contested']:,} of {row['n_items']:,} items, a "
        f"share of {share}; the first predicts the second with a {row['metric']} of {by}."
    )


def _of_all(row: Mapping[str, Any], alpha: float) -> str:
    if np.isnan(row["lean"]):
        return f"No system sides with {row['first']} or {row['second']} in a way that can be told."
    lean = with_interval(row["lean"], row["low"], row["high"], digits=3)
    who = row["first"] if row["lean"] > 0 else row["second"]
    systems = f"the {row['systems']} systems" if row["systems"] > 1 else "the system"
    what = "shares of contested answers" if not row["dimension"] else "correlations"
    if not row["p"] <= alpha:
        return (
            f"Altogether {systems} cannot be said to side with {row['first']} or {row['second']}: "
            f"the difference of the {what} is {lean}, {p_value(row['p'])}."
        )
    return (
        f"Altogether {systems} side{'' if row['systems'] > 1 else 's'} with {who}: the difference "
        f"of the {what} with {row['first']} and {row['second']} is {lean}, {p_value(row['p'])}."
    )


def _of_systems(rows: Sequence[Row], alpha: float) -> Iterator[str]:
    sure = [row for row in rows if row["p_holm"] <= alpha]
    if not sure:
        return
    first, second = rows[0]["first"], rows[0]["second"]
    of_first = [row for row in sure if row["lean"] > 0]
    yield (
        f"Of {len(rows)} systems {len(of_first)} side with {first} and "
        f"{len(sure) - len(of_first)} with {second} (Holm over the systems)."
    )
    most = max(sure, key=lambda row: abs(row["lean"]))
    lean = with_interval(most["lean"], most["low"], most["high"], digits=3)
    who = first if most["lean"] > 0 else second
    sides = f"{most['with_first']:.2f} with {first}, {most['with_second']:.2f} with {second}"
    yield f"Most of all {most['system']} sides with {who}: {sides}, a lean of {lean}."
    unsure = [
        row
        for row in sure
        if not np.isnan(row.get("people_low", np.nan))
        and row["people_low"] <= 0 <= row["people_high"]
    ]
    if unsure:
        names = ", ".join(row["system"] for row in unsure[:4])
        more = f" and {len(unsure) - 4} more" if len(unsure) > 4 else ""
        yield (
            f"Of {names}{more}, the same share of either group's people say what the system says, "
            "as far as can be told: the lean may come from how many people a group has."
        )
