"""The three protocols: who is asked by which name, where, and by which bare loop."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from benchmarks.served.bare import anthropic_messages, bare_loop, google, openai_chat
from benchmarks.served.ours import adapter, executor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from benchmarks.served.bare import Connect

    from mllmsent.data.images import ImageRef
    from mllmsent.loopback import LoopbackServer

__all__ = ["BARE", "CONTENDERS", "PROTOCOLS", "Contender", "ServedProtocol"]

Contender: TypeAlias = "Callable[[str, list[ImageRef], int], Awaitable[int]]"
"""Asks an address about images, so many at once; gives how many answers are right."""

BARE = "bare SDK"
"""Whom everybody is held against."""

CONTENDERS = (
    BARE,
    "bare SDK on aiohttp",
    "mllmsent adapter",
    "mllmsent executor",
    "bare SDK on httpx 0.28",
)
"""The last one, the transport of earlier SDKs, is run on request only; Google's SDK has it not."""


@dataclass(frozen=True)
class ServedProtocol:
    """A protocol as it is measured.

    Attributes:
        model: Name of a model that is asked in it.
        sdk: Name of the official SDK's distribution.
        url: Where a test server speaks it.
        connect: The bare SDK's client.
    """

    model: str
    sdk: str
    url: Callable[[LoopbackServer], str]
    connect: Connect

    def contender(self, name: str) -> Contender:
        """Somebody who asks in it; one of `CONTENDERS`."""
        found: Mapping[str, Contender] = {
            BARE: functools.partial(bare_loop, self.connect, transport="default"),
            "bare SDK on aiohttp": functools.partial(bare_loop, self.connect, transport="aiohttp"),
            "mllmsent adapter": functools.partial(adapter, self.model),
            "mllmsent executor": functools.partial(executor, self.model),
            "bare SDK on httpx 0.28": functools.partial(
                bare_loop, self.connect, transport="httpx 0.28"
            ),
        }
        return found[name]


PROTOCOLS = {
    "openai": ServedProtocol("openai/benchmark", "openai", lambda server: server.url, openai_chat),
    "anthropic": ServedProtocol(
        "anthropic/benchmark", "anthropic", lambda server: server.anthropic_url, anthropic_messages
    ),
    "google": ServedProtocol(
        "google/benchmark", "google-genai", lambda server: server.google_url, google
    ),
}
