"""OpenAI's Responses API, through the official SDK.

Nothing is kept at the provider: `store` is false, since a dataset's images and what is said of them are
not the adapter's to leave there. Settings that the API has not are sent all the same and complained of
with their cure.
<https://developers.openai.com/api/reference/resources/responses/methods/create>
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mllmsent.models.served.first_tokens import TOP_TOKENS, asked_for_tokens
from mllmsent.models.served.openai.failures import failure
from mllmsent.models.served.openai.limits import openai_allowances
from mllmsent.models.served.openai.logprobs import read_response_steps
from mllmsent.models.served.openai.responses_reply import read_response
from mllmsent.models.served.options import OpenAIOptions
from mllmsent.models.served.wire import system_apart, without_none

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mllmsent.models.interface import Message, Request
    from mllmsent.models.served.encoded_images import EncodedImage
    from mllmsent.models.served.options import ServedOptions
    from mllmsent.models.served.wire import Endpoint

__all__ = ["OpenAIResponses"]


class OpenAIResponses:
    """The words of the protocol; see `Words`."""

    path = "/responses"
    security: Mapping[str, Any] = MappingProxyType({"security": {"bearer_auth": True}})
    read = staticmethod(read_response)
    steps = staticmethod(read_response_steps)
    failure = staticmethod(failure)
    allowances = staticmethod(openai_allowances)

    def body(
        self, endpoint: Endpoint, request: Request, images: Sequence[EncodedImage]
    ) -> dict[str, Any]:
        """See `Words`."""
        request = asked_for_tokens(request)
        settings, options = request.settings, endpoint.options
        waiting = iter(images)
        detail = options.image_detail if isinstance(options, OpenAIOptions) else None
        system, turns = system_apart(request.messages)
        body: dict[str, Any] = {
            "model": endpoint.model,
            "instructions": system or None,
            "input": [_message(message, waiting, detail or "auto") for message in turns],
            "temperature": settings.temperature,
            "top_p": settings.top_p,
            "max_output_tokens": settings.max_tokens,
            "seed": settings.seed,
            "reasoning": _reasoning(settings.reasoning_effort, options),
            "store": False,
        }
        if request.candidates:
            body |= {"include": ["message.output_text.logprobs"], "top_logprobs": TOP_TOKENS}
        if request.answer_schema is not None and options.structured_answers:
            schema = dict(request.answer_schema)
            wanted = {"type": "json_schema", "name": "answer", "strict": True, "schema": schema}
            body["text"] = {"format": wanted}
        return without_none(body) | dict(settings.extra)


def _reasoning(effort: str | None, options: ServedOptions) -> dict[str, Any] | None:
    """How long it is to think, and whether it is to sum up what it thought."""
    summary = options.reasoning_summary if isinstance(options, OpenAIOptions) else None
    if summary is None and effort is not None and effort != "none":
        summary = "auto"
    told = {"effort": effort, "summary": None if summary == "none" else summary}
    return without_none(told) or None


def _message(message: Message, images: Iterator[EncodedImage], detail: str) -> dict[str, Any]:
    if all(isinstance(part, str) for part in message.parts):
        # What the model said earlier may be told as a text without an id.
        return {"role": message.role, "content": "\n\n".join(map(str, message.parts))}
    content: list[dict[str, Any]] = []
    for part in message.parts:
        if isinstance(part, str):
            content.append({"type": "input_text", "text": part})
            continue
        shown = {"image_url": next(images).data_uri, "detail": detail}
        content.append({"type": "input_image", **shown})
    return {"role": message.role, "content": content}
