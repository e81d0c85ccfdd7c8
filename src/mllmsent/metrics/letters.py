"""Groups of systems that cannot be told apart, as letters beside a ranking.

Two systems that share a letter do not differ significantly; two that share none do. "Not different"
is not transitive (the first may equal the second and the second the third, yet the first differ
from the third), so a system may carry several letters.

Source: Piepho (2004), An algorithm for a letter-based representation of all-pairwise comparisons,
Journal of Computational and Graphical Statistics 13, 456-466 (insert and absorb).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.foundation import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["indistinguishable_groups", "significance_letters"]


def indistinguishable_groups(
    names: Sequence[str], different: Iterable[tuple[str, str]]
) -> list[tuple[str, ...]]:
    """The largest groups in which no system differs from another.

    Args:
        names: The systems, best first.
        different: The pairs that differ significantly, in any order.

    Returns:
        Groups, each in the order of `names`, the group with the best system first. Every system is
        in at least one; two are together in some group exactly if they do not differ.

    Raises:
        InputError: If a name occurs twice, or a pair names an unknown system or one system twice.
    """
    place = {name: index for index, name in enumerate(names)}
    if len(place) < len(names):
        raise InputError("A system is ranked more than once.")
    columns = [frozenset(names)] if names else []
    for pair in different:
        for name in pair:
            if name not in place:
                raise InputError(f"No system is called {name!r}.", cure=nearest(name, names))
        one, other = pair
        if one == other:
            raise InputError(f"{one!r} cannot differ from itself.")
        columns = _separate(columns, one, other)
    groups = [tuple(sorted(column, key=place.__getitem__)) for column in columns]
    return sorted(groups, key=lambda group: [place[name] for name in group])


def significance_letters(
    names: Sequence[str], different: Iterable[tuple[str, str]]
) -> dict[str, str]:
    """The letters of each system: "a" for the best group, then "b", ..., "z", "aa", ...

    Args:
        names: The systems, best first.
        different: The pairs that differ significantly.

    Returns:
        Name to its letters; several letters beyond "z" are separated by commas.
    """
    groups = indistinguishable_groups(names, different)
    separator = "" if len(groups) <= 26 else ","
    return {
        name: separator.join(_letter(index) for index, group in enumerate(groups) if name in group)
        for name in names
    }


def _separate(columns: list[frozenset[str]], one: str, other: str) -> list[frozenset[str]]:
    """Columns in which `one` and `other` never meet, and none of which lies within another."""
    apart: list[frozenset[str]] = []
    for column in columns:
        if one in column and other in column:
            apart += [column - {one}, column - {other}]
        else:
            apart.append(column)
    distinct = list(dict.fromkeys(apart))
    return [column for column in distinct if not any(column < wider for wider in distinct)]


def _letter(index: int) -> str:
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return letters
