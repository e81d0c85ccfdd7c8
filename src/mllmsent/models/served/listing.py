"""The names of a server's models, asked for once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["Listing"]


@dataclass(eq=False)
class Listing:
    """The names of a server's models.

    Args:
        ask: Asks the server.
    """

    ask: Callable[[], Awaitable[tuple[str, ...]]]
    _asked: asyncio.Task[tuple[str, ...]] | None = field(default=None, init=False)

    async def names(self) -> tuple[str, ...]:
        """The names; empty where it does not tell. However many want them at once, it is asked once."""
        if self._asked is None:
            self._asked = asyncio.create_task(self._ask())
        return await asyncio.shield(self._asked)

    async def _ask(self) -> tuple[str, ...]:
        try:
            return await self.ask()
        except Exception:  # noqa: BLE001 - it is only for a better message
            return ()
