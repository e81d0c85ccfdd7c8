"""The loopback server as an application: three addresses, and the faults."""

from __future__ import annotations

import asyncio
import email.utils
import hashlib
import json
import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from aiohttp import web

from mllmsent.loopback.answerer import Reply
from mllmsent.loopback.chat_call import WireError, read_call
from mllmsent.loopback.payloads import completion, model_list
from mllmsent.loopback.request_log import LoggedRequest, content_key

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from mllmsent.loopback.chat_call import ChatCall
    from mllmsent.loopback.faults import FaultKind, Faults
    from mllmsent.loopback.payloads import FinishReason
    from mllmsent.loopback.service import Service

__all__ = ["LoopbackApp"]

_LARGEST_BODY = 256 * 1024 * 1024
_REFUSAL = "I'm sorry, but I can't help with that."
_PROSE = "Looking at the picture, I would rather put it in words: {}"
_HTML = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"
_GARBAGE = (
    b"",
    b"null",
    b"[]",
    b'"ok"',
    b'{"id": "chatcmpl-1", "object": "chat.comp',
    b"\x00\xff\xfe garbage \x80",
    b'{"status": "warming up"}',
)
_STATUS_TEXTS = {
    500: "The server had an error while processing your request. Sorry about that!",
    502: "Bad gateway.",
    503: "The engine is currently overloaded, please try again later.",
}


@dataclass(frozen=True, slots=True)
class _Asking:
    """One arrival of one question."""

    call: ChatCall
    key: str
    before: int
    fault: FaultKind | None


