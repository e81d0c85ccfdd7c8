"""What a describer does not name, as sentences with numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from mllmsent.report.p_values import adjusted
from mllmsent.report.writing import interval, is_number, listed, percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.report.naming import SystemName

__all__ = ["blind_sentence", "describer", "overall_sentence", "weak_sentence"]

_ELSEWHERE = {
    "setting": "in other settings",
    "time": "at other times",
    "weather": "in other weather",
    "light": "in other light",
    "palette": "in other palettes",
    "expression": "with other expressions",
}
"""Where a factor has another value."""


def describer(name: SystemName) -> str:
    """A describer in one line; how it was asked only where it was asked in several ways."""
    return name.full if name.detail else name.model


def blind_sentence(row: Mapping[Any, Any], names: Mapping[str, SystemName]) -> Markup:
    """How one describer is further behind another at a value than at others of the factor.

    Args:
        row: Of `DescribedFactors.blind_spots`.
        names: Describer to its short name.
    """
    elsewhere = _elsewhere(row)
    is_behind = round(row["rival_elsewhere"] - row["elsewhere"], 9) > 0
    return Markup("{} (<b>{}</b>: {} of {}), {} ({} against {}); {}.{}").format(
        _named(row, names),
        describer(names[row["rival_id"]]),
        f"{int(row['rival_right']):,}",
        f"{int(row['rival_n']):,}",
        f"further behind than {elsewhere}" if is_behind else f"but is not behind {elsewhere}",
        percent(row["elsewhere"]),
        percent(row["rival_elsewhere"]),
        adjusted(row["p_holm"]),
        _instead(row),
    )


def weak_sentence(row: Mapping[Any, Any], names: Mapping[str, SystemName]) -> Markup:
    """How one describer names a value less often than others of the factor.

    Args:
        row: Of `DescribedFactors.weak_spots`.
        names: Describer to its short name.
    """
    return Markup("{}, against {} {}; {}.{}").format(
        _named(row, names),
        percent(row["elsewhere"]),
        _elsewhere(row),
        adjusted(row["p_holm"]),
        _instead(row),
    )


def overall_sentence(
    rows: Sequence[Mapping[Any, Any]], names: Mapping[str, SystemName], most: int = 4
) -> Markup:
    """How much of what there is each describer names right.

    Args:
        rows: Of `DescribedFactors.describers`.
        names: Describer to its short name.
        most: So many are named; the others are counted.
    """
    told = [
        Markup("<b>{}</b> {} {}").format(
            describer(names[row["describer_id"]]),
            percent(row["share"]),
            _percent_interval(row["low"], row["high"]),
        )
        for row in rows
    ]
    return Markup("Of all there is to name, the share that is named right: {}.").format(
        listed(told, most=most)
    )


def _named(row: Mapping[Any, Any], names: Mapping[str, SystemName]) -> Markup:
    return Markup(
        "<b>{}</b> names the {} right in <b>{} of {}</b> descriptions where it is <b>{}</b>"
    ).format(
        describer(names[row["describer_id"]]),
        row["factor"],
        f"{int(row['n_right']):,}",
        f"{int(row['n']):,}",
        row["value"],
    )


def _elsewhere(row: Mapping[Any, Any]) -> str:
    return _ELSEWHERE.get(row["factor"], "elsewhere")


def _instead(row: Mapping[Any, Any]) -> Markup:
    """What the describer says there, if it says something else or nothing."""
    silent = round(row["none"] * row["n"]) if is_number(row["none"]) else 0
    wrong, count = row["n"] - row["n_right"], int(row["n_instead"])
    parts = []
    if count:
        often = "" if 2 * count >= wrong else "most often "
        parts.append(Markup("{}“{}” in {}").format(often, row["instead"], f"{count:,}"))
    if silent:
        parts.append(Markup("nothing of it in {}").format(f"{silent:,}"))
    return Markup(" It says {}.").format(listed(parts)) if parts else Markup("")


def _percent_interval(low: Any, high: Any) -> Markup:
    if not interval(low, high):
        return Markup("")
    return Markup("<span class='interval'>({} to {})</span>").format(percent(low), percent(high))
