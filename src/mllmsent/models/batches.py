"""What a model offers whose provider answers many requests together, later and for less.

A batch is handed in as a whole, worked on within a day or so, and its answers are fetched when it has
ended. Whoever hands one in keeps a book of it: this file says only how a provider is spoken to. A model
that can be asked so has the member `batches`, which is a `Batches`; most have not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterable
    from datetime import datetime
    from pathlib import Path

    from mllmsent.models.interface import Model, Request, Response

__all__ = [
    "BatchAnswer",
    "BatchState",
    "BatchStatus",
    "BatchTerms",
    "BatchTroubleError",
    "Batches",
    "SentImages",
    "Written",
    "batches_of",
]

BatchStatus = Literal[
    "working",  # taken, and not done
    "ended",  # done, expired or canceled: what was answered can be fetched
    "refused",  # not taken as a whole; nothing was answered, and nothing is paid
]


class BatchTroubleError(Exception):
    """A batch endpoint could not be used.

    Args:
        reason: Why, in words safe to show (never a key).
        passes: Whether it may be otherwise in a while.
        hopeless: Whether every other use of it would fail alike: a wrong key, no credit.
    """

    def __init__(self, reason: str, *, passes: bool, hopeless: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.passes, self.hopeless = reason, passes, hopeless


@dataclass(frozen=True, slots=True)
class BatchTerms:
    """How patient to be with a provider's batches.

    Attributes:
        retries: How often a request is handed in again that failed in a way that passes.
        pause_s: Seconds until a batch is first looked at; later pauses are longer, up to twenty
            times that.
    """

    retries: int = 3
    pause_s: float = 30.0


@dataclass(frozen=True, slots=True)
class BatchState:
    """How a batch stands.

    Attributes:
        id: What the provider calls it.
        status: Whether its answers can be fetched.
        total: How many requests it has.
        done: Of these, how many are worked on; None where the provider tells at the end only.
        expires_at: When the provider gives up what is unanswered; None where it does not say.
        canceled: Whether somebody had it ended.
        presumed: Whether it is not sure that this is the batch that was looked for.
        error: Why it was refused.
        too_much: Whether it was refused because more waits at the provider than is allowed: a
            smaller one, or the same one later, may be taken.
    """

    id: str
    status: BatchStatus
    total: int
    done: int | None = None
    expires_at: datetime | None = None
    canceled: bool = False
    presumed: bool = False
    error: str = ""
    too_much: bool = False


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """What came of one request of a batch.

    Attributes:
        name: The request's name in the batch; empty where it could not be read.
        response: The answer, or the failure in words; without what only its sender knows (images).
        again: Whether there is no answer, and handing it in once more may help.
        schema_rejected: Whether there is none because the provider does not take its schema.
    """

    name: str
    response: Response
    again: bool = False
    schema_rejected: bool = False


@dataclass(frozen=True, slots=True)
class SentImages:
    """The images of a request, as they were sent.

    Attributes:
        sha256: SHA-256 of each image's bytes, in order.
        note: How they differ from the files; empty where they do not.
    """

    sha256: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """What a file holds that is to be handed in.

    Attributes:
        sent: Name of each request in it to its images.
        unsendable: Name of each request that can be in no batch to why.
    """

    sent: dict[str, SentImages] = field(default_factory=dict)
    unsendable: dict[str, Response] = field(default_factory=dict)


class Batches(Protocol):
    """The batch endpoint of a model. Every method that asks it raises `BatchTroubleError`."""

    @property
    def terms(self) -> BatchTerms:
        """How patient to be."""
        ...

    async def write(
        self, requests: Iterable[tuple[str, Request]], file: Path, *, at_most: int | None = None
    ) -> Written:
        """Write the next batch: as many of the requests, in order, as one takes.

        Images are read one after the other while writing. Nothing is sent.

        Args:
            requests: Name (1 to 64 of A-Z a-z 0-9 _ -) and request, each.
            file: Where to write.
            at_most: Most requests, where fewer are wanted than the provider takes.
        """
        ...

    async def submit(self, token: str, file: Path, *, size: int) -> BatchState:
        """Hand in what was written. Trouble that passes leaves open whether it was taken.

        Args:
            token: Tells this batch from all others, to find it by.
            file: What `write` wrote.
            size: How many requests it holds.
        """
        ...

    async def find(
        self, token: str, *, size: int, since: datetime, others: Collection[str]
    ) -> BatchState | None:
        """A batch that was handed in and whose id was not heard; None where there is none.

        Where a provider tells of a batch under way too little to know it by, one that may be it is
        given as `presumed`: look again when it has ended, and its answers tell.

        Args:
            token: Of the batch; the names of its requests begin with it.
            size: How many requests it has.
            since: When it was handed in.
            others: Ids of batches that it is not.
        """
        ...

    async def look(self, batch: str) -> BatchState:
        """How a batch stands."""
        ...

    def results(self, batch: str, *, with_schema: Collection[str]) -> AsyncIterator[BatchAnswer]:
        """What came of the requests of a batch that has ended, one at a time, in any order.

        Args:
            batch: Its id.
            with_schema: Names of the requests that asked for a structured answer.
        """
        ...

    async def cancel(self, batch: str) -> BatchState:
        """Have a batch ended; what is answered by then stays answered, and paid."""
        ...


def batches_of(model: Model) -> Batches | None:
    """The batch endpoint of a model; None where it has none."""
    found: Batches | None = getattr(model, "batches", None)
    return found
