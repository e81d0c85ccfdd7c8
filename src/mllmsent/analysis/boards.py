"""The boards of a run: its schemes, and of dimensional ones each dimension."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.evidence import Evidence

__all__ = ["board_title", "boards"]


def boards(evidence: Evidence) -> Iterator[tuple[Scheme, str]]:
    """Every scheme of a run with each of its dimensions; "" for labels."""
    for scheme in evidence.schemes.values():
        for dimension in scheme.dimension_names or ("",):
            yield scheme, dimension


def board_title(scheme: Scheme, dimension: str) -> str:
    """What a board is called in a sentence: the scheme, and its dimension where it has them."""
    return f"{scheme.name}, {dimension}" if dimension else scheme.name
