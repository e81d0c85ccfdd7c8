"""The OpenAI chat protocol, which everybody speaks, through the official SDK."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mllmsent.models.served.first_tokens import TOP_TOKENS, asked_for_tokens
from mllmsent.models.served.openai.failures import failure
from mllmsent.models.served.openai.limits import openai_allowances
from mllmsent.models.served.openai.logprobs import read_steps
from mllmsent.models.served.openai.reply import read_reply
from mllmsent.models.served.options import OpenAIOptions
from mllmsent.models.served.wire import without_none

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mllmsent.models.interface import Message, Request
    from mllmsent.models.served.encoded_images import EncodedImage
    from mllmsent.models.served.wire import Endpoint

__all__ = ["OpenAIChat"]


class OpenAIChat:
    """The words of the protocol; see `Words`."""

    path = "/chat/completions"
    security: Mapping[str, Any] = MappingProxyType({"security": {"bearer_auth": True}})
    read = staticmethod(read_reply)
    steps = staticmethod(read_steps)
    failure = staticmethod(failure)
    allowances = staticmethod(openai_allowances)

    def body(
        self, endpoint: Endpoint, request: Request, images: Sequence[EncodedImage]
    ) -> dict[str, Any]:
        """See `Words`."""
        request = asked_for_tokens(request)
        settings = request.settings
        waiting = iter(images)
        options = endpoint.options
        detail = options.image_detail if isinstance(options, OpenAIOptions) else None
        body: dict[str, Any] = {
            "model": endpoint.model,
            "messages": [_message(message, waiting, detail) for message in request.messages],
            "temperature": settings.temperature,
            "top_p": settings.top_p,
            endpoint.provider.token_parameter: settings.max_tokens,
            "seed": settings.seed,
            "reasoning_effort": settings.reasoning_effort,
        }
        if request.candidates:
            body |= {"logprobs": True, "top_logprobs": TOP_TOKENS}
        if request.answer_schema is not None and options.structured_answers:
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {
                    "name": "answer",
                    "strict": True,
                    "schema": dict(request.answer_schema),
                },
            }
        return without_none(body) | dict(settings.extra)


def _message(
    message: Message, images: Iterator[EncodedImage], detail: str | None
) -> dict[str, Any]:
    if all(isinstance(part, str) for part in message.parts):
        # Some servers take lists of parts from users only.
        return {"role": message.role, "content": "\n\n".join(map(str, message.parts))}
    content: list[dict[str, Any]] = []
    for part in message.parts:
        if isinstance(part, str):
            content.append({"type": "text", "text": part})
            continue
        shown = {"url": next(images).data_uri} | ({} if detail is None else {"detail": detail})
        content.append({"type": "image_url", "image_url": shown})
    return {"role": message.role, "content": content}
