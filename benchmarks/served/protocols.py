"""The three protocols: who is asked by which name, where, and by which bare loop."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from benchmarks.served.bare import anthropic_messages, bare_loop, google, openai_chat
from benchmarks.served.ours import adapter, executor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from benchmarks.served.bare import Connect, Transport

    from mllmsent.data.images import ImageRef
    from mllmsent.loopback import LoopbackServer

__all__ = ["BARE", "CONTENDERS", "PROTOCOLS", "Contender", "ServedProtocol"]

Contender: TypeAlias = "Callable[[str, list[ImageRef], int], Awaitable[int]]"
"""Asks an address about images, so many at once; gives how many answers are right."""

BARE = "bare SDK"
"""Whom everybody is held against."""

_BARE: dict[Transport, str] = {
    "default": BARE,
    "aiohttp": "bare SDK on aiohttp",
    "httpx 0.28": "bare SDK on httpx 0.28",
}
CONTENDERS = (
    BARE,
    "bare SDK on aiohttp",
    "mllmsent adapter",
    "mllmsent executor",
    "bare SDK on httpx 0.28",
)
"""The last one, the transport of earlier SDKs, is run on request only."""


@dataclass(frozen=True)
class ServedProtocol:
    """A protocol as it is measured.

    Attributes:
        model: Name of a model that is asked in it.
        sdk: Name of the official SDK's distribution.
        url: Where a test server speaks it.
        connect: The bare SDK's client.
        transports: What that can send with.
    """

    model: str
    sdk: str
    url: Callable[[LoopbackServer], str]
    connect: Connect

    transports: tuple[Transport, ...] = ("default",)

    @property
    def contenders(self) -> Mapping[str, Contender]:
        """Who asks in it, by name: some of `CONTENDERS`."""
        bare = {
            _BARE[transport]: functools.partial(bare_loop, self.connect, transport=transport)
            for transport in self.transports
        }
        return bare | {
            "mllmsent adapter": functools.partial(adapter, self.model),
            "mllmsent executor": functools.partial(executor, self.model),
        }


_ANY: tuple[Transport, ...] = ("default", "aiohttp", "httpx 0.28")

PROTOCOLS = {
    "openai": ServedProtocol(
        "openai/benchmark", "openai", lambda server: server.url, openai_chat, _ANY
    ),
    "anthropic": ServedProtocol(
        "anthropic/benchmark",
        "anthropic",
        lambda server: server.anthropic_url,
        anthropic_messages,
        _ANY,
    ),
    # Its SDK takes aiohttp by itself where that is installed.
    "google": ServedProtocol(
        "google/benchmark", "google-genai", lambda server: server.google_url, google
    ),
}
