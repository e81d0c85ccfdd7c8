"""Anthropic's batches: <https://platform.claude.com/docs/en/build-with-claude/batch-processing>."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aiohttp import web

from mllmsent.loopback.batches.work import Batches, Item
from mllmsent.loopback.bodies import dumped, read_json
from mllmsent.loopback.dialects.anthropic import ANTHROPIC
from mllmsent.loopback.wire import WireError, record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mllmsent.loopback.batches.work import Batch, Result

__all__ = ["anthropic_batch_routes"]

_LARGEST = 256 * 2**20
_MOST_REQUESTS = 100_000
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}", re.ASCII)
_DIALECT = "anthropic-messages"


def anthropic_batch_routes(batches: Batches) -> Iterable[web.RouteDef]:
    """The addresses of message batches."""
    desk, base = _Desk(batches), f"{ANTHROPIC.base}/messages/batches"
    return (
        web.post(base, desk.create),
        web.get(base, desk.list),
        web.get(f"{base}/{{batch}}", desk.look),
        web.delete(f"{base}/{{batch}}", desk.delete),
        web.post(f"{base}/{{batch}}/cancel", desk.cancel),
        web.get(f"{base}/{{batch}}/results", desk.results),
    )


@dataclass(frozen=True, slots=True)
class _Desk:
    batches: Batches

    async def create(self, request: web.Request) -> web.Response:
        payload = record(await read_json(request, _LARGEST))
        values = payload.get("requests")
        if not isinstance(values, list) or not values:
            raise WireError("invalid", "requests: List should have at least 1 item")
        if len(values) > _MOST_REQUESTS:
            raise WireError("invalid", "requests: List should have at most 100000 items")
        items: list[Item] = []
        names: set[str] = set()
        for index, value in enumerate(values):
            one = record(value, f"requests.{index}")
            name = one.get("custom_id")
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                raise WireError(
                    "invalid",
                    f"requests.{index}.custom_id: String should match pattern "
                    "'^[a-zA-Z0-9_-]{1,64}$'",
                )
            if name in names:
                raise WireError("invalid", f"requests.{index}.custom_id: {name} is a duplicate")
            names.add(name)
            items.append(Item(name, record(one.get("params"), f"requests.{index}.params")))
        dialect = self.batches.dialects[_DIALECT]
        return _json(request, self.batches.open(ANTHROPIC, dialect, items, {}))

    def _look(self, request: web.Request) -> Batch:
        return self.batches.look(ANTHROPIC, request.match_info["batch"].removeprefix("msgbatch_"))

    async def look(self, request: web.Request) -> web.Response:
        return _json(request, self._look(request))

    async def list(self, request: web.Request) -> web.Response:
        data = [_payload(request, batch) for batch in self.batches.all(ANTHROPIC)]
        ends = (data[0]["id"], data[-1]["id"]) if data else (None, None)
        return web.json_response(
            {"data": data, "has_more": False, "first_id": ends[0], "last_id": ends[1]}
        )

    async def delete(self, request: web.Request) -> web.Response:
        batch = self._look(request)
        if batch.counts is None:
            raise WireError("invalid", "A batch in progress cannot be deleted: cancel it first.")
        for ending in ("batch", "requests", "results"):
            self.batches.store.remove(f"{batch.identifier}.{ending}")
        return web.json_response(
            {"id": f"msgbatch_{batch.identifier}", "type": "message_batch_deleted"}
        )

    async def cancel(self, request: web.Request) -> web.Response:
        identifier = self._look(request).identifier
        return _json(request, self.batches.cancel(ANTHROPIC, identifier))

    async def results(self, request: web.Request) -> web.Response:
        batch = self._look(request)
        if batch.counts is None:
            raise WireError(
                "not_found",
                f"Batch `msgbatch_{batch.identifier}` has no available results: it is in progress.",
            )
        lines = [_line(result) for result in self.batches.results(batch)]
        return web.Response(body=dumped(*lines) + b"\n", content_type="application/x-jsonl")


def _json(request: web.Request, batch: Batch) -> web.Response:
    return web.json_response(_payload(request, batch))


def _payload(request: web.Request, batch: Batch) -> dict[str, Any]:
    name, counts = f"msgbatch_{batch.identifier}", batch.counts
    in_progress = "in_progress" if batch.canceled is None else "canceling"
    results = f"{request.scheme}://{request.host}{ANTHROPIC.base}/messages/batches/{name}/results"
    # Until all is over, every request is told to be processing.
    none = dict.fromkeys(("succeeded", "errored", "expired", "canceled"), 0)
    return {
        "id": name,
        "type": "message_batch",
        "processing_status": "ended" if counts is not None else in_progress,
        "request_counts": {"processing": 0 if counts is not None else batch.size}
        | dict(counts or none),
        "created_at": _time(batch.created),
        "expires_at": _time(batch.expires),
        "ended_at": _time(batch.ends) if counts is not None else None,
        "cancel_initiated_at": None if batch.canceled is None else _time(batch.canceled),
        "archived_at": None,
        "results_url": results if counts is not None else None,
    }


def _line(result: Result) -> Mapping[str, Any]:
    what: dict[str, Any] = {"type": result.status}
    if result.status == "succeeded":
        what["message"] = result.payload
    elif result.status == "errored":
        what["error"] = result.payload
    return {"custom_id": result.name, "result": what}


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
