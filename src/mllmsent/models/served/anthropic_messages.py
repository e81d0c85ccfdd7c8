"""Anthropic's Messages protocol, through the official SDK.

Settings that Claude's models have not are sent all the same and complained of with their cure, but
for one: while a model thinks, its temperature is fixed, so that none is sent then.
<https://platform.claude.com/docs/en/build-with-claude/extended-thinking>
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mllmsent.models.interface import Response
from mllmsent.models.served.anthropic_failures import failure
from mllmsent.models.served.anthropic_reply import read_message
from mllmsent.models.served.failures import failed, redact
from mllmsent.models.served.options import AnthropicOptions
from mllmsent.models.served.wire import Fault, Outcome, without_none

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import anthropic

    from mllmsent.models.interface import Message, Request, Settings
    from mllmsent.models.served.encoded_images import EncodedImage
    from mllmsent.models.served.wire import Endpoint

__all__ = ["AnthropicLink", "connect_anthropic_messages"]

_NO_KEY = "none"
_LONGEST_ANSWER = 4096
"""Tokens, where a study leaves it to the model: this protocol wants a number."""


def connect_anthropic_messages(endpoint: Endpoint) -> AnthropicLink:
    """A link to a server that speaks Anthropic's Messages protocol."""
    import anthropic  # noqa: PLC0415 - an optional part
    import httpx2  # noqa: PLC0415 - comes with the SDK

    limits = httpx2.Limits(
        max_connections=endpoint.most_at_once, max_keepalive_connections=endpoint.most_at_once
    )
    timeout_s = endpoint.options.timeout_s
    client = anthropic.AsyncAnthropic(
        base_url=endpoint.url,
        # Said explicitly, no other credential of the environment is sent in its place.
        api_key=endpoint.key or _NO_KEY,
        max_retries=0,  # whoever asks tries again, and knows how fast all may go
        timeout=httpx2.Timeout(timeout_s, connect=min(30.0, timeout_s)),
        http_client=anthropic.DefaultAioHttpClient(limits=limits, trust_env=not endpoint.is_near),
    )
    return AnthropicLink(endpoint, client)


@dataclass(eq=False)
class AnthropicLink:
    """A client of a server of Anthropic's Messages protocol; a `Link`.

    Args:
        endpoint: Whom it asks.
        client: The SDK's client.
    """

    endpoint: Endpoint
    client: anthropic.AsyncAnthropic
    _listing: asyncio.Task[tuple[str, ...]] | None = None

    async def send(
        self, request: Request, images: Sequence[EncodedImage], *, attempt: int
    ) -> Outcome:
        """See `Link`."""
        import anthropic  # noqa: PLC0415 - an optional part
        import httpx2  # noqa: PLC0415 - comes with the SDK

        try:
            reply = await self.client.post(
                "/v1/messages",
                cast_to=httpx2.Response,
                body=self._body(request, images),
                options={"headers": {"x-stainless-retry-count": str(attempt)}},
            )
            response = _read(reply, schema_wanted=request.answer_schema is not None)
            response = replace(response, latency_s=reply.elapsed.total_seconds())
        except anthropic.NotFoundError as error:
            return failure(error, self.endpoint, served=await self.served())
        except anthropic.APIError as error:
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
            listed = await self.client.with_options(timeout=10).models.list(limit=1000)
            return tuple(model.id for model in listed.data)
        except Exception:  # noqa: BLE001 - it is only for a better message
            return ()

    def _body(self, request: Request, images: Sequence[EncodedImage]) -> dict[str, Any]:
        settings = request.settings
        thinking, effort = self._thinking(settings)
        thinks = thinking is not None and thinking["type"] != "disabled"
        told: dict[str, Any] = {"effort": effort}
        if request.answer_schema is not None and self.endpoint.options.structured_answers:
            told["format"] = {"type": "json_schema", "schema": dict(request.answer_schema)}
        waiting = iter(images)
        said = [message for message in request.messages if message.role != "system"]
        system = [
            str(part)
            for message in request.messages
            if message.role == "system"
            for part in message.parts
        ]
        body: dict[str, Any] = {
            "model": self.endpoint.model,
            "max_tokens": settings.max_tokens or _LONGEST_ANSWER,
            "system": "\n\n".join(system) or None,
            "messages": [_message(message, waiting) for message in said],
            "temperature": None if thinks else settings.temperature,
            "top_p": settings.top_p,
            "seed": settings.seed,
            "thinking": thinking,
            "output_config": without_none(told) or None,
        }
        return without_none(body) | dict(settings.extra)

    def _thinking(self, settings: Settings) -> tuple[dict[str, Any] | None, str | None]:
        """How long it is to think: by a budget, by an effort, or as it is used to."""
        options = self.endpoint.options
        budget = options.thinking_tokens if isinstance(options, AnthropicOptions) else None
        effort = settings.reasoning_effort
        if effort == "none":
            return {"type": "disabled"}, None
        if budget is not None:
            return {"type": "enabled", "budget_tokens": budget}, effort
        if effort is None:
            return None, None
        return {"type": "adaptive", "display": "summarized"}, effort


def _message(message: Message, images: Iterator[EncodedImage]) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    for part in message.parts:
        if isinstance(part, str):
            content.append({"type": "text", "text": part})
            continue
        image = next(images)
        source = {"type": "base64", "media_type": image.media_type, "data": image.base64}
        content.append({"type": "image", "source": source})
    return {"role": message.role, "content": content}


def _read(reply: Any, *, schema_wanted: bool) -> Response:
    try:
        payload = json.loads(reply.content)
    except (ValueError, RecursionError):
        kind = reply.headers.get("content-type", "unknown type").partition(";")[0]
        return Response(
            "failed", error=f"the server's answer is not JSON ({kind}, {len(reply.content)} bytes)"
        )
    return read_message(payload, schema_wanted=schema_wanted)
