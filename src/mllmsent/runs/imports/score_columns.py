"""Columns that hold a score for each label, such as probabilities."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mllmsent.data.raw_table import parse_number
from mllmsent.foundation.errors import InputError, nearest
from mllmsent.runs.imports.reading import cells

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.affect.scheme import Scheme
    from mllmsent.data.raw_table import RawTable

__all__ = ["score_columns"]

_PREFIXES = ("probability", "proba", "prob", "score", "logit", "p")

ROUNDING = 0.02
"""Probabilities add up to one within this."""

Scores = list[dict[str, float] | None]


def score_columns(
    table: RawTable, scheme: Scheme, given: Mapping[str, str]
) -> tuple[Scores | None, str]:
    """The scores of each row's labels.

    Args:
        table: The table.
        scheme: Whose labels.
        given: Label to column, where the user says; otherwise columns such as `score_positive` or
            `prob_positive` are taken, if every label has one.

    Returns:
        Label to score for each row (None where a row lacks one), or None without such columns; and
        what they are: "probability" where they are shares that add up to one, else "margin".

    Raises:
        InputError: If a given label or column does not exist, or a cell is not a number.
    """
    columns = _given(table, scheme, given) if given else _usual(list(table.columns), scheme)
    if not columns:
        return None, ""
    by_label: dict[str, Sequence[float | None]] = {
        label: _numbers(table, column, strict=bool(given)) for label, column in columns.items()
    }
    maps: Scores = []
    for row in range(len(table)):
        values = {label: numbers[row] for label, numbers in by_label.items()}
        known = {label: value for label, value in values.items() if value is not None}
        maps.append(known if len(known) == len(values) else None)
    shares = all(
        min(each.values()) >= 0 and abs(sum(each.values()) - 1) <= ROUNDING
        for each in maps
        if each is not None
    )
    return maps, "probability" if shares else "margin"


def _given(table: RawTable, scheme: Scheme, given: Mapping[str, str]) -> dict[str, str]:
    for label, column in given.items():
        if label not in scheme.label_names:
            raise InputError(
                f"{scheme.name} has no label {label!r}.",
                item="--score",
                cure=nearest(label, scheme.label_names),
            )
        table.column(column)
    return dict(given)


def _usual(columns: Sequence[str], scheme: Scheme) -> dict[str, str]:
    plain = {_plain(column): column for column in reversed(columns)}
    for prefix in _PREFIXES:
        found = {
            label: plain[prefix + _plain(label)]
            for label in scheme.label_names
            if prefix + _plain(label) in plain
        }
        if found and len(found) == len(scheme.label_names):
            return found
    return {}


def _numbers(table: RawTable, column: str, *, strict: bool) -> list[float | None]:
    numbers = []
    for row, cell in enumerate(cells(table, column)):
        number = parse_number(cell.strip())
        if strict and number is None and cell.strip().casefold() not in {"", "nan", "na"}:
            raise table.error(row, f"Column {column!r} is {cell[:40]!r}, not a number.")
        numbers.append(number)
    return numbers


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", name.casefold())
