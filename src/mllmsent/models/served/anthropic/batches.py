"""Anthropic's message batches, through the official SDK.

<https://platform.claude.com/docs/en/build-with-claude/batch-processing>
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from mllmsent.models.batches import BatchState, BatchTroubleError
from mllmsent.models.served.batch_wire import (
    CLOCKS_DIFFER,
    BatchForm,
    answer_in,
    answer_of,
    json_line,
    troubles,
)
from mllmsent.models.served.failures import failed, fault_of_answer
from mllmsent.models.served.payloads import whole_text
from mllmsent.models.served.wire import Fault, Outcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

    import anthropic
    from anthropic.types.messages import MessageBatch

    from mllmsent.models.batches import BatchAnswer
    from mllmsent.models.interface import Request
    from mllmsent.models.served.encoded_images import EncodedImage
    from mllmsent.models.served.sdk_link import Words
    from mllmsent.models.served.wire import Endpoint

__all__ = ["AnthropicBatches"]

_PIECE = 256 * 1024
_FORM = BatchForm(
    most_requests=100_000,
    most_bytes=256_000_000,
    head=b'{"requests":[',
    between=b",",
    foot=b"]}",
)
_STATUSES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""The status of each type of error; in batches the type stands alone.
<https://platform.claude.com/docs/en/api/errors>"""


@dataclass(frozen=True, slots=True)
class AnthropicBatches:
    """The batch half of a link to Anthropic; a `BatchLink`.

    Args:
        endpoint: Whom it asks.
        client: The SDK's asynchronous client.
        words: The protocol of the requests.
        form: 100,000 requests or 256 MB.
    """

    endpoint: Endpoint
    client: anthropic.AsyncAnthropic
    words: Words
    form: BatchForm = _FORM

    def line(self, name: str, request: Request, images: Sequence[EncodedImage]) -> bytes:
        """See `BatchLink`."""
        body = self.words.body(self.endpoint, request, images)
        return json_line({"custom_id": name, "params": body})

    async def submit(
        self,
        token: str,  # noqa: ARG002 - the names of the requests have it; a batch carries nothing else
        file: Path,
    ) -> BatchState:
        """See `BatchLink`."""
        from anthropic.types.messages import MessageBatch  # noqa: PLC0415 - an optional part

        # What `messages.batches.create` does, with a body that is never in memory as a whole.
        headers = {
            "Content-Type": "application/json",
            "Content-Length": str((await asyncio.to_thread(file.stat)).st_size),
        }
        with self._troubles():
            batch = await self.client.post(
                "/v1/messages/batches",
                cast_to=MessageBatch,
                content=_pieces(file),
                options={"headers": headers},
            )
        return _state(batch)

    async def find(
        self, token: str, *, size: int, since: datetime, others: Collection[str]
    ) -> BatchState | None:
        """See `BatchLink`."""
        perhaps = None
        with self._troubles():
            async for batch in self.client.messages.batches.list(limit=100):
                if batch.created_at < since - CLOCKS_DIFFER:  # the newest come first
                    break
                state = _state(batch)
                too_late = batch.created_at > since + CLOCKS_DIFFER
                if too_late or state.id in others or state.total != size:
                    continue
                if state.status == "ended":
                    if await self._is_of(token, state.id):
                        return state
                else:  # the names of its requests are told only when it has ended
                    perhaps = replace(state, presumed=True)
        return perhaps

    async def look(self, batch: str) -> BatchState:
        """See `BatchLink`."""
        with self._troubles(batch):
            return _state(await self.client.messages.batches.retrieve(batch))

    async def results(
        self, batch: str, *, with_schema: Collection[str]
    ) -> AsyncIterator[BatchAnswer]:
        """See `BatchLink`."""
        with self._troubles(batch):
            if (await self.client.messages.batches.retrieve(batch)).results_url is None:
                # Kept for 29 days; what is gone is not asked again by itself.
                raise BatchTroubleError(
                    f"the answers of {batch} are not kept any more", passes=False
                )
            reading = self.client.messages.batches.with_streaming_response.results(batch)
            async with reading as response:
                async for line in response.iter_lines():
                    if line.strip():
                        yield answer_in(line, partial(self._answer, with_schema=with_schema))

    async def cancel(self, batch: str) -> BatchState:
        """See `BatchLink`."""
        with self._troubles(batch):
            return _state(await self.client.messages.batches.cancel(batch))

    async def _is_of(self, token: str, batch: str) -> bool:
        async for answer in self.results(batch, with_schema=()):
            return answer.name.startswith(token)
        return False

    def _troubles(self, batch: str = "") -> AbstractContextManager[None]:
        import anthropic  # noqa: PLC0415 - an optional part

        return troubles(anthropic.APIError, self.words.failure, self.endpoint, batch)

    def _answer(self, line: Any, with_schema: Collection[str]) -> BatchAnswer:
        """What came of the request of a line of the results."""
        name, result = whole_text(line.get("custom_id")), line.get("result") or {}
        kind = result.get("type")
        if kind == "succeeded":
            response = self.words.read(result.get("message"), schema_wanted=name in with_schema)
            return answer_of(name, Outcome(response, fault_of_answer(response)))
        if kind == "errored":
            return answer_of(name, self._failure(result.get("error")))
        if kind == "canceled":
            what = "canceled: the batch was ended before this was answered"
            return answer_of(name, failed(what, Fault("lasting")))
        what = "expired: the batch ended before this was answered"
        return answer_of(name, failed(what, Fault("overloaded")))

    def _failure(self, body: Any) -> Outcome:
        """The outcome of a request that was answered with an error, as if it had been sent alone."""
        import anthropic  # noqa: PLC0415 - an optional part
        import httpx2  # noqa: PLC0415 - comes with the SDK

        inner = body.get("error") if isinstance(body, dict) else None
        kind = inner.get("type") if isinstance(inner, dict) else None
        status = _STATUSES.get(str(kind), 500)
        request = httpx2.Request("POST", self.endpoint.address + self.words.path)
        error = anthropic.APIStatusError(
            f"Error code: {status}", response=httpx2.Response(status, request=request), body=body
        )
        return self.words.failure(error, self.endpoint)


async def _pieces(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as opened:
        while piece := await asyncio.to_thread(opened.read, _PIECE):
            yield piece


def _state(batch: MessageBatch) -> BatchState:
    counts = batch.request_counts
    done = counts.succeeded + counts.errored + counts.expired + counts.canceled
    return BatchState(
        id=batch.id,
        status="ended" if batch.processing_status == "ended" else "working",
        total=counts.processing + done,
        # Until all have ended, every one is told to be processing.
        done=done or None,
        expires_at=batch.expires_at,
        canceled=batch.cancel_initiated_at is not None,
    )
