"""The loopback server as an application: every protocol's addresses, and the faults."""

from __future__ import annotations

import asyncio
import email.utils
import functools
import itertools
import math
import time
import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from aiohttp import web

from mllmsent.loopback.batches.anthropic import anthropic_batch_routes
from mllmsent.loopback.batches.google import google_batch_routes
from mllmsent.loopback.batches.openai import openai_batch_routes
from mllmsent.loopback.batches.store import Store
from mllmsent.loopback.batches.work import Batches
from mllmsent.loopback.bodies import dumped, read_json
from mllmsent.loopback.dialects import DIALECTS
from mllmsent.loopback.exchange import answer, fault_as_error, open_exchange, write_down
from mllmsent.loopback.rates import Rates
from mllmsent.loopback.wire import WireError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from mllmsent.loopback.dialect import Dialect, Provider, TokenCounter
    from mllmsent.loopback.exchange import Exchange
    from mllmsent.loopback.faults import Faults
    from mllmsent.loopback.service import Service

    _Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

__all__ = ["LoopbackApp"]

_LARGEST_BODY = 256 * 1024 * 1024
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


@dataclass(frozen=True, slots=True)
class LoopbackApp:
    """What answers at the loopback address.

    Attributes:
        service: What is served, and how badly.
        rates: How much was asked of each model lately.
    """

    service: Service
    rates: Rates = field(init=False)

    def __post_init__(self) -> None:
        rates = Rates(self.service.limits, self.service.clock)
        object.__setattr__(self, "rates", rates)  # as a frozen dataclass sets what it derives

    def build(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(client_max_size=_LARGEST_BODY, middlewares=[self._errors_as_said])
        app.router.add_get("/health", self.health)
        for provider in _providers():
            base = provider.base
            app.router.add_get(f"{base}/models", functools.partial(self.list_models, provider))
            app.router.add_get(
                base + "/models/{model:.+}", functools.partial(self.describe_model, provider)
            )
        store = Store(self.service.state_dir)
        batches = Batches(self.service, store, {dialect.name: dialect for dialect in DIALECTS})
        for routes in (openai_batch_routes, anthropic_batch_routes, google_batch_routes):
            for route in routes(batches):
                app.router.add_route(route.method, route.path, self._at_times_busy(route.handler))
        for dialect in DIALECTS:
            base = dialect.provider.base
            app.router.add_post(base + dialect.path, functools.partial(self.ask, dialect))
            if dialect.counter is not None:
                count = functools.partial(self.count_tokens, dialect, dialect.counter)
                app.router.add_post(base + dialect.counter.path, count)
        return app

    async def health(self, request: web.Request) -> web.Response:  # noqa: ARG002 - a handler's form
        """That the server lives, requests so far, and the CPU seconds its process has used."""
        return web.json_response(
            {"status": "ok", "requests": len(self.service.log), "cpu_s": time.process_time()}
        )

    async def list_models(
        self,
        provider: Provider,
        request: web.Request,  # noqa: ARG002 - a handler's form
    ) -> web.Response:
        """The names that are served."""
        return web.json_response(provider.list_models(self.service.models or ("loopback",)))

    async def describe_model(self, provider: Provider, request: web.Request) -> web.Response:
        """One model."""
        name = request.match_info["model"]
        if self.service.models and name not in self.service.models:
            raise WireError("unknown_model", model=name)
        return web.json_response(provider.describe_model(name))

    async def count_tokens(
        self, dialect: Dialect, counter: TokenCounter, request: web.Request
    ) -> web.Response:
        """What a request would cost."""
        call = counter.read(
            await read_json(request, dialect.provider.largest_body),
            request.match_info.get("model", ""),
        )
        return web.json_response(counter.payload(dialect.input_tokens(call)))

    async def ask(self, dialect: Dialect, request: web.Request) -> web.StreamResponse:
        """Answer one question, or let a fault befall it."""
        model = request.match_info.get("model", "")
        payload = await read_json(request, dialect.provider.largest_body)
        exchange = open_exchange(self.service, dialect, payload, model)
        over = self._over_limit(exchange)
        if over is not None:
            exchange = replace(exchange, fault="over_limit", error=over)
        status, body, headers = self._outcome(exchange)
        retry = request.headers.get("x-stainless-retry-count", "0")
        dropped = exchange.fault == "dropped_before"
        write_down(
            self.service,
            exchange,
            status=0 if dropped else status,
            retry=int(retry) if retry.isdecimal() else 0,
        )
        delay = self.service.faults.delay(exchange.key, exchange.before)
        if delay:
            await asyncio.sleep(delay)
        if dropped:
            _drop(request)
            return web.Response()
        if exchange.fault == "dropped_midway":
            return await self._in_pieces(request, body[: len(body) // 2], whole=len(body))
        if exchange.fault == "slow_body":
            return await self._in_pieces(request, body, whole=len(body))
        kind = "text/html" if exchange.fault == "html_page" else "application/json"
        return web.Response(status=status, body=body, content_type=kind, headers=headers)

    def _admit(self, provider: Provider, request: web.Request) -> None:
        if "upload_id" in request.query:
            return  # continues what a caller with a key began
        provider.check_headers(request.headers)
        shown = provider.shown_key(request.headers, request.query)
        if self.service.api_key is not None and shown != self.service.api_key:
            raise WireError("unauthorized" if shown else "no_key", shown=shown)

    def _at_times_busy(self, handler: _Handler) -> _Handler:
        """What answers about batches, that is busy or not heard as often as the rules say."""
        faults, rules, count = self.service.faults, self.service.batches, itertools.count()

        async def handle(request: web.Request) -> web.StreamResponse:
            chance = faults.unit(f"{request.method} {next(count)}", "batch address")
            if chance < rules.busy_share:
                raise WireError("overloaded", retry_s=faults.retry_after_s)
            response = await handler(request)
            if chance >= 1 - rules.lost_share:
                _drop(request)
            return response

        return handle

    def _over_limit(self, exchange: Exchange) -> WireError | None:
        """The error of a request that comes too soon, which nothing else befalls then."""
        provider, model = exchange.dialect.provider, exchange.call.model
        tokens = provider.tokens_taken(exchange.call, exchange.dialect.input_tokens(exchange.call))
        over = self.rates.take(
            provider.name, model, tokens, output_apart=provider.output_tokens is not None
        )
        return None if over is None else provider.over_limit(model, *over)

    def _outcome(self, exchange: Exchange) -> tuple[int, bytes, Mapping[str, str]]:
        """Status, body and headers of the response."""
        faults, provider = self.service.faults, exchange.dialect.provider
        if exchange.fault == "html_page":
            return faults.html_status, _HTML.format(faults.html_status).encode(), {}
        if exchange.fault == "garbage":
            unit = faults.unit(exchange.key, f"garbage {exchange.before}")
            return 200, _GARBAGE[int(unit * len(_GARBAGE))], self._headers(exchange)
        error = fault_as_error(self.service, exchange)
        if error is None:
            try:
                payload = answer(self.service, exchange)
                if provider.output_tokens is not None:
                    written = provider.output_tokens(payload)
                    self.rates.answered(provider.name, exchange.call.model, written)
                return 200, dumped(payload), self._headers(exchange)
            except WireError as filtered:
                error = filtered
            except Exception as failure:  # noqa: BLE001 - whatever an answerer raises is a 500
                error = _failed(failure)
        body = provider.error(error, exchange.identifier)
        headers = {**self._headers(exchange), **self._error_headers(provider, error)}
        return body.status, dumped(body.payload), headers

    def _headers(self, exchange: Exchange) -> dict[str, str]:
        provider = exchange.dialect.provider
        standings = self.rates.standings(provider.name, exchange.call.model)
        told = provider.rate_headers(standings, self.service.clock())
        return {**provider.identify(exchange.identifier), **told}

    def _error_headers(self, provider: Provider, error: WireError) -> dict[str, str]:
        if error.headers or error.retry_s is None or not provider.retry_headers:
            return error.headers
        return _retry_after(self.service.faults, error.retry_s)

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

    @property
    def _errors_as_said(self) -> Callable[..., Awaitable[web.StreamResponse]]:
        """Whatever goes wrong is told in the words of the provider whose address was asked."""

        @web.middleware
        async def errors_as_said(request: web.Request, handler: _Handler) -> web.StreamResponse:
            provider = next(
                (one for one in _providers() if request.path.startswith(one.prefix)), None
            )
            try:
                if provider is not None:
                    self._admit(provider, request)
                return await handler(request)
            except WireError as caught:
                error = caught
            except web.HTTPException as caught:
                what = f"{caught.reason} ({request.method} {request.path})"
                too_large = caught.status == 413
                error = WireError(
                    "too_large" if too_large else "not_found", what, status=caught.status
                )
            except ConnectionError:
                raise  # the caller hung up while the body was on its way
            except Exception as failure:  # noqa: BLE001 - a test server never dies of a request
                error = _failed(failure)
            provider = provider or DIALECTS[0].provider
            identifier = uuid.uuid4().hex[:24]
            body = provider.error(error, identifier)
            headers = {**provider.identify(identifier), **self._error_headers(provider, error)}
            return web.json_response(body.payload, status=body.status, headers=headers)

        return errors_as_said


def _providers() -> tuple[Provider, ...]:
    return tuple({dialect.provider.name: dialect.provider for dialect in DIALECTS}.values())


def _failed(failure: Exception) -> WireError:
    return WireError("server_error", f"The answerer failed: {type(failure).__name__}")


def _retry_after(faults: Faults, seconds: float) -> dict[str, str]:
    """The headers that say when to come back."""
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


def _drop(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