@dataclass(frozen=True, slots=True)
class LoopbackApp:
    """What answers at the loopback address.

    Attributes:
        service: What is served, and how badly.
    """

    service: Service

    def build(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(
            client_max_size=_LARGEST_BODY, middlewares=[_errors_as_openai_has_them]
        )
        app.router.add_post("/v1/chat/completions", self.chat)
        app.router.add_get("/v1/models", self.list_models)
        app.router.add_get("/health", self.health)
        return app

    async def health(self, request: web.Request) -> web.Response:  # noqa: ARG002 - a handler's form
        """That the server lives, requests so far, and the CPU seconds its process has used."""
        return web.json_response(
            {"status": "ok", "requests": len(self.service.log), "cpu_s": time.process_time()}
        )

    async def list_models(self, request: web.Request) -> web.Response:
        """The names that are served."""
        self._check_key(request)
        return web.json_response(model_list(self.service.models or ("loopback",)))

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """Answer one chat request, or let a fault befall it."""
        self._check_key(request)
        try:
            payload = json.loads(await request.read())
            call = read_call(payload)
            key = content_key(payload)
        except (ValueError, RecursionError):  # not JSON, or JSON with NaN or half a character
            raise WireError(400, "We could not parse the JSON body of your request.") from None
        before = self.service.log.asked_before(key)
        asking = _Asking(call, key, before, self._fault(call, key, before))
        error = self._error(asking)
        self._write_down(request, payload, asking, status=200 if error is None else error.status)
        delay = self.service.faults.delay(key, before)
        if delay:
            await asyncio.sleep(delay)
        if asking.fault == "dropped_before":
            _drop(request)
            return web.Response()
        if error is not None:
            return error
        body = self._body(asking)
        if asking.fault == "dropped_midway":
            return await self._in_pieces(request, body[: len(body) // 2], whole=len(body))
        if asking.fault == "slow_body":
            return await self._in_pieces(request, body, whole=len(body))
        return web.Response(body=body, content_type="application/json")

    def _check_key(self, request: web.Request) -> None:
        if self.service.api_key is None:
            return
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if shown != self.service.api_key:
            raise _unauthorized(shown)

    def _fault(self, call: ChatCall, key: str, before: int) -> FaultKind | None:
        if self.service.models and call.model not in self.service.models:
            return "unknown_model"
        limit = self.service.max_image_bytes
        if limit is not None and any(len(image) > limit for image in call.images):
            return "image_too_large"
        return self.service.faults.draw(key, before)

    def _write_down(
        self, request: web.Request, payload: Mapping[str, Any], asking: _Asking, *, status: int
    ) -> None:
        retry = request.headers.get("x-stainless-retry-count", "0")
        self.service.log.add(
            LoggedRequest(
                number=len(self.service.log),
                time=time.time(),
                key=asking.key,
                asked_before=asking.before,
                retry=int(retry) if retry.isdecimal() else 0,
                model=asking.call.model,
                text=asking.call.text,
                images=tuple(hashlib.sha256(image).hexdigest() for image in asking.call.images),
                parameters={
                    name: value
                    for name, value in payload.items()
                    if name not in {"messages", "model"}
                },
                fault=asking.fault or "",
                status=0 if asking.fault == "dropped_before" else status,
            )
        )

    def _error(self, asking: _Asking) -> web.Response | None:
        """The response of a fault that is an error; None where an answer is given after all."""
        faults, model = self.service.faults, asking.call.model
        headers: dict[str, str] = {}
        match asking.fault:
            case "html_page":
                status = faults.html_status
                page = _HTML.format(status)
                return web.Response(status=status, text=page, content_type="text/html")
            case "rate_limit":
                headers = _retry_after(faults)
                error = WireError(
                    429,
                    f"Rate limit reached for {model} on requests per min. Please try again later.",
                    kind="requests",
                    code="rate_limit_exceeded",
                )
            case "server_error":
                choices = faults.error_statuses
                unit = faults.unit(asking.key, f"status {asking.before}")
                status = choices[int(unit * len(choices))]
                headers = _retry_after(faults) if status == 503 else {}
                said = _STATUS_TEXTS.get(status, "Server error.")
                error = WireError(status, said, kind="server_error")
            case "unauthorized":
                error = _unauthorized("")
            case "unknown_model":
                error = WireError(
                    404,
                    f"The model `{model}` does not exist or you do not have access to it.",
                    code="model_not_found",
                )
            case "no_quota":
                error = WireError(
                    429,
                    "You exceeded your current quota, please check your plan and billing details.",
                    kind="insufficient_quota",
                    code="insufficient_quota",
                )
            case "image_too_large":
                error = WireError(
                    400,
                    "Image size exceeds the maximum allowed size.",
                    param="messages",
                    code="image_too_large",
                )
            case _:
                return None
        return web.json_response(error.payload, status=error.status, headers=headers)

    def _body(self, asking: _Asking) -> bytes:
        call, fault = asking.call, asking.fault
        if fault == "garbage":
            unit = self.service.faults.unit(asking.key, f"garbage {asking.before}")
            return _GARBAGE[int(unit * len(_GARBAGE))]
        ignored = fault == "ignored_schema" and call.schema is not None
        reply = self._ask(asking, None if ignored else call.schema)
        finish_reason: FinishReason = "stop"
        if ignored:
            reply = replace(reply, text=_PROSE.format(reply.text))
        elif fault == "refusal":
            reply = Reply(text="", refusal=_REFUSAL)
        elif fault == "truncated":
            reply = replace(reply, text=reply.text[: max(len(reply.text) // 2, 1)])
            finish_reason = "length"
        elif fault == "content_filter":
            finish_reason = "content_filter"
        payload = completion(
            call,
            reply,
            identifier=f"chatcmpl-{asking.key[:24]}{asking.before}",
            finish_reason=finish_reason,
            no_choices=fault == "no_choices",
            null_content=fault in {"null_content", "content_filter"},
        )
        return json.dumps(payload, ensure_ascii=False).encode()

    def _ask(self, asking: _Asking, schema: Mapping[str, Any] | None) -> Reply:
        call = asking.call
        by_chance = asking.before if call.temperature > 0 else 0
        seed = by_chance if call.seed is None else call.seed
        answer = self.service.answerer.answer(call.images, call.text, schema, call.model, seed)
        return answer if isinstance(answer, Reply) else Reply(answer)

    async def _in_pieces(
        self, request: web.Request, body: bytes, *, whole: int
    ) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_type = "application/json"
        response.content_length = whole
        await response.prepare(request)
        if len(body) < whole:
            await response.write(body)
            _drop(request)
            return response
        step = max(len(body) // 8, 1)
        for start in range(0, len(body), step):
            await response.write(body[start : start + step])
            await asyncio.sleep(self.service.faults.slow_body_s / 8)
        await response.write_eof()
        return response


def _retry_after(faults: Faults) -> dict[str, str]:
    """The headers that say when to come back."""
    seconds = faults.retry_after_s
    match faults.retry_after:
        case "seconds":
            return {"Retry-After": f"{seconds:g}"}
        case "milliseconds":
            return {"Retry-After-Ms": f"{seconds * 1000:g}"}
        case "date":
            when = time.time() + math.ceil(seconds)
            return {"Retry-After": email.utils.formatdate(when, usegmt=True)}
        case "none":
            return {}


def _unauthorized(shown: str) -> WireError:
    # As the real one does, it says back a part of the key: callers must keep it out of their logs.
    masked = f"{shown[:7]}***{shown[-4:]}" if shown else "none"
    return WireError(401, f"Incorrect API key provided: {masked}.", code="invalid_api_key")


def _drop(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


@web.middleware
async def _errors_as_openai_has_them(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except WireError as error:
        return web.json_response(error.payload, status=error.status)
    except web.HTTPException as error:
        what = WireError(error.status, f"{error.reason} ({request.method} {request.path})")
        return web.json_response(what.payload, status=error.status)
    except ConnectionError:
        raise  # the caller hung up while the body was on its way
    except Exception as error:  # noqa: BLE001 - whatever an answerer raises is that request's 500
        what = WireError(500, f"The answerer failed: {type(error).__name__}", kind="server_error")
        return web.json_response(what.payload, status=500)
