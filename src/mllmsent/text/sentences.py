"""The sentences of a text, by where it says that one ends."""

from __future__ import annotations

import re

__all__ = ["split_sentences"]

# Scripts that write no spaces between sentences have full stops of their own.
_ENDS = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？।])\s*|\s*\n\s*")


def split_sentences(text: str) -> list[str]:
    """Its sentences, in order; a line ends one too.

    An abbreviation before a space ends one as well: what is then two pieces is still all there.

    Args:
        text: Any text.

    Returns:
        At least one piece, stripped, none of them blank; of a blank text, none.
    """
    return [piece.strip() for piece in _ENDS.split(text) if piece.strip()]
