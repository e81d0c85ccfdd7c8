"""Google's batches, through the official SDK: a file of requests in, a file of answers out.

A batch that expires, after 48 hours, or is canceled has no answers at all.
<https://ai.google.dev/gemini-api/docs/batch-api>
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
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
from mllmsent.models.served.google.body import generate_body
from mllmsent.models.served.google.failures import failure
from mllmsent.models.served.google.reply import read_generated
from mllmsent.models.served.payloads import whole_text
from mllmsent.models.served.wire import Fault, Outcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from google import genai
    from google.genai import types

    from mllmsent.models.batches import BatchAnswer
    from mllmsent.models.interface import Request
    from mllmsent.models.served.encoded_images import EncodedImage
    from mllmsent.models.served.wire import Endpoint

__all__ = ["GoogleBatches"]

_EXPIRES_AFTER = timedelta(hours=48)
_FORM = BatchForm(most_requests=100_000, most_bytes=2_000_000_000)
_ENDED = {
    "JOB_STATE_SUCCEEDED",
    "JOB_STATE_PARTIALLY_SUCCEEDED",
    "JOB_STATE_CANCELLED",
    "JOB_STATE_EXPIRED",
}
_STATUSES = {1: 499, 3: 400, 4: 504, 5: 404, 7: 403, 8: 429, 9: 400, 13: 500, 14: 503, 16: 401}
"""The HTTP status of each gRPC code: <https://cloud.google.com/apis/design/errors#error_info>."""


@dataclass(frozen=True, slots=True)
class GoogleBatches:
    """The batch half of a link to Gemini; a `BatchLink`.

    Args:
        endpoint: Whom it asks.
        client: The SDK's client.
        form: 2 GB; the number of requests is not limited there.
    """

    endpoint: Endpoint
    client: genai.Client
    form: BatchForm = _FORM

    def line(self, name: str, request: Request, images: Sequence[EncodedImage]) -> bytes:
        """See `BatchLink`."""
        body = generate_body(self.endpoint, request, images)
        return json_line({"key": name, "request": body})

    async def submit(self, token: str, file: Path) -> BatchState:
        """See `BatchLink`."""
        from google.genai import types  # noqa: PLC0415 - an optional part

        as_lines = types.UploadFileConfig(mime_type="jsonl", display_name=token)
        with self._troubles():
            uploaded = await self.client.aio.files.upload(file=file, config=as_lines)
            job = await self.client.aio.batches.create(
                model=self.endpoint.model,
                src=uploaded.name or "",
                config=types.CreateBatchJobConfig(display_name=token),
            )
            return _state(job)

    async def find(
        self,
        token: str,
        *,
        size: int,  # noqa: ARG002 - the token says enough
        since: datetime,
        others: Collection[str],  # noqa: ARG002 - likewise
    ) -> BatchState | None:
        """See `BatchLink`."""
        from google.genai import types  # noqa: PLC0415 - an optional part

        with self._troubles():
            jobs = await self.client.aio.batches.list(
                config=types.ListBatchJobsConfig(page_size=100)
            )
            async for job in jobs:
                if job.display_name == token:
                    return _state(job)
                if job.create_time is not None and job.create_time < since - CLOCKS_DIFFER:
                    break  # the newest come first
        return None

    async def look(self, batch: str) -> BatchState:
        """See `BatchLink`."""
        with self._troubles(batch):
            return _state(await self.client.aio.batches.get(name=batch))

    async def results(
        self, batch: str, *, with_schema: Collection[str]
    ) -> AsyncIterator[BatchAnswer]:
        """See `BatchLink`."""
        with self._troubles(batch), tempfile.TemporaryDirectory(prefix="mllmsent-") as folder:
            job = await self.client.aio.batches.get(name=batch)
            name = None if job.dest is None else job.dest.file_name
            if name is None:
                if _state(job).canceled or job.state == "JOB_STATE_EXPIRED":
                    return
                raise BatchTroubleError(f"the answers of {batch} are not there yet", passes=True)
            # Whole files are all that the SDK fetches; this way it is not in memory.
            file = Path(folder) / "answers"
            await self.client.aio.files.download(file=name, destination=file)
            with file.open("rb") as lines:
                for line in lines:
                    if line.strip():
                        yield answer_in(line, partial(self._answer, with_schema=with_schema))

    async def cancel(self, batch: str) -> BatchState:
        """See `BatchLink`."""
        with self._troubles(batch):
            await self.client.aio.batches.cancel(name=batch)
        return await self.look(batch)

    def _troubles(self, batch: str = "") -> AbstractContextManager[None]:
        from google.genai import errors  # noqa: PLC0415 - an optional part

        return troubles(errors.APIError, failure, self.endpoint, batch)

    def _answer(self, line: Any, with_schema: Collection[str]) -> BatchAnswer:
        """What came of the request of a line of the file."""
        name, error = whole_text(line.get("key")), line.get("error")
        if isinstance(error, dict):
            return answer_of(name, self._failure(error))
        response = read_generated(line.get("response"), schema_wanted=name in with_schema)
        return answer_of(name, Outcome(response, fault_of_answer(response)))

    def _failure(self, error: dict[str, Any]) -> Outcome:
        """The outcome of a request that was answered with an error, as if it had been sent alone."""
        from google.genai import errors  # noqa: PLC0415 - an optional part

        code = error.get("code")
        if code == 1:
            what = "canceled: the batch was ended before this was answered"
            return failed(what, Fault("lasting"))
        status = _STATUSES.get(code, 500) if isinstance(code, int) else 500
        return failure(errors.APIError(status, {"error": error}), self.endpoint)


def _state(job: types.BatchJob) -> BatchState:
    state = "" if job.state is None else job.state.value
    is_refused = state == "JOB_STATE_FAILED"
    said = job.error.message if job.error is not None else None
    return BatchState(
        id=job.name or "",
        status="refused" if is_refused else "ended" if state in _ENDED else "working",
        total=0,  # neither this nor how many are done is told by the SDK
        expires_at=None if job.create_time is None else job.create_time + _EXPIRES_AFTER,
        canceled=state in {"JOB_STATE_CANCELLED", "JOB_STATE_CANCELLING"},
        error=(said or "it failed as a whole, and no reason is given") if is_refused else "",
    )
