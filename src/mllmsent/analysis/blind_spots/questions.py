"""What is asked in a search for blind spots: of each system, and of all.

A blind spot of a system has to stand out twice: the system loses more there than its losses
elsewhere and the people's disagreement predict, and it does so by more than the other models. What
is hard for all of them cancels out of the second, and a system that merely loses its lead somewhere
fails the first. A gap between weaker and stronger systems also widens, as a share, wherever things
are harder; a gap that is not there in odds is none (Loftus 1978, Memory & Cognition 6, 312-319, on
interactions that a change of scale removes).

A blind spot that all share is one where every model loses more than people's disagreement predicts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from mllmsent.metrics.metric import Floats

__all__ = ["SHARED", "Question", "questions_of"]

SHARED = ""
"""Stands for all systems, where a system's id is expected."""


@dataclass(frozen=True, eq=False)
class Question:
    """Where is one system blind, or where are all?

    Attributes:
        system_id: The system, or `SHARED`.
        contrasts: (N, C): what has to be higher inside than outside, each of them; NaN for items
            that tell nothing.
        told: (N,): the one of them (or for `SHARED` their mean) whose size is told.
        loss: (N,): what is lost.
        rivals: What the others lose and how much of it is unexpected, (N, 2), where there are any.
        own: The same of the system itself.
    """

    system_id: str
    contrasts: Floats
    told: Floats
    loss: Floats
    rivals: Floats | None = None
    own: Floats | None = None

    def by_people(self) -> Question:
        """The same system, held against the people's disagreement alone."""
        if self.own is None:
            return self
        return Question(self.system_id, self.own[:, 1:], self.own[:, 1], self.loss)

    def in_odds(self, inside: NDArray[np.bool_], outside: NDArray[np.bool_]) -> bool:
        """Whether the odds of a loss, too, rise more than those of the others."""
        if self.own is None or self.rivals is None:
            return True
        rises = []
        for table in (self.own, self.rivals):
            within, without = table[inside], table[outside]
            if not len(within) or not len(without):
                return False
            lost, unexpected = within.mean(axis=0)
            expected = lost - (unexpected - without[:, 1].mean())
            half = 0.5 / len(within)  # as if half an item more were lost, and half an item not
            shares = np.clip([lost, expected], half, 1 - half)
            rises.append(np.subtract(*np.log(shares / (1 - shares))))
        return bool(rises[0] > rises[1])


def questions_of(systems: Mapping[str, str], losses: Floats, excess: Floats) -> list[Question]:
    """A question for each system, and one for all where there are several.

    A system is held against the systems of other models: another pathway of the same model shares
    its eyes. Where there is one model only, each system counts as one.

    Args:
        systems: Each of S systems to its model.
        losses: (N, S).
        excess: (N, S), beyond what the people's answers predict.
    """
    alone = len(set(systems.values())) == 1
    unit_of = [system if alone else model for system, model in systems.items()]
    units = list(dict.fromkeys(unit_of))
    parts = [[place for place, unit in enumerate(unit_of) if unit == own] for own in units]
    by_unit = np.stack([_mean(excess[:, places]) for places in parts], axis=1)
    loss_by_unit = np.stack([_mean(losses[:, places]) for places in parts], axis=1)
    found = []
    for place, system in enumerate(systems):
        own = excess[:, place]
        if len(units) < 2:
            found.append(Question(system, own[:, None], own, losses[:, place]))
            continue
        others = [number for number, unit in enumerate(units) if unit != unit_of[place]]
        rivals = _mean(by_unit[:, others])
        found.append(
            Question(
                system,
                np.column_stack([own, own - rivals]),
                own - rivals,
                losses[:, place],
                rivals=np.column_stack([_mean(loss_by_unit[:, others]), rivals]),
                own=np.column_stack([losses[:, place], own]),
            )
        )
    if len(units) > 1:
        everyone = by_unit.mean(axis=1)  # of items that all were asked about
        found.append(Question(SHARED, by_unit, everyone, loss_by_unit.mean(axis=1)))
    return found


def _mean(table: Floats) -> Floats:
    """Mean of each row over what is known; NaN where nothing is."""
    known = ~np.isnan(table)
    with np.errstate(invalid="ignore"):
        mean: Floats = np.nansum(table, axis=1) / known.sum(axis=1)
    return mean
