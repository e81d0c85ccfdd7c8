"""Anthropic's Messages protocol, through the official SDK.

Settings that Claude's models have not are sent all the same and complained of with their cure, but
for one: while a model thinks, its temperature is fixed, so that none is sent then.
<https://platform.claude.com/docs/en/build-with-claude/extended-thinking>
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.models.served.anthropic.batches import AnthropicBatches
from mllmsent.models.served.anthropic.failures import failure
from mllmsent.models.served.anthropic.limits import anthropic_allowances
from mllmsent.models.served.anthropic.reply import read_message
from mllmsent.models.served.options import AnthropicOptions
from mllmsent.models.served.sdk_link import SDKLink, client_settings
from mllmsent.models.served.wire import system_apart, without_none

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mllmsent.models.interface import Message, Request, Settings
    from mllmsent.models.served.encoded_images import EncodedImage
    from mllmsent.models.served.options import ServedOptions
    from mllmsent.models.served.wire import Endpoint

__all__ = ["connect_anthropic_messages"]

_LONGEST_ANSWER = 4096
"""Tokens, where a study leaves it to the model: this protocol wants a number."""


def connect_anthropic_messages(endpoint: Endpoint) -> SDKLink:
    """A link to a server that speaks Anthropic's Messages protocol."""
    import anthropic  # noqa: PLC0415 - an optional part

    client = anthropic.AsyncAnthropic(**client_settings(anthropic, endpoint))
    words = _AnthropicMessages()
    return SDKLink(endpoint, anthropic, client, words, AnthropicBatches(endpoint, client, words))


class _AnthropicMessages:
    """The words of the protocol; see `Words`."""

    path = "/v1/messages"
    security: Mapping[str, Any] = {}
    read = staticmethod(read_message)
    failure = staticmethod(failure)
    allowances = staticmethod(anthropic_allowances)

    def body(
        self, endpoint: Endpoint, request: Request, images: Sequence[EncodedImage]
    ) -> dict[str, Any]:
        """See `Words`."""
        settings = request.settings
        thinking, effort = _thinking(settings, endpoint.options)
        thinks = thinking is not None and thinking["type"] != "disabled"
        told: dict[str, Any] = {"effort": effort}
        if request.answer_schema is not None and endpoint.options.structured_answers:
            told["format"] = {"type": "json_schema", "schema": dict(request.answer_schema)}
        waiting = iter(images)
        system, turns = system_apart(request.messages)
        body: dict[str, Any] = {
            "model": endpoint.model,
            "max_tokens": settings.max_tokens or _LONGEST_ANSWER,
            "system": system or None,
            "messages": [_message(message, waiting) for message in turns],
            "temperature": None if thinks else settings.temperature,
            "top_p": settings.top_p,
            "seed": settings.seed,
            "thinking": thinking,
            "output_config": without_none(told) or None,
        }
        return without_none(body) | dict(settings.extra)


def _thinking(
    settings: Settings, options: ServedOptions
) -> tuple[dict[str, Any] | None, str | None]:
    """How long it is to think: by a budget, by an effort, or as it is used to."""
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
