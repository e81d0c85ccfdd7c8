"""Why an answer ended, as servers of every protocol say it."""

from __future__ import annotations

__all__ = ["is_cut_off"]

_LONGEST = frozenset({"length", "max_tokens", "max_output_tokens"})


def is_cut_off(stop_reason: str) -> bool:
    """Whether an answer ended because it was as long as it might be.

    Args:
        stop_reason: The server's word (`Response.stop_reason`), in small or capital letters.
    """
    return stop_reason.lower() in _LONGEST
