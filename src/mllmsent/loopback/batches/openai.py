"""OpenAI's files and batches: <https://developers.openai.com/api/docs/guides/batch>."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from mllmsent.loopback.batches.files import content_of, find_file, keep_file
from mllmsent.loopback.batches.work import Batches, Item
from mllmsent.loopback.bodies import dumped, read_json, read_lines
from mllmsent.loopback.dialects.openai import OPENAI
from mllmsent.loopback.wire import WireError, record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mllmsent.loopback.batches.files import KeptFile
    from mllmsent.loopback.batches.work import Batch, Result

__all__ = ["openai_batch_routes"]

_LARGEST = 200 * 2**20
_MOST_REQUESTS = 50_000
_TOO_MUCH = "Enqueued token limit reached. Please try again once some batches have been completed."
_EXPIRED = "This request could not be executed before the completion window expired."


def openai_batch_routes(batches: Batches) -> Iterable[web.RouteDef]:
    """The addresses of files and batches."""
    desk, base = _Desk(batches), OPENAI.base
    return (
        web.post(f"{base}/files", desk.upload),
        web.get(f"{base}/files/{{file}}", desk.file),
        web.get(f"{base}/files/{{file}}/content", desk.content),
        web.delete(f"{base}/files/{{file}}", desk.delete_file),
        web.post(f"{base}/batches", desk.create),
        web.get(f"{base}/batches", desk.list),
        web.get(f"{base}/batches/{{batch}}", desk.look),
        web.post(f"{base}/batches/{{batch}}/cancel", desk.cancel),
    )


@dataclass(frozen=True, slots=True)
class _Desk:
    batches: Batches

    async def upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        given, purpose = form.get("file"), form.get("purpose")
        if not isinstance(given, web.FileField) or purpose != "batch":
            raise WireError("invalid", "A 'file' of purpose 'batch' is required.", param="file")
        content = given.file.read()
        if len(content) > _LARGEST:
            raise WireError("too_large")
        file = keep_file(
            self.batches.store,
            content,
            identifier=f"file-{uuid.uuid4().hex[:24]}",
            provider=OPENAI.name,
            name=given.filename,
            purpose="batch",
            created=self.batches.service.clock(),
        )
        return web.json_response(_file_object(file))

    def _file(self, request: web.Request) -> KeptFile:
        return find_file(self.batches.store, OPENAI.name, request.match_info["file"])

    async def file(self, request: web.Request) -> web.Response:
        return web.json_response(_file_object(self._file(request)))

    async def content(self, request: web.Request) -> web.Response:
        body = content_of(self.batches.store, self._file(request))
        return web.Response(body=body, content_type="application/octet-stream")

    async def delete_file(self, request: web.Request) -> web.Response:
        identifier = self._file(request).identifier
        for ending in ("file", "content"):
            self.batches.store.remove(f"{identifier}.{ending}")
        return web.json_response({"id": identifier, "object": "file", "deleted": True})

    async def create(self, request: web.Request) -> web.Response:
        payload = record(await read_json(request, OPENAI.largest_body))
        if payload.get("completion_window") != "24h":
            raise WireError("invalid", "Invalid completion window.", param="completion_window")
        endpoint = payload.get("endpoint")
        dialect = next(
            (
                dialect
                for dialect in self.batches.dialects.values()
                if dialect.provider is OPENAI and OPENAI.base + dialect.path == endpoint
            ),
            None,
        )
        if dialect is None:
            raise WireError("invalid", f"Invalid endpoint {endpoint!r}.", param="endpoint")
        store = self.batches.store
        file = find_file(store, OPENAI.name, str(payload.get("input_file_id")))
        lines = read_lines(content_of(store, file))
        items, errors = _items(lines, str(endpoint))
        most = self.batches.service.batches.most_waiting
        if most is not None and self._waiting() + len(items) > most:
            errors.append({"code": "token_limit_exceeded", "message": _TOO_MUCH, "line": None})
        about = {
            "endpoint": endpoint,
            "input_file_id": file.identifier,
            "metadata": payload.get("metadata"),
            "errors": errors,
        }
        batch = self.batches.open(OPENAI, dialect, [] if errors else items, about)
        return web.json_response(self._payload(batch))

    def _waiting(self) -> int:
        return sum(batch.size for batch in self.batches.all(OPENAI) if batch.counts is None)

    def _look(self, request: web.Request) -> Batch:
        return self.batches.look(OPENAI, request.match_info["batch"].removeprefix("batch_"))

    async def look(self, request: web.Request) -> web.Response:
        return web.json_response(self._payload(self._look(request)))

    async def list(self, request: web.Request) -> web.Response:  # noqa: ARG002 - a handler's form
        data = [self._payload(batch) for batch in self.batches.all(OPENAI)]
        ends = (data[0]["id"], data[-1]["id"]) if data else (None, None)
        return web.json_response(
            {
                "object": "list",
                "data": data,
                "first_id": ends[0],
                "last_id": ends[1],
                "has_more": False,
            }
        )

    async def cancel(self, request: web.Request) -> web.Response:
        batch = self._look(request)
        if batch.counts is not None:
            raise WireError("invalid", "Cannot cancel a batch that has ended.", status=409)
        return web.json_response(self._payload(self.batches.cancel(OPENAI, batch.identifier)))

    def _payload(self, batch: Batch) -> dict[str, Any]:
        now, about, counts = self.batches.service.clock(), batch.about, batch.counts
        output, errors = self._files(batch) if counts is not None else (None, None)
        state = _state(batch)
        ended = int(batch.ends) if counts is not None else None
        completed = batch.done(now) if counts is None else counts["succeeded"]
        failures = [{"param": None, **error} for error in about["errors"]]
        return {
            "id": f"batch_{batch.identifier}",
            "object": "batch",
            "endpoint": about["endpoint"],
            "errors": {"object": "list", "data": failures} if failures else None,
            "input_file_id": about["input_file_id"],
            "completion_window": "24h",
            "status": state,
            "output_file_id": output,
            "error_file_id": errors,
            "created_at": int(batch.created),
            "in_progress_at": None if failures else int(batch.created),
            "expires_at": int(batch.expires),
            "finalizing_at": ended if state == "completed" else None,
            "completed_at": ended if state == "completed" else None,
            "failed_at": int(batch.created) if failures else None,
            "expired_at": ended if state == "expired" else None,
            "cancelling_at": None if batch.canceled is None else int(batch.canceled),
            "cancelled_at": ended if state == "cancelled" else None,
            "request_counts": {
                "total": batch.size,
                "completed": completed,
                "failed": 0 if counts is None else counts["errored"],
            },
            "metadata": about["metadata"],
        }

    def _files(self, batch: Batch) -> tuple[str | None, str | None]:
        """The files with answers and with errors, where there are any."""
        store = self.batches.store
        found: list[str | None] = []
        wanted = {"output": ("succeeded",), "error": ("errored", "expired")}
        for kind, statuses in wanted.items():
            identifier = f"file-{batch.identifier}{kind}"
            if store.get_json(f"{identifier}.file") is None:
                results = self.batches.results(batch)
                lines = [_line(result) for result in results if result.status in statuses]
                if lines:
                    keep_file(
                        store,
                        dumped(*lines) + b"\n",
                        identifier=identifier,
                        provider=OPENAI.name,
                        name=f"batch_{batch.identifier}_{kind}.jsonl",
                        purpose="batch_output",
                        created=batch.ends,
                    )
                else:
                    identifier = ""
            found.append(identifier or None)
        return found[0], found[1]


def _state(batch: Batch) -> str:
    if batch.about["errors"]:
        return "failed"
    if batch.counts is None:
        return "in_progress" if batch.canceled is None else "cancelling"
    if batch.canceled is not None:
        return "cancelled"
    return "expired" if batch.counts["expired"] else "completed"


def _items(lines: Sequence[Any], endpoint: str) -> tuple[list[Item], list[dict[str, Any]]]:
    """The requests of an input file, and what is wrong with it."""
    items: list[Item] = []
    errors: list[dict[str, Any]] = []
    names: set[str] = set()
    for number, line in enumerate(lines, 1):
        wrong = _fault(line, endpoint, names)
        if wrong is not None:
            errors.append({"code": wrong[0], "message": wrong[1], "line": number})
            continue
        names.add(line["custom_id"])
        items.append(Item(line["custom_id"], line["body"]))
    if not lines:
        errors.append({"code": "empty_file", "message": "The input file is empty.", "line": None})
    if len(lines) > _MOST_REQUESTS:
        errors.append(
            {"code": "too_many_tasks", "message": "A batch has 50,000 requests.", "line": None}
        )
    return items, errors


def _fault(line: Any, endpoint: str, names: set[str]) -> tuple[str, str] | None:
    """The code and the words of what is wrong with a line; None for nothing."""
    if not isinstance(line, dict):
        return "invalid_json_line", "This line is not parseable as valid JSON."
    name, missing = line.get("custom_id"), "missing_required_parameter"
    is_named = isinstance(name, str)
    checks = (
        (not is_named, missing, "Missing required parameter: 'custom_id'."),
        (is_named and name in names, "duplicate_custom_id", f"'{name}' is a duplicate."),
        (line.get("method") != "POST", "invalid_method", "The method is not supported."),
        (line.get("url") != endpoint, "invalid_url", "The URL is not the batch's endpoint."),
        (not isinstance(line.get("body"), dict), missing, "Missing required parameter: 'body'."),
    )
    return next(((code, words) for is_wrong, code, words in checks if is_wrong), None)


def _line(result: Result) -> Mapping[str, Any]:
    line: dict[str, Any] = {
        "id": f"batch_req_{result.identifier or uuid.uuid4().hex[:24]}",
        "custom_id": result.name,
        "response": None,
        "error": None,
    }
    if result.status == "expired":
        return line | {"error": {"code": "batch_expired", "message": _EXPIRED}}
    response = {
        "status_code": result.code,
        "request_id": f"req_{result.identifier}",
        "body": result.payload,
    }
    return line | {"response": response}


def _file_object(file: KeptFile) -> dict[str, Any]:
    return {
        "id": file.identifier,
        "object": "file",
        "bytes": file.size,
        "created_at": int(file.created),
        "filename": file.name,
        "purpose": file.purpose,
        "status": "processed",
    }
