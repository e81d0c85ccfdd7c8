"""Values of foreign JSON and headers, taken for what they are or not at all."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from mllmsent.models.interface import Response

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["is_json", "number_in", "read_body", "token_count", "whole_text"]


def read_body(body: str | bytes, content_type: str, read: Callable[[object], Response]) -> Response:
    """The response in a body; "failed" where it is not JSON.

    Args:
        body: What came.
        content_type: What its header calls it; empty for nothing.
        read: Reads what is in it.
    """
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        kind = content_type.partition(";")[0] or "unknown type"
        size = len(body.encode() if isinstance(body, str) else body)
        return Response("failed", error=f"the server's answer is not JSON ({kind}, {size} bytes)")
    return read(payload)


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


def number_in(text: str | None) -> float | None:
    """A number as headers have it, from 0; None where the text is none."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None
