"""Anthropic's Messages: POST /v1/messages."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

from mllmsent.loopback.call import Call, Outcome, text_tokens
from mllmsent.loopback.dialect import Dialect, TokenCounter
from mllmsent.loopback.dialects.anthropic import (
    ANTHROPIC,
    check_sides,
    input_tokens,
    source_image,
)
from mllmsent.loopback.dialects.anthropic_schema import check_schema
from mllmsent.loopback.wire import WireError, integer, number, record

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ANTHROPIC_MESSAGES"]

_KNOWN = frozenset(
    {
        "cache_control",
        "container",
        "diagnostics",
        "inference_geo",
        "max_tokens",
        "messages",
        "metadata",
        "model",
        "output_config",
        "service_tier",
        "speed",
        "stop_sequences",
        "stream",
        "system",
        "temperature",
        "thinking",
        "tool_choice",
        "tools",
        "top_k",
        "top_p",
    }
)
_LEAST_THINKING = 1024


def _read(body: object, model_in_path: str) -> Call:
    payload = record(body)
    if payload.get("max_tokens") is None:
        raise WireError("invalid", "max_tokens: Field required")
    return _read_prompt(payload, model_in_path)


def _read_prompt(body: object, model_in_path: str) -> Call:  # noqa: ARG001 - a dialect's form
    payload = record(body)
    for name in sorted(payload.keys() - _KNOWN):
        raise WireError("invalid", f"{name}: Extra inputs are not permitted")
    model = payload.get("model")
    if not isinstance(model, str) or not model:
        raise WireError("invalid", "model: Field required")
    if payload.get("stream"):
        raise WireError("invalid", "stream: this server does not stream")
    messages = payload.get("messages")
    if not isinstance(messages, list) or not messages:
        raise WireError("invalid", "messages: at least one message is required")
    texts = _texts(payload.get("system") or [], "system")
    images: dict[str, bytes] = {}
    for index, value in enumerate(messages):
        _read_message(record(value, f"messages.{index}"), f"messages.{index}", texts, images)
    check_sides(images)
    temperature = number(payload, "temperature", 0.0, 1.0)
    number(payload, "top_p", 0.0, 1.0)
    integer(payload, "top_k", 0)
    max_tokens = integer(payload, "max_tokens", 1)
    thinks, shows = _thinking(payload.get("thinking"), max_tokens)
    if thinks and temperature not in (None, 1.0):
        raise WireError("invalid", "`temperature` may only be set to 1 when thinking is enabled.")
    tool, schema = _forced_tool(payload)
    if tool and thinks:
        raise WireError("invalid", "Thinking may not be enabled when tool_choice forces tool use.")
    return Call(
        model=model,
        text="\n\n".join(texts),
        images=tuple(images.values()),
        schema=schema or _schema(payload.get("output_config")),
        temperature=1.0 if temperature is None else temperature,
        max_tokens=max_tokens,
        thinks=thinks,
        shows_reasoning=shows,
        tool=tool,
    )


def _texts(value: object, at: str) -> list[str]:
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list):
        raise WireError("invalid", f"{at}: Input should be a valid string or list of blocks")
    return [
        _text(record(block, f"{at}.{index}"), f"{at}.{index}") for index, block in enumerate(value)
    ]


def _text(block: Mapping[str, Any], at: str) -> str:
    if block.get("type") != "text" or not isinstance(block.get("text"), str):
        raise WireError("invalid", f"{at}: Input should be a block of text")
    if not block["text"]:
        raise WireError("invalid", f"{at}: text content blocks must be non-empty")
    return str(block["text"])


def _read_message(
    message: Mapping[str, Any], at: str, texts: list[str], images: dict[str, bytes]
) -> None:
    role, content = message.get("role"), message.get("content")
    if role not in {"user", "assistant", "system"}:
        raise WireError("invalid", f"{at}.role: Input should be 'user', 'assistant' or 'system'")
    if at == "messages.0" and role != "user":
        raise WireError("invalid", 'messages: first message must use the "user" role')
    if isinstance(content, str):
        texts.append(content)
        return
    if not isinstance(content, list) or not content:
        raise WireError("invalid", f"{at}.content: at least one block is required")
    for index, value in enumerate(content):
        place = f"{at}.content.{index}"
        block = record(value, place)
        if block.get("type") == "image" and role == "user":
            images[place] = source_image(block.get("source"), place)
        elif block.get("type") not in {"thinking", "redacted_thinking"} or role != "assistant":
            texts.append(_text(block, place))


def _thinking(value: object, max_tokens: int | None) -> tuple[bool, bool]:
    """Whether the model thinks, and whether it shows what."""
    if value is None:
        return False, False
    thinking = record(value, "thinking")
    kind, display = thinking.get("type"), thinking.get("display")
    if kind not in {"adaptive", "enabled", "disabled", "between_tools"}:
        raise WireError("invalid", f"thinking.type: {kind!r} is none of the known types")
    if display not in {None, "summarized", "omitted"}:
        raise WireError("invalid", "thinking.display: Input should be 'summarized' or 'omitted'")
    if kind == "enabled":
        budget = integer(thinking, "budget_tokens", 0)
        if budget is None or budget < _LEAST_THINKING:
            raise WireError(
                "invalid",
                "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
            )
        if max_tokens is not None and budget >= max_tokens:
            raise WireError(
                "invalid", "`max_tokens` must be greater than `thinking.budget_tokens`."
            )
    return kind in {"adaptive", "enabled"}, display != "omitted"


def _schema(value: object) -> Mapping[str, Any] | None:
    wanted = record(value or {}, "output_config").get("format")
    if wanted is None:
        return None
    form = record(wanted, "output_config.format")
    if form.get("type") != "json_schema" or not isinstance(form.get("schema"), dict):
        raise WireError("invalid", "output_config.format: a json_schema with a schema is required")
    schema: dict[str, Any] = form["schema"]
    check_schema(schema, "output_config.format.schema")
    return schema


def _forced_tool(payload: Mapping[str, Any]) -> tuple[str, Mapping[str, Any] | None]:
    """The tool that must be used, and the schema of its arguments."""
    values = payload.get("tools") or []
    if not isinstance(values, list):
        raise WireError("invalid", "tools: Input should be a valid list")
    tools = [record(tool, f"tools.{index}") for index, tool in enumerate(values)]
    choice = record(payload.get("tool_choice") or {}, "tool_choice")
    if choice.get("type") == "any" and tools:
        forced = tools[0]
    elif choice.get("type") == "tool":
        named = [tool for tool in tools if tool.get("name") == choice.get("name")]
        if not named:
            raise WireError("invalid", f"Tool '{choice.get('name')}' not found in provided tools")
        forced = named[0]
    else:
        return "", None
    return str(forced.get("name")), record(forced.get("input_schema"), "tools.0.input_schema")


def _render(call: Call, outcome: Outcome) -> Mapping[str, Any]:
    if outcome.ending == "filtered":
        raise WireError("filtered")
    reply = outcome.reply
    text, is_cut = outcome.said(call)
    if reply.refusal:
        text, is_cut = "", False
    blocks: list[dict[str, Any]] = []
    thought = reply.reasoning if call.thinks else ""
    if thought:
        sign = base64.b64encode(hashlib.sha512(thought.encode()).digest()).decode()
        shown = thought if call.shows_reasoning else ""
        blocks.append({"type": "thinking", "thinking": shown, "signature": sign})
    stop = "refusal" if reply.refusal else "max_tokens" if is_cut else "end_turn"
    arguments = _arguments(text) if call.tool and not is_cut else None
    if arguments is not None:
        stop = "tool_use"
        use = {"type": "tool_use", "id": f"toolu_{outcome.identifier}", "name": call.tool}
        blocks.append(use | {"input": arguments, "caller": {"type": "direct"}})
    elif text:
        blocks.append({"type": "text", "text": text, "citations": None})
    return {
        "id": f"msg_{outcome.identifier}",
        "type": "message",
        "role": "assistant",
        "model": call.model,
        "content": [] if outcome.missing else blocks,
        "stop_reason": stop,
        "stop_sequence": None,
        "stop_details": (
            {"type": "refusal", "category": None, "explanation": reply.refusal}
            if reply.refusal
            else None
        ),
        "container": None,
        "usage": _usage(call, outcome, text_tokens(thought), text_tokens(text)),
    }


def _arguments(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _usage(call: Call, outcome: Outcome, thinking: int, said: int) -> dict[str, Any]:
    read = input_tokens(call)
    cached = int(read * outcome.cached_share)
    return {
        "input_tokens": read - cached,  # what is read from the cache is counted apart
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": cached,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": thinking + max(said, 1),
        "output_tokens_details": {"thinking_tokens": thinking},
        "server_tool_use": None,
        "service_tier": "batch" if outcome.batched else "standard",
        "inference_geo": None,
        "speed": None,
    }


ANTHROPIC_MESSAGES = Dialect(
    name="anthropic-messages",
    provider=ANTHROPIC,
    path="/messages",
    conversation=frozenset({"messages", "model", "system"}),
    read=_read,
    render=_render,
    input_tokens=input_tokens,
    counter=TokenCounter(
        "/messages/count_tokens", _read_prompt, lambda tokens: {"input_tokens": tokens}
    ),
    schema_parameter="output_config.format",
)
"""The protocol of Claude."""
