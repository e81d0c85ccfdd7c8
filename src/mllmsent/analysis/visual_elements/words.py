"""What was found of elements of pictures, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.analysis.boards import boards
from mllmsent.analysis.found import Statement
from mllmsent.analysis.numbers import p_value, with_interval
from mllmsent.analysis.visual_elements.elements import in_words
from mllmsent.analysis.visual_elements.outcomes import PEOPLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.evidence import Evidence

__all__ = ["say_what_moves"]

MOST = 4
"""Sentences of one kind about one scheme or dimension; the tables have all."""


def say_what_moves(
    evidence: Evidence, tables: Mapping[str, pd.DataFrame], *, alpha: float
) -> Iterator[Statement]:
    """The findings of `visual_elements`, scheme by scheme.

    Args:
        evidence: The run's tables.
        tables: Those of the analysis.
        alpha: Greatest corrected p value of what is called clear.
    """
    for scheme, dimension in boards(evidence):
        own = {
            name: table[
                (table["scheme"] == scheme.name) & (table["dimension"].fillna("") == dimension)
            ]
            for name, table in tables.items()
        }
        sentences = [
            *_people(own["elements"], alpha),
            *_partial(own["elements"], alpha),
            *_differences(own["differences"], alpha),
            *_categories(own["categories"], alpha, _unit(scheme, dimension)),
            *_changes(own["changes"], alpha),
        ]
        for sentence in sentences:
            yield Statement(sentence, scheme.name, dimension)


def _people(elements: pd.DataFrame, alpha: float) -> Iterator[str]:
    rows = elements[(elements["who_id"] == PEOPLE) & elements["rho"].notna()]
    if not len(rows):
        return
    clear = _strongest(rows[rows["p_fdr"] <= alpha], "rho")
    what = f"{len(rows):,} correlations of what people said with elements of the pictures"
    if not clear:
        yield f"Of {what} none is clear (false discovery rate {alpha:.0%})."
        return
    told = ", ".join(
        f"{_about(row)} {with_interval(row['rho'], row['low'], row['high'])}" for row in clear[:3]
    )
    yield (
        f"Of {what}, {_clear(clear)} (false discovery rate {alpha:.0%}); rho is largest for {told}."
    )


def _partial(elements: pd.DataFrame, alpha: float) -> Iterator[str]:
    """What of people's correlations the other kinds of measures do not tell already."""
    rows = elements[(elements["who_id"] == PEOPLE) & elements["partial"].notna()]
    if not len(rows):
        return
    clear = _strongest(rows[rows["partial_p_fdr"] <= alpha], "partial")
    told = ", ".join(
        f"{_about(row)} {with_interval(row['partial'], row['partial_low'], row['partial_high'])}"
        for row in clear[:3]
    )
    yield (f"Given one measure of each other kind, {_clear(clear)}{f': {told}' if told else ''}.")


def _differences(differences: pd.DataFrame, alpha: float) -> Iterator[str]:
    rows = differences[differences["difference"].notna()]
    if not len(rows):
        return
    clear = _strongest(rows[rows["p_fdr"] <= alpha], "difference")
    if not clear:
        yield (
            f"In none of {len(rows):,} comparisons is a system seen to lean on an element otherwise "
            f"than people do (false discovery rate {alpha:.0%})."
        )
        return
    for row in _one_each(clear, "system_id")[:MOST]:
        apart = with_interval(row["difference"], row["low"], row["high"])
        yield (
            f"{row['system']} leans on {_about(row)} {_how(row)}: rho {row['rho']:.2f} against "
            f"{row['people']:.2f}, difference {apart}."
        )
    yield (
        f"Of {len(rows):,} comparisons of a system with people, {_clear(clear)} (false discovery "
        f"rate {alpha:.0%})."
    )


