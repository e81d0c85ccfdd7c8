"""Which subgroups the metadata of items makes: all pictures with rain, all bright ones.

Every value of every column with few values is a subgroup, and so is each third of a column of many
numbers. Left out, each with its reason, are columns that name items or files, that say which items
belong together, that hold the answer itself, and those too seldom known or too varied to make
groups. What people said may never decide where a model is held to be weak: it is the truth by which
the model is judged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.foundation.errors import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pandas as pd

__all__ = [
    "LEAST_SUPPORT",
    "ItemSubgroups",
    "Subgroup",
    "column_values",
    "find_subgroups",
    "items_by_value",
]

LEAST_SUPPORT = 15
"""Fewest groups of items (an item by itself is one) inside a subgroup, and outside of it."""

MOST_VALUES = 12
"""A column with more values than this makes thirds if it is numeric, and no subgroups if not."""

LONGEST_VALUE = 80
"""Values with more characters than this are text, not categories."""

LEAST_KNOWN = 0.5
"""A column that is missing for more of the items than this leaves open too much."""

OF_EVERY_DATASET = frozenset(
    {"item_id", "path", "sha256", "media_type", "width", "height", "text", "group", "split"}
)
"""Columns that the framework keeps itself."""

_NAMES = (
    (re.compile(r"(true|truth|target|gold|label|vote|rating)s?(_|$)"), "it holds the truth"),
    (
        re.compile(r"(group|twin|duplicate|fold|split)s?(_|$)"),
        "it says which items belong together",
    ),
    (
        re.compile(r"(.*_)?(id|uuid|path|file|filename|url|sha256|hash)$"),
        "it names items or files",
    ),
)
"""What a column is for, as far as its name tells."""


@dataclass(frozen=True, slots=True)
class Subgroup:
    """Items with one value of one column.

    Attributes:
        column: The column.
        value: The value, as people read it: "rain", "0.2 to 0.45".
        items: Ids of the items that have it.
        known: Ids of the items of which the column is known: outside are those that are not in
            `items`.
        also: Other columns and values that the very same items have: "expression none".
    """

    column: str
    value: str
    items: frozenset[str]
    known: frozenset[str]
    also: tuple[str, ...] = ()

    @property
    def border(self) -> frozenset[frozenset[str]]:
        """What it tells apart; equal for the two values of a column that has but two."""
        return frozenset({self.items, self.known - self.items})


@dataclass(frozen=True, slots=True)
class ItemSubgroups:
    """The subgroups of some items.

    Attributes:
        subgroups: In the order of columns and values.
        left_out: Column to why it makes no subgroups.
    """

    subgroups: tuple[Subgroup, ...]
    left_out: Mapping[str, str]


def items_by_value(items: pd.DataFrame, column: str) -> dict[str, set[str]]:
    """The items of each value of a column that somebody names, in the order of the values.

    Raises:
        InputError: If there is no such column, or it has more values than anybody reads.
    """
    if column not in items or column in OF_EVERY_DATASET:
        own = [str(name) for name in items.columns if name not in OF_EVERY_DATASET]
        raise InputError(
            f"Items have no column {column!r} of their own.",
            item=column,
            cure=nearest(column, own) or "They have none besides those of every dataset.",
        )
    found: dict[str, set[str]] = {
        str(value): set(rows["item_id"].astype(str)) for value, rows in items.groupby(column)
    }
    if len(found) > MOST_VALUES:
        raise InputError(
            f"{column!r} has {len(found):,} values; at most {MOST_VALUES} are told apart.",
            item=column,
            cure="Name a column of few values.",
        )
    return found


def find_subgroups(
    items: pd.DataFrame,
    *,
    groups: Mapping[str, str],
    labels: Collection[str] = (),
    least: int = LEAST_SUPPORT,
) -> ItemSubgroups:
    """The subgroups that single columns of metadata make.

    Args:
        items: Rows of table `items`.
        groups: Item to what it moves with.
        labels: Labels that were asked for; a column of nothing else holds the answer.
        least: Fewest groups of items inside and outside of a subgroup.
    """
    items = items.reset_index(drop=True)
    ids = items["item_id"].astype(str)
    answers = {str(label).casefold() for label in labels}
    found: list[Subgroup] = []
    left_out: dict[str, str] = {}
    for column in items.columns:
        if column in OF_EVERY_DATASET:
            continue
        values = _values(items[column], answers)
        if isinstance(values, str):
            left_out[str(column)] = values
            continue
        values = values.reindex(items.index)
        made = _subgroups(str(column), ids, values, groups, least)
        if not made:
            left_out[str(column)] = f"none of its values divides the items into {least} and {least}"
        found += made
    return ItemSubgroups(_merged(found), left_out)


def _values(column: pd.Series, answers: Collection[str]) -> pd.Series | str:
    """The column as categories, with missing ones missing; or why it has none."""
    values = column_values(column, answers)
    if isinstance(values, str) or values.dtype == object:
        return values
    return _thirds(values)


def column_values(column: pd.Series, answers: Collection[str] = ()) -> pd.Series | str:
    """A column of metadata as what it is: categories, or numbers where it has many.

    Args:
        column: A column of `items`, with its name.
        answers: Labels that were asked for, in small letters; a column of nothing else holds the
            answer.

    Returns:
        Categories as objects or numbers as floats, without the rows where the column is missing; or
        why it says nothing of what an item is.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    lowered = str(column.name).casefold()
    known = column.dropna()
    for pattern, why in _NAMES:
        if pattern.match(lowered):
            return why
    if len(known) < LEAST_KNOWN * len(column) or not len(known):
        return "it is known for fewer than half of the items"
    if pd.api.types.is_numeric_dtype(known) and not pd.api.types.is_bool_dtype(known):
        numbers = known.astype(float)
        numbers = numbers[numbers.abs() < float("inf")]
        if numbers.nunique() > MOST_VALUES:
            is_index = numbers.nunique() == len(numbers) and (numbers % 1 == 0).all()
            return "it numbers the items" if is_index else numbers
        return _categories(numbers.map("{:g}".format), answers)
    return _categories(known.astype(str).str.strip(), answers)


