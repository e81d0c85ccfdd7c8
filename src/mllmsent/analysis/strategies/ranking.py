"""Whether the ranking of models depends on the wording in which they are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.analysis.numbers import score_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mllmsent.analysis.strategies.families import Family
    from mllmsent.analysis.strategies.scores import Scoring

__all__ = ["ranking_rows"]


def ranking_rows(families: Sequence[Family], scoring: Scoring) -> list[dict[str, Any]]:
    """A row for each way of reaching the emotion in which several models share wordings.

    Args:
        families: The families that answered.
        scoring: How good they are.
    """
    if scoring.scores is None:
        return []
    by_way: dict[str, list[Family]] = {}
    for family in families:
        scored = scoring.family(family)
        if scored is not None:
            by_way.setdefault(scored.way, []).append(scored)
    rows = []
    for way, members in by_way.items():
        shared = [
            wording
            for wording in members[0].wordings.values()
            if all(wording in family.wordings.values() for family in members)
        ]
        if len(members) < 2 or len(shared) < 2:
            continue
        grid = [_in_order(family, shared) for family in members]
        found = scoring.scores.rankings(grid)
        rows.append(
            {
                "way": way,
                "models": len(members),
                "strategies": len(shared),
                "n_items": scoring.n_items,
                "model_pairs": len(members) * (len(members) - 1) // 2,
                "clearly_swapped": scoring.scores.clearly_swapped(grid),
            }
            | {
                column: value
                for name, score in found.items()
                for column, value in score_columns(name, score, f"{name}_").items()
            }
        )
    return rows


def _in_order(family: Family, wordings: Sequence[str]) -> list[str]:
    system_of = {wording: system for system, wording in family.wordings.items()}
    return [system_of[wording] for wording in wordings]
