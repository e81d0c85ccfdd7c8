"""Time: by the clock, and of the processor, which a busy machine changes less."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True)
class Took:
    """Seconds by the clock, and of the processor over all threads."""

    clock: float
    processor: float

    @classmethod
    def of(cls, work: Callable[[], Any]) -> tuple[Took, Any]:
        """How long work takes, and what comes of it."""
        clock, processor = time.perf_counter(), time.process_time()
        found = work()
        return cls(time.perf_counter() - clock, time.process_time() - processor), found

    @classmethod
    def median(cls, each: Sequence[Took]) -> Took:
        """The median of either."""
        return cls(
            statistics.median(one.clock for one in each),
            statistics.median(one.processor for one in each),
        )

    def times(self, factor: float) -> Took:
        """So many times as long."""
        return Took(self.clock * factor, self.processor * factor)

    def over(self, other: Took) -> dict[str, float]:
        """How many times as long as something else."""
        return {
            "clock": round(self.clock / other.clock, 2),
            "processor": round(self.processor / other.processor, 2),
        }

    def told(self) -> dict[str, float]:
        """For people."""
        return {"clock": round(self.clock, 2), "processor": round(self.processor, 2)}
