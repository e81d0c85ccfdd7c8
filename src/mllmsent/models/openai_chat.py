"""Models behind any server that speaks the OpenAI chat protocol, asked through the official SDK.

Measured with 100 connections and 37 kB images (benchmarks/throughput.py), the SDK's typed call costs
17 ms of CPU a request on httpx 0.28, 2.3 ms on its default httpx2 and 2.0 ms on aiohttp. Without its
walk through the typed parameters and the typed answer it is 2.4 ms on httpx2, everything of ours
included, and 1.4 ms on aiohttp. So: aiohttp, `client.post` with a plain body, and the SDK for what it
is good at: keys, retries with Retry-After, timeouts, errors.
"""

from __future__ import annotations

import asyncio
import contextvars
import json
import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mllmsent.foundation.errors import InputError
from mllmsent.models.encoded_images import ImageEncoder, ImageLimits
from mllmsent.models.interface import Capabilities, Response
from mllmsent.models.openai_failures import Place, failure, redact
from mllmsent.models.openai_options import OpenAIChatOptions
from mllmsent.models.openai_reply import read_reply

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import httpx2
    import openai

    from mllmsent.models.encoded_images import EncodedImage
    from mllmsent.models.interface import Message, Request
    from mllmsent.models.openai_options import OpenAIProvider

__all__ = ["OpenAIChatModel"]

_LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1", "0.0.0.0"}  # noqa: S104 - compared, not bound
_NO_KEY = "none"


@dataclass
class _Link:
    """A client, and what its server told about itself."""

    client: openai.AsyncOpenAI
    served: asyncio.Task[tuple[str, ...]] | None = None


@dataclass
class _Sent:
    """How often the request at hand was sent."""

    attempts: int = 0


_SENT: contextvars.ContextVar[_Sent | None] = contextvars.ContextVar("_SENT", default=None)


