"""Which systems to hold against each other when models are compared: one of each, asked alike.

A run of two models and four ways of asking has eight systems and 28 pairs of them, most of which
differ in two things at once. Models are compared by one way: pathway, strategy, classifier, readout
and language the same.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["WAY", "systems_asked_alike"]

WAY = ("pathway", "strategy", "classifier", "readout", "language")
"""What makes two systems asked alike."""


def systems_asked_alike(rows: pd.DataFrame) -> list[str]:
    """One system for each model, best first, asked in the way that most models share.

    Of ways that equally many models share, the one in which the best of the ranking was asked. A
    model that was not asked in that way stands there with its best system. Systems that are not
    ranked stand for no model.

    Args:
        rows: Rows of `Leaderboard.rows` of one scheme (and dimension), best first.

    Returns:
        Their ids, in the order of the ranking.
    """
    ranked = rows[rows["ranked"].astype(bool)] if len(rows) else rows
    systems: list[tuple[str, str, tuple[str, ...]]] = [
        (
            str(row["system_id"]),
            _text(row["model"]) or str(row["system_id"]),
            tuple(_text(row[part]) for part in WAY),
        )
        for row in ranked.to_dict(orient="records")
    ]
    sharing: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for _, model, way in systems:
        sharing[way].add(model)
    if not systems:
        return []
    # `max` keeps the first of equals, and the ranking's best comes first.
    shared = max(sharing, key=lambda way: len(sharing[way]))
    chosen: dict[str, str] = {}
    for system, model, way in systems:
        if way == shared:
            chosen.setdefault(model, system)
    for system, model, _ in systems:
        chosen.setdefault(model, system)
    place = {system: number for number, (system, _, _) in enumerate(systems)}
    return sorted(chosen.values(), key=place.__getitem__)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
