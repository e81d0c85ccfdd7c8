"""What a protocol gives so that models behind it can be asked in batches, and what batches share."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from mllmsent.models.batches import BatchAnswer, BatchTroubleError
from mllmsent.models.interface import Response
from mllmsent.models.served.failures import redact

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from mllmsent.models.batches import BatchState
    from mllmsent.models.interface import Request
    from mllmsent.models.served.encoded_images import EncodedImage
    from mllmsent.models.served.wire import Endpoint, Outcome

__all__ = [
    "CLOCKS_DIFFER",
    "BatchForm",
    "BatchLink",
    "answer_in",
    "answer_of",
    "json_line",
    "troubles",
]

CLOCKS_DIFFER = timedelta(hours=26)
"""So far a provider's clock may be from ours: as one that was set to another time zone's."""


@dataclass(frozen=True, slots=True)
class BatchForm:
    """How requests stand in a file that is handed in, and how many it takes.

    Attributes:
        most_requests: Most requests.
        most_bytes: Largest file.
        head: What stands before the first request.
        between: What stands between two.
        foot: What stands behind the last.
    """

    most_requests: int
    most_bytes: int
    head: bytes = b""
    between: bytes = b"\n"
    foot: bytes = b"\n"


class BatchLink(Protocol):
    """The batch half of a link. What asks the server raises `BatchTroubleError`; see `Batches`."""

    @property
    def form(self) -> BatchForm:
        """How requests stand in a file."""
        ...

    def line(self, name: str, request: Request, images: Sequence[EncodedImage]) -> bytes:
        """A request as it stands in the file."""
        ...

    async def submit(self, token: str, file: Path) -> BatchState:
        """See `Batches`."""
        ...

    async def find(
        self, token: str, *, size: int, since: datetime, others: Collection[str]
    ) -> BatchState | None:
        """See `Batches`."""
        ...

    async def look(self, batch: str) -> BatchState:
        """See `Batches`."""
        ...

    def results(self, batch: str, *, with_schema: Collection[str]) -> AsyncIterator[BatchAnswer]:
        """See `Batches`."""
        ...

    async def cancel(self, batch: str) -> BatchState:
        """See `Batches`."""
        ...


def json_line(value: Any) -> bytes:
    """A value as one line of JSON, whatever characters it has."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def answer_of(name: str, outcome: Outcome) -> BatchAnswer:
    """What came of a request, as whoever handed it in takes it."""
    fault = outcome.fault
    return BatchAnswer(
        name,
        outcome.response,
        again=fault is not None and fault.passes,
        schema_rejected=fault is not None and fault.kind == "schema",
    )


def answer_in(line: str | bytes, read: Callable[[Any], BatchAnswer]) -> BatchAnswer:
    """What came of the request of a line of answers; without a name where it cannot be read.

    Args:
        line: The line.
        read: Reads what is in it.
    """
    try:
        return read(json.loads(line))
    except Exception as error:  # noqa: BLE001 - a hostile line costs no other its answer
        return BatchAnswer("", Response("failed", error=redact(f"not to be read: {error}")))


@contextmanager
def troubles(
    errors: type[Exception],
    failure: Callable[[Any, Endpoint], Outcome],
    endpoint: Endpoint,
    batch: str = "",
) -> Iterator[None]:
    """Tell what goes wrong with an SDK as trouble with batches.

    Args:
        errors: What it raises where a server said no, or nothing.
        failure: What one of these means.
        endpoint: Whom was asked.
        batch: What was asked about, where it was a batch.
    """
    try:
        yield
    except BatchTroubleError:
        raise
    except errors as error:
        if batch and 404 in {getattr(error, "status_code", 0), getattr(error, "code", 0)}:
            raise BatchTroubleError(
                f"the provider knows no {batch}; was it handed in with the key of another account?",
                passes=False,
            ) from None
        outcome = failure(error, endpoint)
        raise BatchTroubleError(
            redact(outcome.response.error, endpoint.key) or "the provider declined",
            passes=bool(outcome.fault and outcome.fault.passes),
            hopeless=outcome.response.hopeless,
        ) from None
    except Exception as error:  # noqa: BLE001 - what breaks in the midst of a file is looked at again
        what = redact(f"{type(error).__name__}: {error}", endpoint.key)
        raise BatchTroubleError(what, passes=True) from None
