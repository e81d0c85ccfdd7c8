"""A request in the words of Google's Gemini protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.models.served.first_tokens import TOP_TOKENS, asked_for_tokens
from mllmsent.models.served.options import GoogleOptions
from mllmsent.models.served.wire import system_apart, without_none

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mllmsent.models.interface import Message, Request, Settings
    from mllmsent.models.served.encoded_images import EncodedImage
    from mllmsent.models.served.options import ServedOptions
    from mllmsent.models.served.wire import Endpoint

__all__ = ["generate_body"]

_CATEGORIES = ("HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT")
"""What can be set: <https://ai.google.dev/gemini-api/docs/safety-settings>."""

_BUDGETS = {"minimal": 1024, "low": 1024, "medium": 8192, "high": 24576}
"""Tokens for models that think by budget, as Google's own OpenAI endpoint has them:
<https://ai.google.dev/gemini-api/docs/openai>."""


def generate_body(
    endpoint: Endpoint, request: Request, images: Sequence[EncodedImage]
) -> dict[str, Any]:
    """A request in the protocol's words: <https://ai.google.dev/api/generate-content>.

    Args:
        endpoint: Whom it asks.
        request: What to ask.
        images: Its images, in order.
    """
    request = asked_for_tokens(request)
    settings, options = request.settings, endpoint.options
    waiting = iter(images)
    system, turns = system_apart(request.messages)
    config: dict[str, Any] = {
        "temperature": settings.temperature,
        "topP": settings.top_p,
        "maxOutputTokens": settings.max_tokens,
        "seed": settings.seed,
        "thinkingConfig": _thinking(settings, options, endpoint.model),
    }
    if request.candidates:
        config |= {"responseLogprobs": True, "logprobs": TOP_TOKENS}
    if request.answer_schema is not None and options.structured_answers:
        config["responseMimeType"] = "application/json"
        config["responseJsonSchema"] = dict(request.answer_schema)
    body: dict[str, Any] = {
        "systemInstruction": {"parts": [{"text": system}]} if system else None,
        "contents": [_content(message, waiting) for message in turns],
    }
    if isinstance(options, GoogleOptions):
        if options.media_resolution is not None:
            config["mediaResolution"] = f"MEDIA_RESOLUTION_{options.media_resolution.upper()}"
        if options.safety_threshold is not None:
            body["safetySettings"] = [
                {"category": f"HARM_CATEGORY_{category}", "threshold": options.safety_threshold}
                for category in _CATEGORIES
            ]
    extra = dict(settings.extra)
    # Nearly all settings stand in here: what a study adds goes beside the others.
    added = extra.pop("generationConfig", {})
    body["generationConfig"] = without_none(config) | (added if isinstance(added, dict) else {})
    return without_none(body) | extra


def _thinking(
    settings: Settings, options: ServedOptions, model: str
) -> dict[str, bool | int | str] | None:
    """How long it is to think: by tokens (Gemini 2.5), by a level (later ones), or as it likes.

    <https://ai.google.dev/gemini-api/docs/thinking>
    """
    effort = settings.reasoning_effort
    tokens = options.thinking_tokens if isinstance(options, GoogleOptions) else None
    if effort == "none" or tokens == 0:
        return {"thinkingBudget": 0}
    if tokens is None and effort is None:
        return None
    if tokens is None and "gemini-2.5" in model:
        tokens = _BUDGETS.get(str(effort))
    if tokens is not None:
        return {"thinkingBudget": tokens, "includeThoughts": True}
    return {"thinkingLevel": str(effort).upper(), "includeThoughts": True}


def _content(message: Message, images: Iterator[EncodedImage]) -> dict[str, Any]:
    parts: list[dict[str, Any]] = []
    for part in message.parts:
        if isinstance(part, str):
            parts.append({"text": part})
            continue
        image = next(images)
        parts.append({"inlineData": {"mimeType": image.media_type, "data": image.base64}})
    return {"role": "model" if message.role == "assistant" else "user", "parts": parts}