@dataclass(eq=False)
class OpenAIChatModel:
    """A model behind a server that speaks the OpenAI chat protocol; a `Model`.

    Args:
        provider_name: "openai", "vllm", ...; first part of the model's name.
        model: The model's name at the server: "gpt-4o", "Qwen/Qwen3-VL-8B-Instruct".
        provider: What is known of the provider.
        options: What the study says.

    Raises:
        InputError: If the address is none.
    """

    provider_name: str
    model: str
    provider: OpenAIProvider
    options: OpenAIChatOptions = field(default_factory=OpenAIChatOptions)

    def __post_init__(self) -> None:
        told = self.options.base_url
        from_env = (
            os.environ.get(self.provider.base_url_env) if self.provider.base_url_env else None
        )
        self._url = (told or from_env or self.provider.base_url).rstrip("/")
        self._address, host = _address(self._url)
        self._is_near = host in _LOCAL_HOSTS
        self._key_env = self.options.api_key_env or self.provider.api_key_env
        # A study comes from anybody and may name any address: a provider's key goes to the
        # provider, or where the user's own environment or an explicit `api_key_env` sends it.
        self._may_show_key = bool(
            self.options.api_key_env
            or self.provider.local
            or not told
            or host == _address(self.provider.base_url)[1]
        )
        self._key_required = self.options.api_key_env is not None or (
            self.provider.key_required and not told and not from_env
        )
        self._images = ImageEncoder(
            ImageLimits(
                max_bytes=self.options.max_image_bytes or self.provider.max_image_bytes,
                max_side=self.options.max_image_side,
                max_pixels=self.options.max_image_pixels,
                media_types=self.provider.media_types,
            )
        )
        # Connections belong to an event loop; a notebook or a second run brings another one.
        self._links: dict[asyncio.AbstractEventLoop, _Link] = {}

    @property
    def name(self) -> str:
        """See `Model`."""
        return f"{self.provider_name}/{self.model}"

    @property
    def identity(self) -> Mapping[str, Any]:
        """See `Model`."""
        options = self.options
        told = {
            "revision": options.revision,
            "max_image_bytes": options.max_image_bytes,
            "max_image_side": options.max_image_side,
            "max_image_pixels": options.max_image_pixels,
            "image_detail": options.image_detail,
            "structured_answers": None if options.structured_answers else False,
        }
        return {
            "provider": self.provider_name,
            "model": self.model,
            "address": options.server_name or self._address,
        } | {key: value for key, value in told.items() if value is not None}

    @property
    def capabilities(self) -> Capabilities:
        """See `Model`."""
        return Capabilities(
            max_batch_size=1,
            max_in_flight=self.options.max_in_flight or self.provider.max_in_flight,
            images_per_request=self.options.images_per_request,
            structured_answers=self.options.structured_answers,
        )

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        """See `Model`."""
        return await asyncio.gather(*map(self._answer, requests))

    async def aclose(self) -> None:
        """See `Model`."""
        here = asyncio.get_running_loop()
        for loop in list(self._links):
            if loop is here or loop.is_closed():
                await self._links.pop(loop).client.close()

    async def _answer(self, request: Request) -> Response:
        n_images = len(request.images)
        if n_images > self.options.images_per_request:
            return Response(
                "failed",
                attempts=0,
                error=f"{n_images} images in one request; {self.name} is sent at most "
                f"{self.options.images_per_request}. Set `images_per_request`",
            )
        key = os.environ.get(self._key_env, "") if self._key_env and self._may_show_key else ""
        if self._key_required and not key:
            return Response(
                "failed",
                attempts=0,
                hopeless=True,
                error=f"no key: the environment variable {self._key_env} is not set",
            )
        try:
            images = [await self._images.encode(image) for image in request.images]
        except InputError as error:
            return Response("failed", attempts=0, error=redact(f"image: {error}", key))
        response = await self._send(self._body(request, images), request, key)
        notes = dict.fromkeys(image.note for image in images if image.note)
        return replace(
            response,
            image_sha256=tuple(image.sha256 for image in images),
            image_note="; ".join(notes),
        )

    async def _send(self, body: dict[str, Any], request: Request, key: str) -> Response:
        link = await self._linked(key)
        import httpx2  # noqa: PLC0415 - comes with the SDK
        import openai  # noqa: PLC0415 - an optional part

        place = Place(self._address, self.model, self._key_env, key)
        sent = _Sent()
        token = _SENT.set(sent)
        try:
            async with asyncio.timeout(self.options.deadline_s):
                reply = await link.client.post(
                    "/chat/completions",
                    cast_to=httpx2.Response,
                    body=body,
                    options={"security": {"bearer_auth": True}},
                )
            response = _read(reply, schema_wanted=request.answer_schema is not None)
            response = replace(response, latency_s=reply.elapsed.total_seconds())
        except TimeoutError:
            response = Response(
                "failed",
                error=f"timeout: no complete answer within {self.options.deadline_s:g} s, "
                "retries included. Raise `deadline_s` or lower in-flight",
            )
        except openai.NotFoundError as error:
            response = failure(error, place, served=await _served(link))
        except openai.APIError as error:
            response = failure(error, place)
        except Exception as error:  # noqa: BLE001 - hostile bytes may break any layer: say it, go on
            what = redact(f"{type(error).__name__}: {error}", key)
            response = Response("failed", error=f"the request could not be made: {what}")
        finally:
            _SENT.reset(token)
        clean = redact(response.error, key) if response.error else ""
        return replace(response, attempts=sent.attempts, error=clean)

    def _body(self, request: Request, images: list[EncodedImage]) -> dict[str, Any]:
        settings = request.settings
        waiting = iter(images)
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [self._message(message, waiting) for message in request.messages],
            "temperature": settings.temperature,
            "top_p": settings.top_p,
            self.provider.token_parameter: settings.max_tokens,
            "seed": settings.seed,
            "reasoning_effort": settings.reasoning_effort,
        }
        if request.answer_schema is not None and self.options.structured_answers:
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {
                    "name": "answer",
                    "strict": True,
                    "schema": dict(request.answer_schema),
                },
            }
        return {key: value for key, value in body.items() if value is not None} | dict(
            settings.extra
        )

    def _message(self, message: Message, images: Iterator[EncodedImage]) -> dict[str, Any]:
        if all(isinstance(part, str) for part in message.parts):
            # Some servers take lists of parts from users only.
            return {"role": message.role, "content": "\n\n".join(map(str, message.parts))}
        content: list[dict[str, Any]] = []
        for part in message.parts:
            if isinstance(part, str):
                content.append({"type": "text", "text": part})
                continue
            shown = {"url": next(images).data_uri}
            if self.options.image_detail is not None:
                shown["detail"] = self.options.image_detail
            content.append({"type": "image_url", "image_url": shown})
        return {"role": message.role, "content": content}

    async def _linked(self, key: str) -> _Link:
        here = asyncio.get_running_loop()
        if here not in self._links:
            self._links[here] = _Link(self._connect(key))
            for loop in list(self._links):
                if loop.is_closed():
                    await self._links.pop(loop).client.close()
        return self._links[here]

    def _connect(self, key: str) -> openai.AsyncOpenAI:
        import httpx2  # noqa: PLC0415 - comes with the SDK
        import openai  # noqa: PLC0415 - an optional part

        # A study may ask for more at once than the model suggests: the pool is never the brake.
        most = max(self.capabilities.max_in_flight, 1000)
        transport = openai.DefaultAioHttpClient(
            limits=httpx2.Limits(max_connections=most, max_keepalive_connections=most),
            event_hooks={"request": [_count], "response": [_do_not_insist]},
            trust_env=not self._is_near,  # no proxy stands before one's own machine
        )
        return openai.AsyncOpenAI(
            base_url=self._url,
            api_key=key or _NO_KEY,
            max_retries=self.options.max_retries,
            timeout=httpx2.Timeout(
                self.options.timeout_s, connect=min(30.0, self.options.timeout_s)
            ),
            http_client=transport,
        )


