"""Google's files and batches: <https://ai.google.dev/gemini-api/docs/batch-api>."""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web

from mllmsent.loopback.batches.files import content_of, find_file, keep_file
from mllmsent.loopback.batches.work import Batches, Item
from mllmsent.loopback.bodies import dumped, read_json, read_lines
from mllmsent.loopback.dialects.google import GOOGLE, member
from mllmsent.loopback.wire import WireError, record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mllmsent.loopback.batches.files import KeptFile
    from mllmsent.loopback.batches.work import Batch, Result

__all__ = ["google_batch_routes"]

_LARGEST_FILE = 2 * 2**30
_LARGEST_INLINE = 20 * 2**20
_DIALECT = "google-generate"
_TYPE = "type.googleapis.com/google.ai.generativelanguage.v1main."
# Google says of an error its gRPC code, not its HTTP status.
_GRPC = {400: 3, 403: 7, 404: 5, 429: 8, 500: 13, 503: 14, 504: 4}
_DEADLINE, _CANCELED = 4, 1


def google_batch_routes(batches: Batches) -> Iterable[web.RouteDef]:
    """The addresses of files and batches."""
    desk, base = _Desk(batches), GOOGLE.base
    upload = base.replace("/google/", "/google/upload/")
    return (
        web.post(f"{upload}/files", desk.begin_upload),
        web.post(f"{upload}/files/{{file}}", desk.upload),
        web.get(f"{base}/files/{{file}}:download", desk.download),
        web.get(f"{base}/files/{{file}}", desk.file),
        web.delete(f"{base}/files/{{file}}", desk.delete_file),
        web.post(f"{base}/models/{{model}}:batchGenerateContent", desk.create),
        web.get(f"{base}/batches", desk.list),
        web.get(f"{base}/batches/{{batch}}", desk.look),
        web.post(f"{base}/batches/{{batch}}:cancel", desk.cancel),
        web.delete(f"{base}/batches/{{batch}}", desk.delete),
    )


