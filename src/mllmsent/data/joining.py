"""Several datasets as one, so that what is learned on some can be tested on another.

Every item keeps a column `dataset` that names where it is from, and its id begins with that name:
two datasets may both have an item `12`, and both an annotator `1`. What people said stays in each
dataset's own scales, and becomes targets of one scheme dataset by dataset (`TargetSpec.by_dataset`).
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mllmsent.data.dataset import Dataset
from mllmsent.foundation import InputError
from mllmsent.foundation.tables import TABLES, check_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from mllmsent.affect.scheme import Scheme

__all__ = ["COLUMN", "join_datasets"]

COLUMN = "dataset"
"""The column of items that names the dataset they are from."""


def join_datasets(parts: Sequence[Dataset]) -> Dataset:
    """One dataset of several, in their order.

        join_datasets([load_dataset("bass", root="bass"), load_dataset("my-photos")])

    Ids of items, groups and annotators begin with the dataset's name: `bass/cat.png`. Schemes of one
    name that differ (a scale from 1 to 7, and one from 1 to 9) are told apart in the same way.

    Raises:
        InputError: If there is one only, two have one name, they ask about different emotion
            targets, or items have a column `dataset` already.
    """
    names = [part.name for part in parts]
    if len(parts) < 2:
        raise InputError("One dataset is not joined with anything.", cure="Name two or more.")
    for name in names:
        if names.count(name) > 1:
            raise InputError(
                f"Two datasets are called {name!r}.", cure="Give one of them another `name`."
            )
    targets = {part.emotion_target: part.name for part in parts}
    if len(targets) > 1:
        told = ", ".join(f"{name} about what is {target}" for target, name in targets.items())
        raise InputError(
            f"People were asked about different things: {told}. That is not one truth to learn.",
            cure="Make a study of each; `mllmsent train` on one and `predict` on the other shows what "
            "carries over.",
        )
    root = _common_root(parts)
    parts = [_named(part, root) for part in parts]
    schemes, renamed = _told_apart(parts)
    return Dataset(
        name=" + ".join(names),
        version=" + ".join(part.version for part in parts),
        title=" + ".join(part.title for part in parts),
        emotion_target=parts[0].emotion_target,
        synthetic=any(part.synthetic for part in parts),
        license=_each(f"{part.name}: {part.license}" for part in parts if part.license),
        citation=_each(part.citation for part in parts if part.citation),
        root=root,
        items=_stacked("items", [part.items for part in parts]),
        annotations=_stacked(
            "annotations", [_in_schemes(part.annotations, renamed[part.name]) for part in parts]
        ),
        norms=_stacked("targets", [_in_schemes(part.norms, renamed[part.name]) for part in parts]),
        descriptions=_stacked("descriptions", [part.descriptions for part in parts]),
        schemes=schemes,
        faults=_concatenated([part.faults for part in parts]),
        parts=tuple(parts),
    )


def _common_root(parts: Sequence[Dataset]) -> Path:
    try:
        return Path(os.path.commonpath([part.root.resolve() for part in parts]))
    except ValueError:  # two drives
        raise InputError(
            "The datasets lie on different drives.", cure="Put them on one, or link them."
        ) from None


def _named(part: Dataset, root: Path) -> Dataset:
    """The part with ids that begin with its name, and paths from the common root."""
    if COLUMN in part.items:
        raise InputError(
            f"Items of {part.name!r} have a column {COLUMN!r} already, which would say whence they "
            "are.",
            cure="Call it otherwise in the dataset's card.",
        )
    moved = Path(os.path.relpath(part.root.resolve(), root))
    items = _prefixed(part.items, part.name, "item_id", "group")
    items[COLUMN] = part.name
    items["path"] = items["path"].map(lambda path: (moved / path).as_posix(), na_action="ignore")
    return replace(
        part,
        root=root,
        items=check_table("items", items),
        annotations=_prefixed(part.annotations, part.name, "item_id", "annotator_id"),
        norms=_prefixed(part.norms, part.name, "item_id"),
        descriptions=_prefixed(part.descriptions, part.name, "item_id"),
        faults=_prefixed(part.faults, part.name, "item_id"),
    )


def _prefixed(table: pd.DataFrame, name: str, *columns: str) -> pd.DataFrame:
    changed = table.copy()
    for column in columns:
        changed[column] = f"{name}/" + table[column].astype("string")
    return changed


def _told_apart(
    parts: Sequence[Dataset],
) -> tuple[tuple[Scheme, ...], dict[str, dict[str, str]]]:
    """Every scheme once, and for each part what its schemes are called now."""
    kinds: dict[str, set[str]] = {}
    for part in parts:
        for scheme in part.schemes:
            kinds.setdefault(scheme.name, set()).add(scheme.digest())
    found: dict[str, Scheme] = {}
    renamed: dict[str, dict[str, str]] = {part.name: {} for part in parts}
    for part in parts:
        for scheme in part.schemes:
            differ = len(kinds[scheme.name]) > 1
            name = f"{part.name}/{scheme.name}" if differ else scheme.name
            renamed[part.name][scheme.name] = name
            found.setdefault(name, replace(scheme, name=name))
    return tuple(found.values()), renamed


def _in_schemes(table: pd.DataFrame, renamed: dict[str, str]) -> pd.DataFrame:
    return table.assign(scheme=[renamed.get(name, name) for name in table["scheme"]])


def _stacked(name: str, tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The rows of all; a column of numbers here and of words there becomes one of words."""
    table = _concatenated(tables)
    schema = TABLES[name]
    for column in table.columns:
        own = column not in schema.required and column not in schema.optional
        kinds = {part[column].dtype.kind for part in tables if column in part and len(part)}
        if own and len(kinds) > 1 and not kinds <= set("iufb"):
            table[column] = table[column].map(str, na_action="ignore").astype("string")
    return check_table(name, table)


def _concatenated(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else tables[0]


def _each(words: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(words))
