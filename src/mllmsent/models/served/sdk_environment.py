"""What an SDK reads from the environment by itself, and where that may not go.

OpenAI's SDK sends `OPENAI_ORG_ID`, `OPENAI_PROJECT_ID` and the headers in `OPENAI_CUSTOM_HEADERS` to
whatever address it is given, Anthropic's those in `ANTHROPIC_CUSTOM_HEADERS`. Headers for a gateway may
be credentials, and a study names any address: they go where the provider itself is asked, or where the
user's environment says that it is, and nowhere else. Keys and tokens need no care here, since a key that
is said explicitly goes before them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["withheld_headers"]

_CUSTOM_HEADERS = {"openai": "OPENAI_CUSTOM_HEADERS", "anthropic": "ANTHROPIC_CUSTOM_HEADERS"}
_OWN_HEADERS = {"openai": ("OpenAI-Organization", "OpenAI-Project"), "anthropic": ()}
_OF_THE_PROTOCOL = frozenset({"accept", "anthropic-version", "content-type"})
"""No request goes without these, and none of them says who asks."""


def withheld_headers(sdk: ModuleType, key: str) -> dict[str, Any]:
    """Headers to give a client as its own, so that none of the environment goes out.

    Args:
        sdk: The SDK's package.
        key: What is sent as the key.
    """
    lines = os.environ.get(_CUSTOM_HEADERS[sdk.__name__], "").split("\n")
    named = [name.strip() for name, colon, _ in (line.partition(":") for line in lines) if colon]
    withheld = {*named, *_OWN_HEADERS[sdk.__name__]}
    return {
        # Left out, it would take the key with it.
        name: f"Bearer {key}" if name.lower() == "authorization" else sdk.Omit()
        for name in sorted(withheld)
        if name.lower() not in _OF_THE_PROTOCOL
    }
