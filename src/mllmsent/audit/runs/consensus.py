"""What the other files say that the target of an item is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.audit.runs.sheets import UNREAD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mllmsent.audit.runs.sheets import Codes, Sheet

__all__ = ["Consensus", "consensus_of"]


@dataclass(frozen=True, eq=False)
class Consensus:
    """Targets by item, as all sheets of a scheme give them.

    Attributes:
        at: Item to its row of `votes`.
        votes: How many sheets give each item each target, (items, K).
    """

    at: dict[str, int]
    votes: NDArray[np.int64]

    def without(self, sheet: Sheet) -> Codes:
        """For each row of a sheet the target that most others give its item.

        `UNREAD` where no other gives one, or they are divided evenly.
        """
        others = self.votes - _votes_of(sheet, self.at, self.votes.shape[1])
        return _most(others)[self._rows(sheet)]

    def contested(self, sheet: Sheet) -> NDArray[np.bool_]:
        """For each row of a sheet whether its item has more than one target."""
        several = (self.votes > 0).sum(axis=1) > 1
        found: NDArray[np.bool_] = several[self._rows(sheet)]
        return found

    def most(self, sheet: Sheet) -> Codes:
        """For each row of a sheet the target that most sheets give its item; `UNREAD` if even."""
        return _most(self.votes)[self._rows(sheet)]

    def _rows(self, sheet: Sheet) -> NDArray[np.intp]:
        return np.array([self.at[item] for item in sheet.items], dtype=np.intp)


def consensus_of(sheets: Sequence[Sheet]) -> Consensus:
    """The targets that sheets of one scheme give, a sheet counting once for each item and target."""
    at: dict[str, int] = {}
    for sheet in sheets:
        for item in sheet.items:
            at.setdefault(item, len(at))
    n_classes = len(sheets[0].classes)
    votes = np.zeros((len(at), n_classes), dtype=np.int64)
    for sheet in sheets:
        votes += _votes_of(sheet, at, n_classes)
    return Consensus(at, votes)


def _votes_of(sheet: Sheet, at: dict[str, int], n_classes: int) -> NDArray[np.int64]:
    votes = np.zeros((len(at), n_classes), dtype=np.int64)
    known = sheet.truth != UNREAD
    rows = np.array([at[item] for item in sheet.items], dtype=np.intp)
    votes[rows[known], sheet.truth[known]] = 1
    return votes


def _most(votes: NDArray[np.int64]) -> Codes:
    top = votes.max(axis=1)
    alone = (top > 0) & ((votes == top[:, None]).sum(axis=1) == 1)
    return np.where(alone, votes.argmax(axis=1), UNREAD)
