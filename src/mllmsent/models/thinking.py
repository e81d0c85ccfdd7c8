"""Answers of models that think aloud: what they think, and what they say."""

from __future__ import annotations

__all__ = ["OPENING", "without_thinking"]

OPENING = "<think>"
_CLOSING = "</think>"


def without_thinking(text: str, *, is_opened: bool = False) -> tuple[str, str]:
    """A text and the thinking before it; templates that open `<think>` themselves only close it.

    Args:
        text: What the model wrote.
        is_opened: Whether its template is known to have opened the thinking.
    """
    if _CLOSING in text:
        thought, _, rest = text.partition(_CLOSING)
        return rest.strip(), thought.strip().removeprefix(OPENING).strip()
    if is_opened or text.lstrip().startswith(OPENING):
        return "", text.strip().removeprefix(OPENING).strip()
    return text, ""
