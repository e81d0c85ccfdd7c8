"""Reading what a chat server sent back, whatever it is."""

from __future__ import annotations

from typing import Any

from mllmsent.models.interface import Response
from mllmsent.models.served.payloads import is_json, token_count, whole_text
from mllmsent.models.thinking import without_thinking

__all__ = ["complaint", "detail", "read_reply"]


def read_reply(payload: object, *, schema_wanted: bool) -> Response:
    """The response in a chat completion's JSON.

    Servers differ: content may be a text or a list of parts, reasoning may stand apart (under two
    names) or before `</think>` in the text, an error may come with status 200. What is no answer is
    "failed", with its reason; nothing is guessed, and nothing raises.

    Args:
        payload: The decoded body.
        schema_wanted: Whether a structured answer was asked for.

    Returns:
        The response, without what only the transport knows (images, latency, attempts).
    """
    if not isinstance(payload, dict):
        return Response("failed", error="the server's answer is no chat completion")
    told: dict[str, Any] = {
        "reported_model": whole_text(payload.get("model")),
        **_usage(payload.get("usage")),
    }
    choice = _first(payload.get("choices"))
    message = None if choice is None else choice.get("message")
    if choice is None or not isinstance(message, dict):
        what = "choices" if choice is None else "message"
        reason = complaint(choice or {}) or complaint(payload)
        return Response("failed", error=reason or f"the server's answer has no {what}", **told)
    return _read_message(message, choice, told, schema_wanted=schema_wanted)


def _first(choices: object) -> dict[str, Any] | None:
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        return choices[0]
    return None


def _read_message(
    message: dict[str, Any], choice: dict[str, Any], told: dict[str, Any], *, schema_wanted: bool
) -> Response:
    stop_reason = whole_text(choice.get("finish_reason"))
    refusal = whole_text(message.get("refusal"))
    content = _content(message.get("content"))
    text, thought = without_thinking(content or "")
    apart = whole_text(message.get("reasoning_content")) or whole_text(message.get("reasoning"))
    told = told | {"stop_reason": stop_reason, "reasoning": apart or thought}
    if refusal or stop_reason == "content_filter":
        return Response("refused", text=refusal or text, **told)
    if complaint(choice):
        return Response("failed", error=complaint(choice), **told)
    if content is None and stop_reason != "length":
        reason = f"the server's answer has no content (finish_reason {stop_reason or 'missing'})"
        return Response("failed", error=reason, **told)
    # Cut before its first word, an answer is empty, not missing: more tokens are the cure.
    return Response("ok", text=text, is_json=is_json(text) if schema_wanted else None, **told)


def _content(value: object) -> str | None:
    if isinstance(value, str):
        return whole_text(value)
    if isinstance(value, list):
        parts = [whole_text(part.get("text")) for part in value if isinstance(part, dict)]
        return "".join(parts) if parts else None
    return None


def complaint(holder: dict[str, Any]) -> str:
    """An error that came with status 200, as OpenRouter has it; empty where there is none."""
    error = holder.get("error")
    if isinstance(error, str):
        return whole_text(error)
    if not isinstance(error, dict):
        return ""
    code, message = error.get("code"), whole_text(error.get("message"))
    said = f"{whole_text(str(code))} {message}" if code is not None else message
    return said.strip() or "the server reports an error and does not say which"


def _usage(usage: object) -> dict[str, int | None]:
    if not isinstance(usage, dict):
        return {}
    return {
        "input_tokens": token_count(usage.get("prompt_tokens")),
        "output_tokens": token_count(usage.get("completion_tokens")),
        "cached_tokens": detail(usage, "prompt_tokens_details", "cached_tokens"),
        "reasoning_tokens": detail(usage, "completion_tokens_details", "reasoning_tokens"),
    }


def detail(usage: dict[str, Any], group: str, name: str) -> int | None:
    """A number of tokens that stands in a group of its own; None where it does not."""
    details = usage.get(group)
    return token_count(details.get(name)) if isinstance(details, dict) else None
