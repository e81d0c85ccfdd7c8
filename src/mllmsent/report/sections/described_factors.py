"""What descriptions name of what was drawn, and where a describer is blind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.analysis.factor_namings import DESCRIBED_FACTORS
from mllmsent.report.environment import fill
from mllmsent.report.factor_words import blind_sentence, overall_sentence, weak_sentence
from mllmsent.report.figures import MOST_COLUMNS, Figure, draw_factors
from mllmsent.report.sections.section import Section
from mllmsent.report.writing import is_number, plural

if TYPE_CHECKING:
    import pandas as pd

    from mllmsent.report.findings import Findings

__all__ = ["described_factors"]

MOST_SENTENCES = 6
"""Findings that are told in words; the table has all."""


def described_factors(findings: Findings) -> Section | None:
    """Shares named right by factor and by value; None where it is not known what was drawn."""
    found = findings.described_factors
    if not len(found.describers):
        return None
    alpha = 1 - findings.resampling.level
    blind, weak = found.blind_spots(alpha), found.weak_spots(alpha)
    told = _places(blind)
    weak = weak.loc[[place not in told for place in _places_of(weak)]]
    names = findings.describer_names
    figure = _figure(findings, blind, weak)
    body = fill(
        "sections/described_factors.html",
        overall=overall_sentence(found.describers.to_dict(orient="records"), names),
        blind=_sentences(blind, blind_sentence, names),
        more_blind=max(0, len(blind) - MOST_SENTENCES),
        weak=_sentences(weak, weak_sentence, names),
        more_weak=max(0, len(weak) - MOST_SENTENCES),
        has_rivals=bool(found.search.rows["leader"].notna().any()),
        searched=found.search.n_tests > 0,
        n_tests=found.search.n_tests,
        n_values=found.search.n_subgroups,
        least=found.search.least,
        n_cut=found.n_cut,
        figure=figure,
        factors=_factors(findings),
        values=_values(findings, alpha),
        level=findings.resampling.level,
    )
    return Section("described-factors", "What descriptions name", body, (figure,))


def _value_by_value(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with what all describers named of a value side by side, values in their order."""
    order = {
        (factor, value): number
        for number, (factor, value) in enumerate(
            (factor, value) for factor, values in DESCRIBED_FACTORS.items() for value in values
        )
    }
    keys = [order[place] for place in zip(rows["factor"], rows["value"], strict=True)]
    return rows.assign(_order=keys).sort_values("_order", kind="stable").drop(columns="_order")


def _places_of(rows: pd.DataFrame) -> list[tuple[Any, ...]]:
    return list(zip(rows["describer_id"], rows["factor"], rows["value"], strict=True))


def _places(rows: pd.DataFrame) -> set[tuple[Any, ...]]:
    return set(_places_of(rows))


def _sentences(rows: pd.DataFrame, sentence: Any, names: Any) -> list[Any]:
    return [sentence(row, names) for row in rows.head(MOST_SENTENCES).to_dict(orient="records")]


def _figure(findings: Findings, blind: pd.DataFrame, weak: pd.DataFrame) -> Figure:
    """Every value of every factor; the leader, those with findings, and the next best."""
    found, names = findings.described_factors, findings.describer_names
    ranked = list(found.describers["describer_id"])
    shown = list(dict.fromkeys([ranked[0], *blind["describer_id"], *ranked]))[:MOST_COLUMNS]
    shown.sort(key=ranked.index)
    table = _value_by_value(found.by_value[found.by_value["describer_id"].isin(shown)])
    clear = _places(blind if len(ranked) > 1 else weak)
    table = table.assign(is_finding=[place in clear for place in _places_of(table)])
    left_out = len(ranked) - len(shown)
    return draw_factors(
        table[["factor", "value", "describer_id", "n", "share", "is_finding"]],
        describers=[names[each] for each in shown],
        name="described-factors",
        title="Named right, by what was drawn",
        caption="Share of the descriptions that name the true value and no other of the factor. "
        "A row is what was drawn, with the number of descriptions of it by each describer."
        + (f" {plural(left_out, 'more describer')} in the table." if left_out else ""),
    )


def _factors(findings: Findings) -> list[dict[str, Any]]:
    """Each factor with a row per describer."""
    names = findings.describer_names
    return [
        {
            "factor": factor,
            "rows": [
                _shares(row) | {"name": names[row["describer_id"]]}
                for row in part.to_dict(orient="records")
            ],
        }
        for factor, part in findings.described_factors.by_factor.groupby("factor", sort=False)
    ]


def _values(findings: Findings, alpha: float) -> list[dict[str, Any]]:
    """Each value and describer, with how far behind it is there."""
    found, names = findings.described_factors, findings.describer_names
    gaps = {
        (row["system_id"], row["column"], row["value"]): row
        for row in found.search.rows.to_dict(orient="records")
    }
    by_value = _value_by_value(found.by_value)
    return [
        _shares(row)
        | {
            "name": names[row["describer_id"]],
            "factor": row["factor"],
            "value": row["value"],
            "instead": row["instead"],
            "n_instead": int(row["n_instead"]),
            "worse": _gap(gaps.get(place), "worse", alpha),
            "further": _gap(gaps.get(place), "further", alpha),
        }
        for place, row in zip(_places_of(by_value), by_value.to_dict(orient="records"), strict=True)
    ]


def _shares(row: dict[Any, Any]) -> dict[str, Any]:
    return {
        "n": int(row["n"]),
        "n_right": int(row["n_right"]),
        "share": row["share"],
        "interval": (row["low"], row["high"]),
        "other": row["other"],
        "none": row["none"],
    }


def _gap(row: dict[Any, Any] | None, gap: str, alpha: float) -> dict[str, Any] | None:
    """How much worse, or further behind, at a value than at others; None where it has no rival."""
    if row is None or not is_number(row[gap]):
        return None
    corrected = row[f"p_{gap}_holm"]
    return {
        "value": row[gap],
        "interval": (row[f"{gap}_low"], row[f"{gap}_high"]),
        "p": corrected,
        "is_clear": is_number(corrected) and corrected <= alpha,
    }