def _how(row: Mapping[str, Any]) -> str:
    """More or less than people where both lean to one side; only then does the interval say so."""
    if row["rho"] * row["people"] <= 0:
        return "otherwise than people do"
    return f"{'more' if abs(row['rho']) > abs(row['people']) else 'less'} than people do"


def _categories(categories: pd.DataFrame, alpha: float, unit: str) -> Iterator[str]:
    of_people = categories[categories["who_id"] == PEOPLE]
    for row in _strongest(of_people[of_people["p_fdr"] <= alpha], "difference")[:1]:
        apart = with_interval(row["difference"], row["low"], row["high"])
        yield (
            f"Of what the dataset says, {_value(row)} goes furthest with what people said: {row['mean_inside']:.2f} on "
            f"average against {row['mean_outside']:.2f}, difference {apart} {unit}."
        )
    beside = categories[categories["more_p_fdr"] <= alpha]
    for row in _one_each(_strongest(beside, "more_than_people"), "who_id")[:MOST]:
        apart = with_interval(row["more_than_people"], row["more_low"], row["more_high"])
        own = row["difference"] - row["more_than_people"]
        yield (
            f"{row['who']} answers {_value(row)} otherwise than people do: {row['difference']:+.2f} "
            f"against {own:+.2f}, difference {apart} {unit}."
        )


def _changes(changes: pd.DataFrame, alpha: float) -> Iterator[str]:
    rows = changes[changes["p_holm"].notna()]
    if not len(rows):
        return
    clear = _strongest(rows[rows["p_holm"] <= alpha], "shift")
    if not clear:
        yield f"Of {len(rows):,} changes of light or color none moves a system's answers clearly."
        return
    for row in _one_each(clear, "system_id")[:MOST]:
        label = f" for {row['label']}" if row["label"] else ""
        yield (
            f"The condition {row['condition']} moves the answers of {row['system']}{label} by "
            f"{with_interval(row['shift'], row['low'], row['high'])}, {p_value(row['p_holm'])} by "
            f"Holm, {_beside(row)}."
        )
    agree, against = ((rows["verdict"] == word).sum() for word in ("agrees", "contradicts"))
    yield (
        f"Of {len(rows):,} changes of light or color, {len(clear):,} clearly move a system's answers: "
        f"{agree:,} where its correlation points to, {against:,} against it. What people would say "
        f"of the changed pictures is not known."
    )


def _beside(row: Mapping[str, Any]) -> str:
    element = in_words(row["element"])
    if row["verdict"] == "agrees":
        return f"as its correlation with {element} has it ({row['rho']:.2f})"
    if row["verdict"] == "contradicts":
        return f"against its correlation with {element} ({row['rho']:.2f})"
    return f"while no correlation with {element} is clear"


def _clear(rows: Sequence[object]) -> str:
    if not rows:
        return "none is clear"
    return f"{len(rows):,} {'is' if len(rows) == 1 else 'are'} clear"


def _about(row: Mapping[str, Any]) -> str:
    element = in_words(row["element"])
    return f"{element} for {row['label']}" if row["label"] else element


def _unit(scheme: Scheme, dimension: str) -> str:
    """What outcomes are counted in."""
    if dimension:
        scale = scheme.dimension(dimension)
        return f"on the scale from {scale.low:g} to {scale.high:g}"
    ordered = scheme.kind == "ordered" and not scheme.multi_label
    return f"of {len(scheme.labels) - 1} steps of the order" if ordered else "of all pictures"


def _value(row: Mapping[str, Any]) -> str:
    value = f"{row['column']} {row['value']}"
    return f"{value} ({row['label']})" if row["label"] else value


def _strongest(rows: pd.DataFrame, column: str) -> list[dict[str, Any]]:
    order = rows[column].abs().sort_values(ascending=False, kind="stable").index
    return [{str(key): row[key] for key in row} for row in rows.loc[order].to_dict("records")]


def _one_each(rows: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    """The first row of each value of a column."""
    return list({row[key]: row for row in reversed(rows)}.values())[::-1]
