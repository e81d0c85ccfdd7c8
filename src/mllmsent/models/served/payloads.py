"""Values of foreign JSON, taken for what they are or not at all."""

from __future__ import annotations

import json

__all__ = ["is_json", "token_count", "whole_text"]


def whole_text(value: object) -> str:
    """A text as files and databases take it; empty where the value is none."""
    if not isinstance(value, str):
        return ""
    try:
        value.encode()
    except UnicodeEncodeError:
        # JSON can escape half a character, which no file and no database takes.
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def is_json(text: str) -> bool:
    """Whether a text is JSON."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def token_count(value: object) -> int | None:
    """A number of tokens; None where the value is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