async def _count(request: httpx2.Request) -> None:  # noqa: ARG001 - a hook's form
    sent = _SENT.get()
    if sent is not None:
        sent.attempts += 1


async def _do_not_insist(response: httpx2.Response) -> None:
    """Keep the SDK from retrying where credit is used up: no wait brings it back."""
    if response.status_code == 429:
        await response.aread()
        if b"insufficient_quota" in response.content:
            response.headers["x-should-retry"] = "false"


def _read(reply: httpx2.Response, *, schema_wanted: bool) -> Response:
    try:
        payload = json.loads(reply.content)
    except (ValueError, RecursionError):
        kind = reply.headers.get("content-type", "unknown type").partition(";")[0]
        return Response(
            "failed", error=f"the server's answer is not JSON ({kind}, {len(reply.content)} bytes)"
        )
    return read_reply(payload, schema_wanted=schema_wanted)


async def _served(link: _Link) -> tuple[str, ...]:
    """The names the server has; asked once, empty where it does not tell."""

    async def ask() -> tuple[str, ...]:
        try:
            listed = await link.client.with_options(max_retries=0, timeout=10).models.list()
            return tuple(model.id for model in listed.data)
        except Exception:  # noqa: BLE001 - it is only for a better message
            return ()

    if link.served is None:
        # In a context of its own: it is no attempt of the request at hand.
        link.served = asyncio.create_task(ask(), context=contextvars.Context())
    return await asyncio.shield(link.served)


def _address(url: str) -> tuple[str, str]:
    """An address without credentials, and its host.

    Raises:
        InputError: If it is no address of a web server.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not host:
        raise InputError(
            f"{redact(url)!r} is no address of a server.",
            cure="Write it like http://localhost:8000/v1.",
            item="base_url",
        )
    shown = f"[{host}]" if ":" in host else host
    port_shown = f":{port}" if port else ""
    return f"{parts.scheme}://{shown}{port_shown}{parts.path}", host
