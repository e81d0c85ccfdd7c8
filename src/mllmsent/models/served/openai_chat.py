"""The OpenAI chat protocol, through the official SDK.

Measured with 100 connections and 37 kB images (benchmarks/throughput.py), the SDK's typed call costs
17 ms of CPU a request on httpx 0.28, 2.3 ms on its default httpx2 and 2.0 ms on aiohttp. Without its
walk through the typed parameters and the typed answer it is 2.4 ms on httpx2, everything of ours
included, and 1.4 ms on aiohttp. So: aiohttp, `client.post` with a plain body, and the SDK for what it
is good at: keys, timeouts, errors.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mllmsent.models.interface import Response
from mllmsent.models.served.failures import failed, redact
from mllmsent.models.served.openai_failures import failure
from mllmsent.models.served.openai_reply import read_reply
from mllmsent.models.served.options import OpenAIChatOptions
from mllmsent.models.served.wire import Fault, Outcome, without_none

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import httpx2
    import openai

    from mllmsent.models.interface import Message, Request
    from mllmsent.models.served.encoded_images import EncodedImage
    from mllmsent.models.served.wire import Endpoint

__all__ = ["OpenAIChatLink", "connect_openai_chat"]

_NO_KEY = "none"


def connect_openai_chat(endpoint: Endpoint) -> OpenAIChatLink:
    """A link to a server that speaks the OpenAI chat protocol."""
    import httpx2  # noqa: PLC0415 - comes with the SDK
    import openai  # noqa: PLC0415 - an optional part

    # The pool is never the brake.
    limits = httpx2.Limits(
        max_connections=endpoint.most_at_once, max_keepalive_connections=endpoint.most_at_once
    )
    timeout_s = endpoint.options.timeout_s
    client = openai.AsyncOpenAI(
        base_url=endpoint.url,
        api_key=endpoint.key or _NO_KEY,
        max_retries=0,  # whoever asks tries again, and knows how fast all may go
        timeout=httpx2.Timeout(timeout_s, connect=min(30.0, timeout_s)),
        http_client=openai.DefaultAioHttpClient(limits=limits, trust_env=not endpoint.is_near),
    )
    return OpenAIChatLink(endpoint, client)


@dataclass(eq=False)
class OpenAIChatLink:
    """A client of a server of the OpenAI chat protocol; a `Link`.

    Args:
        endpoint: Whom it asks.
        client: The SDK's client.
    """

    endpoint: Endpoint
    client: openai.AsyncOpenAI
    _listing: asyncio.Task[tuple[str, ...]] | None = None

    async def send(
        self, request: Request, images: Sequence[EncodedImage], *, attempt: int
    ) -> Outcome:
        """See `Link`."""
        import httpx2  # noqa: PLC0415 - comes with the SDK
        import openai  # noqa: PLC0415 - an optional part

        try:
            reply = await self.client.post(
                "/chat/completions",
                cast_to=httpx2.Response,
                body=self._body(request, images),
                options={
                    "headers": {"x-stainless-retry-count": str(attempt)},
                    "security": {"bearer_auth": True},
                },
            )
            response = _read(reply, schema_wanted=request.answer_schema is not None)
            response = replace(response, latency_s=reply.elapsed.total_seconds())
        except openai.NotFoundError as error:
            return failure(error, self.endpoint, served=await self.served())
        except openai.APIError as error:
            return failure(error, self.endpoint)
        except Exception as error:  # noqa: BLE001 - hostile bytes may break any layer: say it, go on
            what = redact(f"{type(error).__name__}: {error}", self.endpoint.key)
            return failed(f"the request could not be made: {what}", Fault("lasting"))
        return Outcome(response, Fault("lasting") if response.status == "failed" else None)

    async def served(self) -> tuple[str, ...]:
        """See `Link`; asked once."""
        if self._listing is None:
            self._listing = asyncio.create_task(self._list_models())
        return await asyncio.shield(self._listing)

    async def aclose(self) -> None:
        """See `Link`."""
        await self.client.close()

    async def _list_models(self) -> tuple[str, ...]:
        try:
            listed = await self.client.with_options(timeout=10).models.list()
            return tuple(model.id for model in listed.data)
        except Exception:  # noqa: BLE001 - it is only for a better message
            return ()

    def _body(self, request: Request, images: Sequence[EncodedImage]) -> dict[str, Any]:
        settings = request.settings
        waiting = iter(images)
        body: dict[str, Any] = {
            "model": self.endpoint.model,
            "messages": [self._message(message, waiting) for message in request.messages],
            "temperature": settings.temperature,
            "top_p": settings.top_p,
            self.endpoint.provider.token_parameter: settings.max_tokens,
            "seed": settings.seed,
            "reasoning_effort": settings.reasoning_effort,
        }
        if request.answer_schema is not None and self.endpoint.options.structured_answers:
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {
                    "name": "answer",
                    "strict": True,
                    "schema": dict(request.answer_schema),
                },
            }
        return without_none(body) | dict(settings.extra)

    def _message(self, message: Message, images: Iterator[EncodedImage]) -> dict[str, Any]:
        if all(isinstance(part, str) for part in message.parts):
            # Some servers take lists of parts from users only.
            return {"role": message.role, "content": "\n\n".join(map(str, message.parts))}
        options = self.endpoint.options
        detail = options.image_detail if isinstance(options, OpenAIChatOptions) else None
        content: list[dict[str, Any]] = []
        for part in message.parts:
            if isinstance(part, str):
                content.append({"type": "text", "text": part})
                continue
            shown = {"url": next(images).data_uri} | ({} if detail is None else {"detail": detail})
            content.append({"type": "image_url", "image_url": shown})
        return {"role": message.role, "content": content}


def _read(reply: httpx2.Response, *, schema_wanted: bool) -> Response:
    try:
        payload = json.loads(reply.content)
    except (ValueError, RecursionError):
        kind = reply.headers.get("content-type", "unknown type").partition(";")[0]
        return Response(
            "failed", error=f"the server's answer is not JSON ({kind}, {len(reply.content)} bytes)"
        )
    return read_reply(payload, schema_wanted=schema_wanted)
