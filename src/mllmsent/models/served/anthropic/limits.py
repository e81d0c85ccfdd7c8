"""What Anthropic says of its limits, beside an answer or a refusal to give one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.models.served.payloads import number_in
from mllmsent.models.served.wire import Allowance

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.models.served.wire import Limited

__all__ = ["anthropic_allowances"]

_ANTHROPIC: dict[str, Limited] = {
    "requests": "requests",
    "input-tokens": "input tokens",
    "output-tokens": "output tokens",
}


def anthropic_allowances(headers: Mapping[str, str]) -> tuple[Allowance, ...]:
    """What Anthropic's headers say; tokens that are read and tokens that are written have limits.

    <https://platform.claude.com/docs/en/api/rate-limits>

    Args:
        headers: Of a response; names in any case, as httpx has them.
    """
    found = []
    for told, what in _ANTHROPIC.items():
        limit = number_in(headers.get(f"anthropic-ratelimit-{told}-limit"))
        if limit:
            remaining = number_in(headers.get(f"anthropic-ratelimit-{told}-remaining"))
            found.append(Allowance(what, limit, remaining))
    return tuple(found)
