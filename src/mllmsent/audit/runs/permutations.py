"""Rings of classes that change places in a permutation."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["cycles"]


def cycles(read_as: Sequence[int]) -> Iterator[list[int]]:
    """The rings of classes that change places: each is read as the next.

    Args:
        read_as: For each answered class the one it is to be read as, a permutation.

    Yields:
        Rings of two and more, by their least class.
    """
    seen: set[int] = set()
    for start in range(len(read_as)):
        cycle, at = [], start
        while at not in seen:
            seen.add(at)
            cycle.append(at)
            at = read_as[at]
        if len(cycle) > 1:
            yield cycle
