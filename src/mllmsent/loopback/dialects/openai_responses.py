"""OpenAI responses: POST /v1/responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.loopback.call import Call, Outcome, text_tokens
from mllmsent.loopback.dialect import Dialect, TokenCounter
from mllmsent.loopback.dialects.openai import OPENAI, data_uri_image, input_tokens, json_schema
from mllmsent.loopback.logprobs import logprobs
from mllmsent.loopback.wire import WireError, integer, number, record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["OPENAI_RESPONSES"]

_ECHOED: dict[str, Any] = {
    "instructions": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "background": False,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "safety_identifier": None,
    "truncation": "disabled",
    "user": None,
}
"""What a response says back, and what it says where the request says nothing."""

_KNOWN = frozenset(
    {
        *_ECHOED,
        "include",
        "input",
        "model",
        "prompt_cache_options",
        "prompt_cache_retention",
        "reasoning",
        "service_tier",
        "store",
        "stream",
        "temperature",
        "text",
        "top_logprobs",
        "top_p",
    }
)
_EFFORTS = (None, "none", "minimal", "low", "medium", "high", "xhigh", "max")
_SUMMARIES = (None, "auto", "concise", "detailed")
_LEAST_OUTPUT = 16
_LOGPROBS = "message.output_text.logprobs"


def _read(body: object, model_in_path: str) -> Call:  # noqa: ARG001 - a dialect's form
    payload = record(body)
    for name in sorted(payload.keys() - _KNOWN):
        raise WireError(
            "invalid", f"Unknown parameter: '{name}'.", param=name, code="unknown_parameter"
        )
    model = payload.get("model")
    if not isinstance(model, str) or not model:
        raise WireError("invalid", "You must provide a model parameter.", param="model")
    if payload.get("stream") or payload.get("background"):
        raise WireError("invalid", "This server answers at once and whole.", param="stream")
    texts: list[str] = []
    images: list[bytes] = []
    low_detail: set[int] = set()
    if isinstance(payload.get("instructions"), str):
        texts.append(payload["instructions"])
    for part, low in _parts(payload.get("input")):
        if isinstance(part, str):
            texts.append(part)
            continue
        if low:
            low_detail.add(len(images))
        images.append(part)
    temperature = number(payload, "temperature", 0.0, 2.0)
    top_p = number(payload, "top_p", 0.0, 1.0)
    reasoning = _reasoning(payload.get("reasoning"))
    wanted = integer(payload, "top_logprobs", 0, 20)
    form = record(record(payload.get("text") or {}, "text").get("format") or {}, "text.format")
    echo = {
        **{name: payload.get(name, usual) for name, usual in _ECHOED.items()},
        "temperature": 1.0 if temperature is None else temperature,
        "top_p": 1.0 if top_p is None else top_p,
        "reasoning": reasoning,
        "text": {"format": form or {"type": "text"}, "verbosity": "medium"},
        "top_logprobs": wanted or 0,
    }
    return Call(
        model=model,
        text="\n\n".join(texts),
        images=tuple(images),
        schema=_schema(form),
        temperature=echo["temperature"],
        max_tokens=integer(payload, "max_output_tokens", _LEAST_OUTPUT),
        top_logprobs=(wanted or 0) if _LOGPROBS in (payload.get("include") or []) else None,
        shows_reasoning=reasoning["summary"] is not None,
        low_detail=frozenset(low_detail),
        echo=echo,
    )


def _parts(given: object) -> Iterator[tuple[str | bytes, bool]]:
    """Texts and images of the input, and of each image whether it is to be seen coarsely."""
    if isinstance(given, str):
        yield given, False
        return
    if not isinstance(given, list) or not given:
        raise WireError("invalid", "Missing required parameter: 'input'.", param="input")
    for index, value in enumerate(given):
        at = f"input[{index}]"
        item = record(value, at)
        if item.get("type") == "reasoning":
            continue
        role, content = item.get("role"), item.get("content")
        if item.get("type", "message") != "message" or role not in {
            "assistant",
            "developer",
            "system",
            "user",
        }:
            raise WireError("invalid", f"Invalid value: '{role}'.", param=at, code="invalid_value")
        if isinstance(content, str):
            yield content, False
            continue
        if not isinstance(content, list) or not content:
            raise WireError("invalid", f"Invalid type for '{at}.content'.", param=f"{at}.content")
        for number_, part in enumerate(content):
            yield _part(record(part, at), f"{at}.content[{number_}]", str(role))


def _part(part: Mapping[str, Any], at: str, role: str) -> tuple[str | bytes, bool]:
    kind = part.get("type")
    if kind == ("output_text" if role == "assistant" else "input_text"):
        if not isinstance(part.get("text"), str):
            raise WireError("invalid", f"'{at}.text' must be a string.", param=f"{at}.text")
        return str(part["text"]), False
    if kind == "input_image" and role == "user":
        return data_uri_image(part.get("image_url"), at), part.get("detail") == "low"
    raise WireError(
        "invalid", f"Invalid value: '{kind}'.", param=f"{at}.type", code="invalid_value"
    )


def _reasoning(value: object) -> dict[str, Any]:
    given = record(value or {}, "reasoning")
    effort, summary = given.get("effort"), given.get("summary")
    if effort not in _EFFORTS or summary not in _SUMMARIES:
        raise WireError(
            "invalid",
            f"Invalid value: '{effort if effort not in _EFFORTS else summary}'.",
            param="reasoning.effort" if effort not in _EFFORTS else "reasoning.summary",
            code="invalid_value",
        )
    return {"effort": effort, "summary": summary}


def _schema(form: Mapping[str, Any]) -> Mapping[str, Any] | None:
    match form.get("type", "text"):
        case "text":
            return None
        case "json_object":
            return {"type": "object"}
        case "json_schema":
            return json_schema(form, "text.format")
        case kind:
            raise WireError("invalid", f"Invalid value: '{kind}'.", param="text.format.type")


def _render(call: Call, outcome: Outcome) -> Mapping[str, Any]:
    reply = outcome.reply
    text, is_cut = outcome.said(call)
    reason = "max_output_tokens" if is_cut else None
    content: list[dict[str, Any]] = []
    if reply.refusal:
        text, reason = reply.refusal, None
        content.append({"type": "refusal", "refusal": reply.refusal})
    elif outcome.missing != "content":
        chances = []
        if call.top_logprobs is not None:
            chances = list(logprobs(text, reply, call.top_logprobs))
        said = {"type": "output_text", "text": text, "annotations": [], "logprobs": chances}
        content.append(said)
    if outcome.ending == "filtered":
        text, reason = "", "content_filter"
    status = "incomplete" if reason else "completed"
    message = {
        "id": f"msg_{outcome.identifier}",
        "type": "message",
        "role": "assistant",
        "status": status,
        "content": content,
    }
    output: list[dict[str, Any]] = []
    if reply.reasoning:
        summary = [{"type": "summary_text", "text": reply.reasoning}]
        shown = summary if call.shows_reasoning else []
        output.append({"id": f"rs_{outcome.identifier}", "type": "reasoning", "summary": shown})
    if outcome.ending != "filtered":
        output.append(message)
    return {
        "id": f"resp_{outcome.identifier}",
        "object": "response",
        "created_at": outcome.created,
        "completed_at": None if reason else outcome.created,
        "model": call.model,
        "status": status,
        "error": None,
        "incomplete_details": {"reason": reason} if reason else None,
        "output": [] if outcome.missing == "choices" else output,
        "service_tier": "default",
        "usage": _usage(call, outcome, text),
        **(call.echo or {}),
    }


def _usage(call: Call, outcome: Outcome, said: str) -> dict[str, Any]:
    read = input_tokens(call)
    reasoning = text_tokens(outcome.reply.reasoning)
    written = text_tokens(said) + reasoning
    cached = int(read * outcome.cached_share)
    return {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": 0},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": read + written,
    }


OPENAI_RESPONSES = Dialect(
    name="openai-responses",
    provider=OPENAI,
    path="/responses",
    conversation=frozenset({"input", "instructions", "model"}),
    read=_read,
    render=_render,
    input_tokens=input_tokens,
    counter=TokenCounter(
        "/responses/input_tokens",
        _read,
        lambda tokens: {"object": "response.input_tokens", "input_tokens": tokens},
    ),
    schema_parameter="text.format",
)
"""The protocol that OpenAI's newer models are asked by."""
