"""Systems that differ by one part only: the same model in other words, the same words to others.

A strategy brings more than words: its language, the temperature and length that it asks for, and,
where it shows solved examples, how those were drawn. Two systems that differ in nothing but these
differ by strategy only. Where a classifier reads descriptions, `training` is the classifier's. How
a model is asked, its `asking`, is wider: words, readout and every setting, such as whether it thinks.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Hashable

    import pandas as pd

__all__ = ["Part", "variants"]

Part = Literal["model", "strategy", "readout", "classifier", "asking"]
"""What systems may differ by."""

_COLUMNS: dict[Part, tuple[str, ...]] = {
    "model": ("model", "revision"),
    "strategy": ("strategy", "strategy_version", "language"),
    "readout": ("readout",),
    "classifier": ("classifier", "training"),
    # Imported systems may differ by their names only.
    "asking": ("strategy", "strategy_version", "language", "readout", "settings", "name"),
}
"""Part to the columns of table `systems` that belong to it."""

_COLUMNS_OF_ALL = (
    "model", "revision", "pathway", "strategy", "strategy_version", "language", "readout",
    "classifier", "training",
)  # fmt: skip
"""What decides a system's answers, beside its settings."""

_WORDED = ("strategy", "asking")
"""Parts that bring solved examples along, of which `training` says how they were drawn."""

_STRATEGY_SETTINGS = ("temperature", "max_tokens")
"""Settings that a strategy brings with it."""


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
    columns = set(_COLUMNS_OF_ALL) - set(_COLUMNS[part])
    if part in _WORDED and not _text(row.get("classifier")):
        columns.discard("training")
    settings = {} if part == "asking" else _settings(row.get("settings"))
    for name in _STRATEGY_SETTINGS if part == "strategy" else ():
        settings.pop(name, None)
    # Of imported systems the model may not be known: then each is taken for one of its own.
    own = {"model": _text(row.get("model")) or _text(row.get("name"))}
    return (
        tuple((name, own.get(name) or _text(row.get(name))) for name in sorted(columns)),
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
