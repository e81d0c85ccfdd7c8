"""Keys taken out of foreign texts, in whatever dress they come back.

A server may say a key back: in an error, in the model's name, even as its answer. As it is, quoted
for URLs, in base64 or hexadecimal digits, split over lines, or in part.
"""

from __future__ import annotations

import base64
import functools
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mllmsent.models.interface import Response

__all__ = ["REDACTED", "response_without", "without_secrets"]

REDACTED = "[key]"
_WINDOW = 12
"""So many characters of a secret in a row are a part of it, and no accident."""
_JUNK = re.compile(r"\\[nrt]|[^\x21-\x7e]")
"""What a secret may be split with: white space, also as JSON escapes it, and invisible characters."""


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """A text in which each secret, or a part of 12 characters of one, is `[key]`.

    Secrets of fewer than 12 characters stay: they may be words ("none", "EMPTY"), and an answer
    must not lose a word to a key.

    Args:
        text: Anything.
        secrets: Keys and passwords.
    """
    parts = frozenset[str]().union(*map(_parts, secrets))
    squeezed = _JUNK.sub("", text)
    found = [
        at for at in range(len(squeezed) - _WINDOW + 1) if squeezed[at : at + _WINDOW] in parts
    ]
    if not found:
        return text
    places = list(_places(text))
    runs: list[tuple[int, int]] = []
    for at in found:
        first, last = places[at], places[at + _WINDOW - 1] + 1
        if runs and first <= runs[-1][1]:
            runs[-1] = (runs[-1][0], last)
        else:
            runs.append((first, last))
    for first, last in reversed(runs):
        text = text[:first] + REDACTED + text[last:]
    return text


def response_without(response: Response, secrets: Iterable[str]) -> Response:
    """A response in which no text holds a secret.

    Args:
        response: As the server gave it.
        secrets: Keys and passwords.
    """
    secrets = [secret for secret in secrets if secret]
    if not secrets:
        return response
    names = ("text", "reasoning", "stop_reason", "reported_model", "error")
    told = {name: getattr(response, name) for name in names}
    clean = {name: without_secrets(said, secrets) for name, said in told.items() if said}
    return replace(response, **clean)  # type: ignore[arg-type] # texts, all of them


@functools.lru_cache(maxsize=16)
def _parts(secret: str) -> frozenset[str]:
    """Every part of a secret, in whatever dress, that must not be said."""
    if len(secret) < _WINDOW:
        return frozenset()
    return frozenset(
        form[start : start + _WINDOW]
        for form in (_JUNK.sub("", form) for form in _forms(secret))
        for start in range(len(form) - _WINDOW + 1)
    )


def _forms(secret: str) -> Iterator[str]:
    """What a secret may look like."""
    data = secret.encode("utf-8", "replace")
    yield secret
    yield quote(secret, safe="")
    yield json.dumps(secret)[1:-1]
    yield data.hex()
    yield data.hex().upper()
    # Inside a larger text its base64 depends on where it begins, and the characters at both ends on
    # what stands beside it: those are left out.
    for before, skipped in ((0, 0), (1, 2), (2, 3)):
        code = base64.b64encode(bytes(before) + data).decode().rstrip("=")[skipped:-1]
        yield code
        yield code.replace("+", "-").replace("/", "_")


def _places(text: str) -> Iterator[int]:
    """Where the characters stand that are left when a text is squeezed."""
    end = 0
    for junk in _JUNK.finditer(text):
        yield from range(end, junk.start())
        end = junk.end()
    yield from range(end, len(text))
