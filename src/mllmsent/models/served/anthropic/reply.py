"""Reading what a server of Anthropic's Messages protocol sent back, whatever it is."""

from __future__ import annotations

from typing import Any

from mllmsent.models.interface import Response
from mllmsent.models.served.payloads import is_json, token_count, whole_text

__all__ = ["read_message"]


def read_message(payload: object, *, schema_wanted: bool) -> Response:
    """The response in a message's JSON.

    Thinking stands in blocks of its own. What is no answer is "failed", with its reason; nothing is
    guessed, and nothing raises.

    Args:
        payload: The decoded body.
        schema_wanted: Whether a structured answer was asked for.

    Returns:
        The response, without what only the transport knows (images, latency, attempts).
    """
    content = payload.get("content") if isinstance(payload, dict) else None
    if not isinstance(payload, dict) or not isinstance(content, list):
        return Response("failed", error="the server's answer is no message")
    stop_reason = whole_text(payload.get("stop_reason"))
    told: dict[str, Any] = {
        "reported_model": whole_text(payload.get("model")),
        "stop_reason": stop_reason,
        "reasoning": "\n\n".join(filter(None, _of_blocks(content, "thinking"))),
        **_usage(payload.get("usage")),
    }
    texts = _of_blocks(content, "text")
    text = "".join(texts)
    if stop_reason == "refusal":
        details = payload.get("stop_details")
        words = whole_text(details.get("explanation")) if isinstance(details, dict) else ""
        return Response("refused", text=words or text, **told)
    if not texts and stop_reason != "max_tokens":
        reason = f"the server's answer has no content (stop_reason {stop_reason or 'missing'})"
        return Response("failed", error=reason, **told)
    # Cut before its first word, an answer is empty, not missing: more tokens are the cure.
    return Response("ok", text=text, is_json=is_json(text) if schema_wanted else None, **told)


def _of_blocks(content: list[Any], kind: str) -> list[str]:
    return [
        whole_text(block.get(kind))
        for block in content
        if isinstance(block, dict) and block.get("type") == kind
    ]


def _usage(usage: object) -> dict[str, int | None]:
    """Tokens; those that were read from the cache, or written to it, are counted apart there."""
    if not isinstance(usage, dict):
        return {}
    read = token_count(usage.get("input_tokens"))
    cached = token_count(usage.get("cache_read_input_tokens"))
    kept = token_count(usage.get("cache_creation_input_tokens"))
    details = usage.get("output_tokens_details")
    thought = details.get("thinking_tokens") if isinstance(details, dict) else None
    return {
        "input_tokens": None if read is None else read + (cached or 0) + (kept or 0),
        "output_tokens": token_count(usage.get("output_tokens")),
        "cached_tokens": cached,
        "reasoning_tokens": token_count(thought),
    }