@dataclass(frozen=True, slots=True)
class _Desk:
    batches: Batches

    async def begin_upload(self, request: web.Request) -> web.Response:
        if request.headers.get("X-Goog-Upload-Command") != "start":
            raise WireError("invalid", "Only resumable uploads are taken.")
        about = record(record(await read_json(request, GOOGLE.largest_body)).get("file") or {})
        identifier = uuid.uuid4().hex[:12]
        kind = request.headers.get("X-Goog-Upload-Header-Content-Type", "")
        name = str(member(about, "displayName") or "")
        self.batches.store.put_json(f"{identifier}.upload", {"name": name, "media_type": kind})
        self.batches.store.put(f"{identifier}.part", b"")
        # What is asked for next needs no key: the address alone says what it continues.
        url = f"{request.scheme}://{request.host}{request.path}/{identifier}?upload_id={identifier}"
        headers = {"X-Goog-Upload-URL": url, "X-Goog-Upload-Status": "active"}
        return web.json_response({}, headers=headers)

    async def upload(self, request: web.Request) -> web.Response:
        identifier, store = request.match_info["file"], self.batches.store
        about, part = store.get_json(f"{identifier}.upload"), store.get(f"{identifier}.part")
        if about is None or part is None:
            raise WireError("not_found", "There is no such upload.")
        content = part + await request.read()
        if "finalize" not in request.headers.get("X-Goog-Upload-Command", ""):
            store.put(f"{identifier}.part", content)
            return web.json_response({}, headers={"X-Goog-Upload-Status": "active"})
        if len(content) > _LARGEST_FILE:
            raise WireError("too_large")
        for ending in ("upload", "part"):
            store.remove(f"{identifier}.{ending}")
        file = keep_file(
            store,
            content,
            identifier=identifier,
            provider=GOOGLE.name,
            name=about["name"],
            purpose="UPLOADED",
            media_type=about["media_type"],
            created=self.batches.service.clock(),
        )
        headers = {"X-Goog-Upload-Status": "final"}
        return web.json_response({"file": _file_payload(request, file)}, headers=headers)

    def _file(self, request: web.Request) -> KeptFile:
        return find_file(self.batches.store, GOOGLE.name, request.match_info["file"])

    async def file(self, request: web.Request) -> web.Response:
        return web.json_response(_file_payload(request, self._file(request)))

    async def download(self, request: web.Request) -> web.Response:
        file = self._file(request)
        if file.purpose != "GENERATED":
            raise WireError("invalid", "Only generated files can be downloaded.")
        body = content_of(self.batches.store, file)
        return web.Response(body=body, content_type="application/octet-stream")

    async def delete_file(self, request: web.Request) -> web.Response:
        identifier = self._file(request).identifier
        for ending in ("file", "content"):
            self.batches.store.remove(f"{identifier}.{ending}")
        return web.json_response({})

    async def create(self, request: web.Request) -> web.Response:
        payload = record(await read_json(request, _LARGEST_INLINE))
        batch = record(payload.get("batch"), "batch")
        config = record(member(batch, "inputConfig"), "batch.input_config")
        model = request.match_info["model"]
        named = member(config, "fileName")
        if named is not None:
            identifier = str(named).removeprefix("files/")
            file = find_file(self.batches.store, GOOGLE.name, identifier)
            lines = [
                record(line, f"line {number}")
                for number, line in enumerate(read_lines(content_of(self.batches.store, file)), 1)
            ]
            items = [Item(str(line.get("key", "")), line.get("request"), model) for line in lines]
            about: dict[str, Any] = {"file": True}
        else:
            requests = record(config.get("requests") or {}, "requests").get("requests") or []
            inlined = [record(one, f"requests[{index}]") for index, one in enumerate(requests)]
            items = [
                Item(str(index), one.get("request"), model) for index, one in enumerate(inlined)
            ]
            about = {"file": False, "metadata": [one.get("metadata") for one in inlined]}
        if not items:
            raise WireError("invalid", "The batch has no requests.")
        about |= {"model": model, "name": str(member(batch, "displayName") or "")}
        dialect = self.batches.dialects[_DIALECT]
        return web.json_response(self._payload(self.batches.open(GOOGLE, dialect, items, about)))

    def _look(self, request: web.Request) -> Batch:
        return self.batches.look(GOOGLE, request.match_info["batch"])

    async def look(self, request: web.Request) -> web.Response:
        return web.json_response(self._payload(self._look(request)))

    async def list(self, request: web.Request) -> web.Response:  # noqa: ARG002 - a handler's form
        operations = [self._payload(batch) for batch in self.batches.all(GOOGLE)]
        return web.json_response({"operations": operations})

    async def cancel(self, request: web.Request) -> web.Response:
        self.batches.cancel(GOOGLE, self._look(request).identifier)
        return web.json_response({})

    async def delete(self, request: web.Request) -> web.Response:
        identifier = self._look(request).identifier
        for ending in ("batch", "requests", "results"):
            self.batches.store.remove(f"{identifier}.{ending}")
        return web.json_response({})

    def _payload(self, batch: Batch) -> dict[str, Any]:
        now, counts, name = (
            self.batches.service.clock(),
            batch.counts,
            f"batches/{batch.identifier}",
        )
        state = _state(batch, now)
        stats = {"requestCount": batch.size}
        if counts is None:
            stats["pendingRequestCount"] = batch.size - batch.done(now)
        else:
            stats["successfulRequestCount"] = counts["succeeded"]
            stats["failedRequestCount"] = batch.size - counts["succeeded"]
        metadata: dict[str, Any] = {
            "@type": f"{_TYPE}GenerateContentBatch",
            "name": name,
            "model": f"models/{batch.about['model']}",
            "displayName": batch.about["name"],
            "createTime": _time(batch.created),
            "updateTime": _time(min(now, batch.ends)),
            "batchStats": {key: str(count) for key, count in stats.items() if count},
            "state": state,
        }
        operation: dict[str, Any] = {"name": name, "metadata": metadata}
        if counts is None:
            return operation
        metadata["endTime"] = _time(batch.ends)
        if state == "BATCH_STATE_SUCCEEDED":
            metadata["output"] = self._output(batch)
            operation["response"] = {
                "@type": f"{_TYPE}GenerateContentBatchOutput",
                **metadata["output"],
            }
        elif state == "BATCH_STATE_EXPIRED":
            operation["error"] = {"code": _DEADLINE, "message": "The batch has expired."}
        else:
            operation["error"] = {"code": _CANCELED, "message": "The batch was canceled."}
        return operation | {"done": True}

    def _output(self, batch: Batch) -> dict[str, Any]:
        results, about, store = self.batches.results(batch), batch.about, self.batches.store
        if not about["file"]:  # these come in the order of the requests
            responses = [
                _answered(result)
                | ({"metadata": about["metadata"][index]} if about["metadata"][index] else {})
                for index, result in enumerate(reversed(results))
            ]
            return {"inlinedResponses": {"inlinedResponses": responses}}
        identifier = f"batch-{batch.identifier}"
        if store.get_json(f"{identifier}.file") is None:
            lines = [{"key": result.name} | _answered(result) for result in results]
            keep_file(
                store,
                dumped(*lines) + b"\n",
                identifier=identifier,
                provider=GOOGLE.name,
                name="",
                purpose="GENERATED",
                created=batch.ends,
            )
        return {"responsesFile": f"files/{identifier}"}


def _state(batch: Batch, now: float) -> str:
    if batch.counts is None:
        return f"BATCH_STATE_{'PENDING' if now <= batch.created else 'RUNNING'}"
    if batch.canceled is not None:
        return "BATCH_STATE_CANCELLED"
    # What expires here and there is that request's error; the batch expires as a whole.
    return f"BATCH_STATE_{'EXPIRED' if batch.ends >= batch.expires else 'SUCCEEDED'}"


def _answered(result: Result) -> dict[str, Any]:
    if result.status == "succeeded":
        return {"response": result.payload}
    if result.status == "errored":
        code = _GRPC.get(result.code, _GRPC[500])
        return {"error": {"code": code, "message": result.payload["error"]["message"]}}
    return {"error": {"code": _DEADLINE, "message": "The request has expired."}}


def _file_payload(request: web.Request, file: KeptFile) -> Mapping[str, Any]:
    created = datetime.fromtimestamp(file.created, UTC)
    version = request.match_info["version"]
    uri = f"{request.scheme}://{request.host}/google/{version}/files/{file.identifier}"
    payload = {
        "name": f"files/{file.identifier}",
        "displayName": file.name,
        "mimeType": file.media_type,
        "sizeBytes": str(file.size),
        "createTime": _time(file.created),
        "updateTime": _time(file.created),
        "expirationTime": (created + timedelta(hours=48)).isoformat(),
        "sha256Hash": base64.b64encode(file.sha256.encode()).decode(),
        "uri": uri,
        "state": "ACTIVE",
        "source": file.purpose,
    }
    return payload | (
        {"downloadUri": f"{uri}:download?alt=media"} if file.purpose == "GENERATED" else {}
    )


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
