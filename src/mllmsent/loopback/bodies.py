"""Bodies of requests and responses, as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mllmsent.loopback.wire import WireError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

__all__ = ["dumped", "read_json", "read_lines"]


async def read_json(request: web.Request, largest: int) -> Any:
    """The body of a request.

    Args:
        request: The request.
        largest: How many bytes it may have.

    Raises:
        WireError: If it is larger, or not JSON.
    """
    body = await request.read()
    if len(body) > largest:
        raise WireError("too_large", details={"limit": largest})
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise WireError("invalid", "We could not parse the JSON body of your request.") from None


def read_lines(data: bytes) -> list[Any]:
    """The values of a file with one on each line; None for a line that is not JSON."""
    values: list[Any] = []
    for line in data.split(b"\n"):
        if line.strip():
            try:
                values.append(json.loads(line))
            except (ValueError, RecursionError):
                values.append(None)
    return values


def dumped(*payloads: Mapping[str, Any]) -> bytes:
    """Payloads as JSON, one a line."""
    return b"\n".join(json.dumps(one, ensure_ascii=False).encode() for one in payloads)