def _categories(texts: pd.Series, answers: Collection[str]) -> pd.Series | str:
    distinct = set(texts)
    if len(distinct) < 2:
        return "it is the same for all items"
    if max(map(len, distinct)) > LONGEST_VALUE:
        return "it is text"
    if len(distinct) > MOST_VALUES:
        return f"it has {len(distinct):,} values"
    if {value.casefold() for value in distinct} <= set(answers):
        return "it holds the truth"
    return texts.astype(object)


def _thirds(numbers: pd.Series) -> pd.Series:
    """Each number as the third it lies in, named by its ends."""
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    # Equal numbers stay together, so that with many ties a third may be larger or missing.
    thirds = pd.qcut(numbers, 3, labels=False, duplicates="drop")
    ends = numbers.groupby(thirds).agg(["min", "max"])
    names = {
        third: f"{low:.3g} to {high:.3g}" if low != high else f"{low:.3g}"
        for third, low, high in ends.itertuples()
    }
    if len(set(names.values())) < len(names):
        names = {
            third: f"{name} ({('low', 'middle', 'high')[int(third)]})"
            for third, name in names.items()
        }
    return thirds.map(names).astype(object)


def _subgroups(
    column: str, ids: pd.Series, values: pd.Series, groups: Mapping[str, str], least: int
) -> list[Subgroup]:
    import numpy as np  # noqa: PLC0415 - `--help` does without numpy

    has = values.notna().to_numpy(bool)
    own, said = ids.to_numpy(object)[has], values[has].to_numpy(object)
    known = frozenset(own)
    names, group = np.unique([groups[item] for item in own], return_inverse=True)
    made = []
    for value in sorted(set(said), key=_natural):
        inside = said == value
        support = [np.bincount(group[side], minlength=len(names)) for side in (inside, ~inside)]
        if min(np.count_nonzero(each) for each in support) >= least:
            made.append(Subgroup(column, str(value), frozenset(own[inside]), known))
    return made


def _natural(value: str) -> tuple[float, str]:
    """Numbers by size, and before words."""
    number = re.match(r"-?\d+(\.\d+)?(e[+-]?\d+)?", value)
    return (float(number.group()) if number else float("inf"), value)


def _merged(subgroups: list[Subgroup]) -> tuple[Subgroup, ...]:
    """Subgroups of the very same items as one, which names the others."""
    first: dict[tuple[frozenset[str], frozenset[str]], Subgroup] = {}
    for each in subgroups:
        key = (each.items, each.known)
        kept = first.get(key)
        if kept is None:
            first[key] = each
        else:
            also = (*kept.also, f"{each.column} {each.value}")
            first[key] = Subgroup(kept.column, kept.value, kept.items, kept.known, also)
    return tuple(first.values())
