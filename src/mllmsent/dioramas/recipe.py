"""What a dataset of dioramas is made of: how many of which seed, and whether of each class alike.

The scenes of a seed are an endless row. A dataset takes the first of them or, balanced, the first
that its annotators agree on and whose class still lacks some. A diorama is thus the same, with the
same number and the same votes, in every dataset of its seed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING

from mllmsent.dioramas.annotators import annotate, classes_of, majority
from mllmsent.dioramas.sampling import sample_diorama
from mllmsent.dioramas.scene import DIORAMAS_VERSION
from mllmsent.foundation.errors import InputError, nearest

if TYPE_CHECKING:
    from mllmsent.dioramas.sampling import Diorama

__all__ = ["AGREEING", "BALANCES", "Recipe"]

BALANCES = ("polarity3", "polarity5", "mikels")
"""Schemes over whose classes a dataset can be balanced."""

AGREEING = 3
"""How many of the five annotators agree on each item of a balanced dataset."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a dataset of dioramas is made of; equal recipes make equal datasets.

    Attributes:
        n: How many.
        seed: Seed of everything.
        size: Width and height of the pictures in pixels.
        balanced: A scheme of `BALANCES`, over whose classes the label of the annotators' majority
            (at least `AGREEING` of them) falls as evenly as `n` allows: where it cannot be even, the
            first classes have one more. None takes scenes as they come.

    Raises:
        InputError: If a number is out of range, or there is no such balance.
    """

    n: int
    seed: int
    size: int = 384
    balanced: str | None = None

    def __post_init__(self) -> None:
        if self.n < 1 or not 16 <= self.size <= 4096:
            raise InputError(
                f"{self.n} dioramas of {self.size} pixels cannot be made.",
                cure="At least one, between 16 and 4096 pixels.",
            )
        if self.balanced is not None and self.balanced not in BALANCES:
            raise InputError(
                f"Dioramas cannot be balanced over {self.balanced!r}.",
                cure=nearest(self.balanced, BALANCES),
            )

    @property
    def version(self) -> str:
        """The recipe in words: the version of the dataset."""
        words = f"{DIORAMAS_VERSION}, seed {self.seed}, n {self.n}, {self.size} px"
        return words if self.balanced is None else f"{words}, balanced {self.balanced}"

    @property
    def folder(self) -> str:
        """Name of a folder that holds this dataset and no other."""
        balance = "" if self.balanced is None else f"-balanced-{self.balanced}"
        return f"dioramas-{self.n}-{self.seed}-{self.size}{balance}-v{DIORAMAS_VERSION}"

    @property
    def options(self) -> str:
        """The recipe as options of `mllmsent datasets make dioramas`."""
        words = f"--n {self.n} --seed {self.seed} --size {self.size}"
        return words if self.balanced is None else f"{words} --balanced {self.balanced}"

    def dioramas(self) -> list[Diorama]:
        """The dioramas of the dataset, in the order of their numbers.

        Their numbers have gaps where the dataset is balanced. A twin whose original is left out is
        a scene like any other then: it names neither an original nor a change.
        """
        if self.balanced is None:
            return [sample_diorama(self.seed, index) for index in range(self.n)]
        classes = classes_of(self.balanced)
        share, more = divmod(self.n, len(classes))
        lacking = {name: share + (place < more) for place, name in enumerate(classes)}
        chosen: dict[str, Diorama] = {}
        for index in count():
            if len(chosen) == self.n:
                break
            diorama = sample_diorama(self.seed, index)
            label = majority(annotate(diorama, self.seed), self.balanced, AGREEING)
            if label is None or not lacking[label]:
                continue
            lacking[label] -= 1
            if diorama.twin_of and diorama.twin_of not in chosen:
                diorama = replace(diorama, twin_of="", changed="")
            chosen[diorama.item_id] = diorama
        return list(chosen.values())
