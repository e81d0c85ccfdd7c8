"""What a loopback server serves, and how badly."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mllmsent.loopback.faults import Faults
from mllmsent.loopback.request_log import RequestLog

if TYPE_CHECKING:
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
        log: Every request that could be read.
    """

    answerer: Answerer
    faults: Faults = field(default_factory=Faults)
    models: tuple[str, ...] = ()
    api_key: str | None = None
    max_image_bytes: int | None = None
    log: RequestLog = field(default_factory=RequestLog)
