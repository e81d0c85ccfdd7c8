"""Which rows move together when a sample is drawn again.

A group holds the repeats, conditions and frames of one item, or the near-duplicates of a dataset's
`group`.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

import numpy as np

from mllmsent.foundation import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["Column", "Grouping", "is_missing"]

T_co = TypeVar("T_co", covariant=True)


class Column(Protocol[T_co]):
    """One value per row: a list, a tuple, an array of numpy, a column of pandas."""

    def __len__(self) -> int:
        """How many rows there are."""
        ...

    def __iter__(self) -> Iterator[T_co]:
        """The values, row by row."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """Which group each row belongs to.

    Attributes:
        names: The groups' names, G of them, in order of first appearance.
        index: For each of N rows the position of its group in `names`.
    """

    names: tuple[Hashable, ...]
    index: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.names)

    @classmethod
    def of(cls, groups: Column[Hashable] | None, n_rows: int) -> Self:
        """The grouping that a column of group names describes; without one, each row is a group.

        Raises:
            InputError: If there is not one group name per row, or one is missing.
        """
        if groups is None:
            return cls(tuple(range(n_rows)), np.arange(n_rows, dtype=np.intp))
        if len(groups) != n_rows:
            raise InputError(f"{len(groups)} groups are given for {n_rows} rows.")
        codes: dict[Hashable, int] = {}
        index = np.empty(n_rows, dtype=np.intp)
        for row, name in enumerate(groups):
            if is_missing(name) or not isinstance(name, Hashable):
                raise InputError(
                    f"Row {row} has no group, but {name!r}.",
                    cure="Give every row the name of its item or its group.",
                )
            index[row] = codes.setdefault(name, len(codes))
        return cls(tuple(codes), index)

    def sums(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """The sums of `rows` (N, ...) within each group, (G, ...)."""
        sums = np.zeros((len(self), *rows.shape[1:]))
        np.add.at(sums, self.index, rows)
        return sums

    def of_rows(self, rows: NDArray[np.intp]) -> Self:
        """The grouping of the rows at some positions; groups without any of them are left out."""
        codes, index = np.unique(self.index[rows], return_inverse=True)
        return type(self)(tuple(self.names[code] for code in codes), index.astype(np.intp))

    def take(self, names: Sequence[Hashable]) -> tuple[Self, NDArray[np.intp]]:
        """The groups called `names`, in that order, and the positions of their rows."""
        codes = {name: code for code, name in enumerate(names)}
        recoded = np.array([codes.get(name, -1) for name in self.names], dtype=np.intp)
        index = recoded[self.index] if len(self) else self.index
        rows = np.flatnonzero(index != -1)
        return type(self)(tuple(names), index[rows]), rows


def is_missing(value: object) -> bool:
    """None, NaN, or the missing values of pandas, known by name so as not to import it."""
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return True
    return isinstance(value, (float, np.floating)) and math.isnan(value)
