"""Systems that differ by one part only: the same model in other words, the same words to others.

A strategy brings more than words: its language, the temperature and length that it asks for, and,
where it shows solved examples, how those were drawn. Two systems that differ in nothing but these
differ by strategy only. Where a classifier reads descriptions, `training` is the classifier's.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Hashable

    import pandas as pd

__all__ = ["Part", "variants"]

Part = Literal["model", "strategy", "readout", "classifier"]
"""What systems may differ by."""

_COLUMNS: dict[Part, tuple[str, ...]] = {
    "model": ("model", "revision"),
    "strategy": ("strategy", "strategy_version", "language"),
    "readout": ("readout",),
    "classifier": ("classifier", "training"),
}
"""Part to the columns of table `systems` that belong to it."""

_OTHER_COLUMNS = ("pathway", "training", "settings")

_BROUGHT_SETTINGS = {"strategy": ("temperature", "max_tokens")}
"""Part to the settings that it brings with it."""


def variants(systems: pd.DataFrame, part: Part) -> list[list[str]]:
    """Groups of systems that are the same but for one part.

    Args:
        systems: Table `systems`.
        part: What they may differ by.

    Returns:
        The ids of the systems of each group of two or more that differ by the part; systems and
        groups in the table's order.
    """
    families: dict[Hashable, dict[str, Hashable]] = {}
    for row in systems.to_dict(orient="records"):
        rest = families.setdefault(_without(row, part), {})
        rest[str(row["system_id"])] = tuple(_text(row.get(column)) for column in _COLUMNS[part])
    return [list(family) for family in families.values() if len(set(family.values())) > 1]


def _without(row: dict[Any, Any], part: Part) -> Hashable:
    """Everything that decides a system's answers but the part."""
    columns = {name for names in _COLUMNS.values() for name in names} | set(_OTHER_COLUMNS)
    columns -= {*_COLUMNS[part], "settings"}
    if part == "strategy" and not _text(row.get("classifier")):
        columns.discard("training")
    settings = _settings(row.get("settings"))
    for name in _BROUGHT_SETTINGS.get(part, ()):
        settings.pop(name, None)
    return (
        tuple((name, _text(row.get(name))) for name in sorted(columns)),
        json.dumps(settings, sort_keys=True, default=str),
    )


def _settings(text: Any) -> dict[str, Any]:
    """Settings as they were written; what is no JSON object is one setting of its own."""
    try:
        settings = json.loads(_text(text) or "{}")
    except ValueError:
        settings = None
    return settings if isinstance(settings, dict) else {"settings": _text(text)}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
