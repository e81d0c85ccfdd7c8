"""Phrases that several audits share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["folds_in_words", "listed", "p_in_words", "reading_in_words"]

_SHOWN = 5


def folds_in_words(units: Sequence[Any], of: int) -> str:
    """Which folds are meant, where not all: " in fold 2", " in folds 1 and 3"."""
    folds = sorted(int(unit.fold) for unit in units)
    if len(folds) == of or folds == [-1]:
        return ""
    return f" in {'fold' if len(folds) == 1 else 'folds'} {listed([str(fold) for fold in folds])}"


def listed(words: Collection[str], last: str = "and") -> str:
    """A few words of a list: "a, b and c", "a, b, c, d, e and 4 more"; `last` joins the last one."""
    shown = list(words)[:_SHOWN]
    if len(words) > _SHOWN:
        return f"{', '.join(shown)} and {len(words) - _SHOWN} more"
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} {last} {shown[-1]}"


def p_in_words(value: float) -> str:
    """A p value: "< 0.001", "0.004"."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def reading_in_words(labels: Sequence[str], read_as: Sequence[int]) -> str:
    """Which classes stand for which others: "'negative' for 'positive' and 'positive' for ..."."""
    return listed(
        [f"{labels[own]!r} for {labels[to]!r}" for own, to in enumerate(read_as) if own != to]
    )
