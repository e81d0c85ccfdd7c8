"""Reading what a server of the Responses API sent back, whatever it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.models.interface import Response
from mllmsent.models.served.openai.failures import declines
from mllmsent.models.served.openai.reply import complaint, detail
from mllmsent.models.served.payloads import is_json, token_count, whole_text
from mllmsent.models.thinking import without_thinking

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["read_response"]

_CUT, _FILTERED = "max_output_tokens", "content_filter"


def read_response(payload: object, *, schema_wanted: bool) -> Response:
    """The response in a response's JSON.

    Items of its output are reasoning, messages, and kinds that come to be; what is asked here brings
    the first two. A server of open models may give the reasoning itself, OpenAI gives summaries. What
    is no answer is "failed", with its reason; nothing is guessed, and nothing raises.

    Args:
        payload: The decoded body.
        schema_wanted: Whether a structured answer was asked for.

    Returns:
        The response, without what only the transport knows (images, latency, attempts).
    """
    output = payload.get("output") if isinstance(payload, dict) else None
    if not isinstance(payload, dict) or not (isinstance(output, list) or complaint(payload)):
        return Response("failed", error="the server's answer is no response")
    items = output if isinstance(output, list) else []
    said = list(_parts(items, "message", "content"))
    text, thought = without_thinking(_joined(said, "output_text", "text"))
    refusal = _joined(said, "refusal", "refusal")
    reason = _reason(payload)
    status = whole_text(payload.get("status"))
    told: dict[str, Any] = {
        "reported_model": whole_text(payload.get("model")),
        "stop_reason": "refusal" if refusal else reason or status,
        "reasoning": _reasoning(items) or thought,
        **_usage(payload.get("usage")),
    }
    if refusal or reason == _FILTERED or _declined(payload):
        return Response("refused", text=refusal or text, **told)
    if complaint(payload):
        return Response("failed", error=complaint(payload), **told)
    if status in {"failed", "cancelled", "queued", "in_progress"}:
        return Response("failed", error=f"the server's answer has status {status}", **told)
    if not any(part.get("type") == "output_text" for part in said) and reason != _CUT:
        what = f"status {status or 'missing'}" + (f", {reason}" if reason else "")
        return Response("failed", error=f"the server's answer has no content ({what})", **told)
    # Cut before its first word, an answer is empty, not missing: more tokens are the cure.
    return Response("ok", text=text, is_json=is_json(text) if schema_wanted else None, **told)


def _parts(items: list[Any], kind: str, members: str) -> Iterator[dict[str, Any]]:
    """The parts of all items of a kind."""
    for item in items:
        held = item.get(members) if isinstance(item, dict) and item.get("type") == kind else None
        for part in held if isinstance(held, list) else []:
            if isinstance(part, dict):
                yield part


def _joined(parts: list[dict[str, Any]], kind: str, member: str, between: str = "") -> str:
    texts = (whole_text(part.get(member)) for part in parts if part.get("type") == kind)
    return between.join(filter(None, texts))


def _reasoning(items: list[Any]) -> str:
    """The reasoning where it is given, else its summary."""
    whole = list(_parts(items, "reasoning", "content"))
    summed = list(_parts(items, "reasoning", "summary"))
    return _joined(whole, "reasoning_text", "text", "\n\n") or _joined(
        summed, "summary_text", "text", "\n\n"
    )


def _reason(payload: dict[str, Any]) -> str:
    """Why it is incomplete; empty where it is not."""
    details = payload.get("incomplete_details")
    return whole_text(details.get("reason")) if isinstance(details, dict) else ""


def _declined(payload: dict[str, Any]) -> bool:
    error = payload.get("error")
    if not isinstance(error, dict):
        return False
    return declines(whole_text(error.get("code")), whole_text(error.get("message")))


def _usage(usage: object) -> dict[str, int | None]:
    if not isinstance(usage, dict):
        return {}
    return {
        "input_tokens": token_count(usage.get("input_tokens")),
        "output_tokens": token_count(usage.get("output_tokens")),
        "cached_tokens": detail(usage, "input_tokens_details", "cached_tokens"),
        "reasoning_tokens": detail(usage, "output_tokens_details", "reasoning_tokens"),
    }
