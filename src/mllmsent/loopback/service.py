"""What a loopback server serves, and how badly."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mllmsent.foundation.errors import InputError
from mllmsent.loopback.batches.rules import BatchRules
from mllmsent.loopback.faults import Faults
from mllmsent.loopback.rates import RateLimits
from mllmsent.loopback.request_log import RequestLog

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mllmsent.loopback.answerer import Answerer

__all__ = ["Service"]


@dataclass(frozen=True, slots=True)
class Service:
    """What stands behind the address.

    Attributes:
        answerer: Gives the answers.
        faults: What goes wrong, and how slowly.
        models: Names that are served; empty for any name.
        api_key: The key that callers must show; None for none.
        max_image_bytes: Largest image that is taken.
        cached_share: Share of each prompt's tokens, 0 to 1, that is said to come from a cache.
        unsupported: Members of requests that the model does not take: `temperature`.
        batches: How batches go.
        state_dir: Where batches and files are kept for the next server; None for in memory.
        limits: How much may be asked in a minute.
        clock: Tells the time in seconds since the epoch.
        log: Every request that could be read.
    """

    answerer: Answerer
    faults: Faults = field(default_factory=Faults)
    models: tuple[str, ...] = ()
    api_key: str | None = None
    max_image_bytes: int | None = None
    cached_share: float = 0.0
    unsupported: tuple[str, ...] = ()
    batches: BatchRules = field(default_factory=BatchRules)
    state_dir: Path | None = None
    limits: RateLimits = field(default_factory=RateLimits)
    clock: Callable[[], float] = time.time
    log: RequestLog = field(default_factory=RequestLog)

    def __post_init__(self) -> None:
        if not 0.0 <= self.cached_share <= 1.0:
            raise InputError(
                f"The cached share of prompts is {self.cached_share!r}.",
                cure="Shares run from 0 to 1.",
            )
