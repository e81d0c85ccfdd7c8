"""Chance that is the same on every machine and with every Python.

Only `random.Random.random()` is used: Python promises that its sequence for a seed never changes,
and promises it of nothing else.
"""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Dice"]

T = TypeVar("T")


class Dice:
    """A stream of chance named by its parts: `Dice(seed, "clouds", 3)`."""

    def __init__(self, *name: object) -> None:
        digest = hashlib.sha256("/".join(str(part) for part in name).encode()).digest()
        self._random = random.Random(int.from_bytes(digest[:8], "big"))

    def unit(self) -> float:
        """A number in [0, 1)."""
        return self._random.random()

    def between(self, low: float, high: float) -> float:
        """A number in [low, high)."""
        return low + (high - low) * self._random.random()

    def near(self, middle: float, spread: float) -> float:
        """A number within `spread` of `middle`, the middle being likelier."""
        return middle + spread * (self.unit() + self.unit() - 1)

    def whole(self, count: int) -> int:
        """One of 0, 1, ..., count - 1."""
        return int(self._random.random() * count)

    def choose(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[self.whole(len(options))]

    def happens(self, chance: float) -> bool:
        """True with that chance."""
        return self._random.random() < chance

    def weighted(self, weights: Mapping[T, float]) -> T:
        """A key, as likely as its weight."""
        point = self.unit() * sum(weights.values())
        *others, last = weights
        for key in others:
            point -= weights[key]
            if point < 0:
                return key
        return last

    def normal(self, mean: float = 0.0, sd: float = 1.0) -> float:
        """A number from a bell curve: twelve uniform numbers are near enough to a normal one."""
        return mean + sd * (sum(self.unit() for _ in range(12)) - 6)

    def shuffled(self, options: Sequence[T]) -> list[T]:
        """The options in another order."""
        keyed = [(self.unit(), number) for number in range(len(options))]
        return [options[number] for _, number in sorted(keyed)]
