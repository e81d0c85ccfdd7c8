"""Words from models, datasets and files as a page may hold them.

Escaping is the template engine's work. What is done here is the rest of what hostile or broken text
can do to a page: control characters, half characters that no encoder takes, marks that turn the
direction of the text around them, and a megabyte where a sentence was asked for.
"""

from __future__ import annotations

import re

__all__ = ["clean", "excerpt"]

_BREAKS = re.compile("\r\n?|[\u0085\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# C1 controls, half characters, and code points that are no characters.
_BROKEN = re.compile("[\x80-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """Text without what harms a page; what was there is shown where it can be.

    Line breaks become line feeds, controls their Unicode pictures (NUL is shown as "␀"), half characters
    the replacement character; marks that override the direction of text are dropped, since an
    answer must not be able to write over its neighbors.
    """
    text = _BREAKS.sub("\n", text)
    text = _CONTROLS.sub(_picture, text)
    text = _BROKEN.sub("\N{REPLACEMENT CHARACTER}", text)
    return _OVERRIDES.sub("", text)


def excerpt(text: str, limit: int = 600, end: int = 0) -> str:
    """The beginning of a text (and its end), cleaned, and how long it was where it is cut.

    Args:
        text: Any text, of any length.
        limit: At most this many characters are kept.
        end: Of them, so many from the end, where verdicts stand.
    """
    text = text.strip("\r\n")
    if len(text) <= limit:
        return clean(text)
    start = clean(text[: limit - end]).strip()
    last = f" {clean(text[-end:]).strip()}" if end else ""
    return f"{start} …{last} ({len(text):,} characters in all)"


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    return chr(0x2421 if code == 0x7F else 0x2400 + code)
