"""OpenAI chat completions: POST /v1/chat/completions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.loopback.call import Call, Outcome, text_tokens
from mllmsent.loopback.dialect import Dialect
from mllmsent.loopback.dialects.openai import (
    OPENAI,
    data_uri_image,
    input_tokens,
    json_schema,
)
from mllmsent.loopback.logprobs import logprobs
from mllmsent.loopback.wire import WireError, integer, number, record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["OPENAI_CHAT"]

_ROLES = ("system", "developer", "user", "assistant")


def _read(body: object, model_in_path: str) -> Call:  # noqa: ARG001 - a dialect's form
    payload = record(body)
    model = payload.get("model")
    if not isinstance(model, str) or not model:
        raise WireError("invalid", "You must provide a model parameter.", param="model")
    if payload.get("stream"):
        raise WireError("invalid", "This server does not stream.", param="stream")
    if payload.get("n") not in (None, 1):
        raise WireError("invalid", "This server gives one choice.", param="n")
    messages = payload.get("messages")
    if not isinstance(messages, list) or not messages:
        raise WireError(
            "invalid", "'messages' must be a list with at least one message.", param="messages"
        )
    texts: list[str] = []
    images: list[bytes] = []
    low_detail: set[int] = set()
    for index, message in enumerate(messages):
        for part, low in _parts(message, f"messages[{index}]"):
            if isinstance(part, str):
                texts.append(part)
                continue
            if low:
                low_detail.add(len(images))
            images.append(part)
    temperature = number(payload, "temperature", 0.0, 2.0)
    number(payload, "top_p", 0.0, 1.0)
    limits = [integer(payload, name, 1) for name in ("max_completion_tokens", "max_tokens")]
    wanted = integer(payload, "top_logprobs", 0, 20)
    return Call(
        model=model,
        text="\n\n".join(texts),
        images=tuple(images),
        schema=_schema(payload.get("response_format")),
        temperature=1.0 if temperature is None else temperature,
        seed=integer(payload, "seed", -(2**63)),
        max_tokens=limits[0] if limits[0] is not None else limits[1],
        top_logprobs=(wanted or 0) if payload.get("logprobs") else None,
        low_detail=frozenset(low_detail),
    )


def _parts(value: object, at: str) -> Iterator[tuple[str | bytes, bool]]:
    message = record(value, at)
    role = message.get("role")
    if role not in _ROLES:
        raise WireError(
            "invalid",
            f"Invalid value: {role!r}. Supported values are: {', '.join(_ROLES)}.",
            param=f"{at}.role",
            code="invalid_value",
        )
    content = message.get("content")
    if isinstance(content, str):
        yield content, False
        return
    if not isinstance(content, list) or not content:
        raise WireError(
            "invalid",
            f"Invalid value for 'content' of '{at}': expected a string or a list of parts.",
            param=f"{at}.content",
        )
    for index, part in enumerate(content):
        yield _part(part, f"{at}.content[{index}]", may_show=role == "user")


def _part(part: object, at: str, *, may_show: bool) -> tuple[str | bytes, bool]:
    kind = part.get("type") if isinstance(part, dict) else None
    if isinstance(part, dict) and kind == "text":
        if not isinstance(part.get("text"), str):
            raise WireError("invalid", f"'{at}.text' must be a string.", param=f"{at}.text")
        return str(part["text"]), False
    if isinstance(part, dict) and kind == "image_url" and may_show:
        image = record(part.get("image_url"), f"{at}.image_url")
        return data_uri_image(image.get("url"), at), image.get("detail") == "low"
    raise WireError(
        "invalid",
        f"Invalid content part of type {kind!r}.",
        param=f"{at}.type",
        code="invalid_value",
    )


def _schema(wanted: object) -> Mapping[str, Any] | None:
    if wanted is None:
        return None
    kind = wanted.get("type") if isinstance(wanted, dict) else None
    if kind == "text":
        return None
    if kind == "json_object":
        return {"type": "object"}
    if not isinstance(wanted, dict) or kind != "json_schema":
        raise WireError(
            "invalid", f"Invalid response_format type {kind!r}.", param="response_format"
        )
    at = "response_format.json_schema"
    return json_schema(record(wanted.get("json_schema"), at), at)


def _render(call: Call, outcome: Outcome) -> Mapping[str, Any]:
    reply = outcome.reply
    text, is_cut = outcome.said(call)
    has_content = not (
        outcome.missing == "content" or outcome.ending == "filtered" or reply.refusal
    )
    message: dict[str, Any] = {
        "role": "assistant",
        "content": text if has_content else None,
        "refusal": reply.refusal or None,
        "annotations": [],
    }
    if reply.reasoning:
        message["reasoning_content"] = reply.reasoning
    chances = None
    if call.top_logprobs is not None and message["content"]:
        chances = {"content": list(logprobs(text, reply, call.top_logprobs)), "refusal": None}
    ending = "content_filter" if outcome.ending == "filtered" else "length" if is_cut else "stop"
    choice = {"index": 0, "message": message, "logprobs": chances, "finish_reason": ending}
    return {
        "id": f"chatcmpl-{outcome.identifier}",
        "object": "chat.completion",
        "created": int(outcome.created),
        "model": call.model,
        "choices": [] if outcome.missing == "choices" else [choice],
        "usage": _usage(call, outcome, text if message["content"] else reply.refusal),
        "service_tier": "default",
        "system_fingerprint": "fp_loopback",
    }


def _usage(call: Call, outcome: Outcome, said: str) -> dict[str, Any]:
    read = input_tokens(call)
    reasoning = text_tokens(outcome.reply.reasoning)
    written = text_tokens(said) + reasoning
    return {
        "prompt_tokens": read,
        "completion_tokens": written,
        "total_tokens": read + written,
        "prompt_tokens_details": {
            "cached_tokens": int(read * outcome.cached_share),
            "audio_tokens": 0,
        },
        "completion_tokens_details": {
            "reasoning_tokens": reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


OPENAI_CHAT = Dialect(
    name="openai-chat",
    provider=OPENAI,
    path="/chat/completions",
    conversation=frozenset({"messages", "model"}),
    read=_read,
    render=_render,
    input_tokens=input_tokens,
)
"""The chat protocol, which nearly every server of open models speaks too."""
