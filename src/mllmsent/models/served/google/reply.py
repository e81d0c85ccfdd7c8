"""Reading what a server of Google's Gemini protocol sent back, whatever it is."""

from __future__ import annotations

from typing import Any

from mllmsent.models.interface import Response
from mllmsent.models.served.payloads import is_json, token_count, whole_text

__all__ = ["read_generated"]

_DECLINED = frozenset(
    {
        "SAFETY",
        "RECITATION",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "ESCALATION",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
        "MODEL_ARMOR",
    }
)
"""Ends of an answer that its provider took away; all others are the model's, or faults.
<https://ai.google.dev/api/generate-content#FinishReason>"""


def read_generated(payload: object, *, schema_wanted: bool) -> Response:
    """The response in the JSON of `generateContent`.

    Thoughts are parts of their own. A filter may stop the question (no candidate, and a reason why) or
    the answer (a reason to finish): both are refusals. What is no answer is "failed", with its reason;
    nothing is guessed, and nothing raises.

    Args:
        payload: The decoded body.
        schema_wanted: Whether a structured answer was asked for.

    Returns:
        The response, without what only the transport knows (images, latency, attempts).
    """
    if not isinstance(payload, dict):
        return Response("failed", error="the server's answer is no generated content")
    told: dict[str, Any] = {
        "reported_model": whole_text(payload.get("modelVersion")),
        **_usage(payload.get("usageMetadata")),
    }
    feedback = payload.get("promptFeedback")
    feedback = feedback if isinstance(feedback, dict) else {}
    blocked = whole_text(feedback.get("blockReason"))
    if blocked:
        words = whole_text(feedback.get("blockReasonMessage"))
        return Response("refused", text=words, stop_reason=blocked, **told)
    candidates = payload.get("candidates")
    first = candidates[0] if isinstance(candidates, list) and candidates else None
    if not isinstance(first, dict):
        return Response("failed", error="the server's answer has no candidates", **told)
    return _read_candidate(first, told, schema_wanted=schema_wanted)


def _read_candidate(
    candidate: dict[str, Any], told: dict[str, Any], *, schema_wanted: bool
) -> Response:
    stop_reason = whole_text(candidate.get("finishReason"))
    texts, thoughts = _parts(candidate.get("content"))
    told = told | {"stop_reason": stop_reason, "reasoning": "\n\n".join(filter(None, thoughts))}
    text = "".join(texts)
    if stop_reason in _DECLINED:
        words = text or whole_text(candidate.get("finishMessage"))
        return Response("refused", text=words, **told)
    if not texts and stop_reason != "MAX_TOKENS":
        reason = f"the server's answer has no content (finishReason {stop_reason or 'missing'})"
        return Response("failed", error=reason, **told)
    # Cut before its first word, an answer is empty, not missing: more tokens are the cure.
    return Response("ok", text=text, is_json=is_json(text) if schema_wanted else None, **told)


def _parts(content: object) -> tuple[list[str], list[str]]:
    """The texts of an answer, and of its thoughts."""
    parts = content.get("parts") if isinstance(content, dict) else None
    said: list[str] = []
    thought: list[str] = []
    for part in parts if isinstance(parts, list) else []:
        if isinstance(part, dict) and isinstance(part.get("text"), str):
            (thought if part.get("thought") is True else said).append(whole_text(part["text"]))
    return said, thought


def _usage(usage: object) -> dict[str, int | None]:
    """Tokens; those of thoughts are counted apart there, and what is zero is left out."""
    if not isinstance(usage, dict):
        return {}
    read = token_count(usage.get("promptTokenCount"))
    if read is None:
        return {}
    written, thought, cached = (
        token_count(usage.get(name, 0))
        for name in ("candidatesTokenCount", "thoughtsTokenCount", "cachedContentTokenCount")
    )
    return {
        "input_tokens": read,
        "output_tokens": None if written is None or thought is None else written + thought,
        "cached_tokens": cached,
        "reasoning_tokens": thought,
    }
