"""OpenAI's batches, through the official SDK: a file of requests in, files of answers out.

<https://developers.openai.com/api/docs/guides/batch>
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from mllmsent.models.batches import BatchState, BatchTroubleError
from mllmsent.models.interface import Response
from mllmsent.models.served.batch_wire import (
    CLOCKS_DIFFER,
    BatchForm,
    answer_in,
    answer_of,
    json_line,
    troubles,
)
from mllmsent.models.served.failures import failed, fault_of_answer, redact
from mllmsent.models.served.payloads import whole_text
from mllmsent.models.served.wire import Fault, Outcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    import openai
    from openai.types import Batch

    from mllmsent.models.batches import BatchAnswer
    from mllmsent.models.interface import Request
    from mllmsent.models.served.encoded_images import EncodedImage
    from mllmsent.models.served.sdk_link import Words
    from mllmsent.models.served.wire import Endpoint

__all__ = ["OpenAIBatches"]

_TOKEN = "mllmsent"  # noqa: S105 - a name that batches carry, no secret
_ENDED = {"completed", "expired", "cancelled"}
_FORM = BatchForm(most_requests=50_000, most_bytes=200_000_000)
_TOO_MUCH = "token_limit_exceeded"


@dataclass(frozen=True, slots=True)
class OpenAIBatches:
    """The batch half of a link to OpenAI; a `BatchLink`.

    Args:
        endpoint: Whom it asks.
        client: The SDK's asynchronous client.
        words: The protocol of the requests.
        form: 50,000 requests and 200 MB, as the documentation of `input_file_id` says.
    """

    endpoint: Endpoint
    client: openai.AsyncOpenAI
    words: Words
    form: BatchForm = _FORM

    def line(self, name: str, request: Request, images: Sequence[EncodedImage]) -> bytes:
        """See `BatchLink`."""
        body = self.words.body(self.endpoint, request, images)
        return json_line({"custom_id": name, "method": "POST", "url": self._url, "body": body})

    async def submit(self, token: str, file: Path) -> BatchState:
        """See `BatchLink`."""
        with self._troubles(), file.open("rb") as opened:
            uploaded = await self.client.files.create(
                file=(f"mllmsent-{token}.jsonl", opened), purpose="batch"
            )
            endpoint: Any = self._url
            batch = await self.client.batches.create(
                input_file_id=uploaded.id,
                endpoint=endpoint,
                completion_window="24h",
                metadata={_TOKEN: token},
            )
        return self._state(batch)

    async def find(
        self,
        token: str,
        *,
        size: int,  # noqa: ARG002 - the token says enough
        since: datetime,
        others: Collection[str],  # noqa: ARG002 - likewise
    ) -> BatchState | None:
        """See `BatchLink`."""
        earliest = (since - CLOCKS_DIFFER).timestamp()
        with self._troubles():
            async for batch in self.client.batches.list(limit=100):
                if (batch.metadata or {}).get(_TOKEN) == token:
                    return self._state(batch)
                if batch.created_at < earliest:  # the newest come first
                    break
        return None

    async def look(self, batch: str) -> BatchState:
        """See `BatchLink`."""
        with self._troubles(batch):
            return self._state(await self.client.batches.retrieve(batch))

    async def results(
        self, batch: str, *, with_schema: Collection[str]
    ) -> AsyncIterator[BatchAnswer]:
        """See `BatchLink`."""
        with self._troubles(batch):
            found = await self.client.batches.retrieve(batch)
        files = [file for file in (found.output_file_id, found.error_file_id) if file]
        counts = found.request_counts
        if not files and counts is not None and counts.completed + counts.failed:
            raise BatchTroubleError(f"the answers of {batch} are not there yet", passes=True)
        for file in files:
            with self._troubles(batch):
                reading = self.client.files.with_streaming_response.content(file)
                async with reading as response:
                    async for line in response.iter_lines():
                        if line.strip():
                            yield answer_in(line, partial(self._answer, with_schema=with_schema))

    async def cancel(self, batch: str) -> BatchState:
        """See `BatchLink`."""
        with self._troubles(batch):
            return self._state(await self.client.batches.cancel(batch))

    @property
    def _url(self) -> str:
        return f"/v1{self.words.path}"

    def _troubles(self, batch: str = "") -> AbstractContextManager[None]:
        import openai  # noqa: PLC0415 - an optional part

        return troubles(openai.APIError, self.words.failure, self.endpoint, batch)

    def _state(self, batch: Batch) -> BatchState:
        counts = batch.request_counts
        errors = (batch.errors.data if batch.errors is not None else None) or []
        said = "; ".join(
            f"{error.message or error.code}" + (f" (line {error.line})" if error.line else "")
            for error in errors[:3]
        )
        refused = batch.status == "failed"
        return BatchState(
            id=batch.id,
            status="refused" if refused else "ended" if batch.status in _ENDED else "working",
            total=0 if counts is None else counts.total,
            done=None if counts is None else counts.completed + counts.failed,
            expires_at=None
            if batch.expires_at is None
            else datetime.fromtimestamp(batch.expires_at, UTC),
            canceled=batch.status in {"cancelling", "cancelled"},
            error=(said or "no reason given") if refused else "",
            too_much=any(error.code == _TOO_MUCH for error in errors),
        )

    def _answer(self, line: Any, with_schema: Collection[str]) -> BatchAnswer:
        """What came of the request of a line of a file."""
        name, told = whole_text(line.get("custom_id")), line.get("response")
        if not isinstance(told, dict):
            return answer_of(name, self._unanswered(line.get("error")))
        status, body = told.get("status_code"), told.get("body")
        if status != 200:
            return answer_of(name, self._failure(status, body))
        response = self.words.read(body, schema_wanted=name in with_schema)
        return answer_of(name, Outcome(response, fault_of_answer(response)))

    def _unanswered(self, error: Any) -> Outcome:
        code = whole_text(error.get("code")) if isinstance(error, dict) else ""
        if code == "batch_cancelled":
            return failed(
                "canceled: the batch was ended before this was answered", Fault("lasting")
            )
        if code == "batch_expired":
            return failed("expired: the batch ended before this was answered", Fault("overloaded"))
        said = whole_text(error.get("message")) if isinstance(error, dict) else ""
        what = redact(f"{code}: {said}" if code else said, self.endpoint.key)
        return failed(what or "no reason given", Fault("server_error"))

    def _failure(self, status: Any, body: Any) -> Outcome:
        """The outcome of a request that was answered with an error, as if it had been sent alone."""
        import httpx2  # noqa: PLC0415 - comes with the SDK
        import openai  # noqa: PLC0415 - an optional part

        if not isinstance(status, int) or not 100 <= status <= 599:
            return Outcome(Response("failed", error="no status"), Fault("server_error"))
        said = body.get("error", body) if isinstance(body, dict) else body
        request = httpx2.Request("POST", self.endpoint.address + self.words.path)
        error = openai.APIStatusError(
            f"Error code: {status}", response=httpx2.Response(status, request=request), body=said
        )
        return self.words.failure(error, self.endpoint)
