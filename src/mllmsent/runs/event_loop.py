"""Running asynchronous work to its end, from a script and from a notebook alike."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine

__all__ = ["to_the_end"]


def to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Run `work`; where an event loop runs already, as in a notebook, in another thread.

    Raises:
        KeyboardInterrupt: If the user stopped it; `work` was cancelled and has ended by then.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(work)
        return
    begun: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[None]]] = []

    async def noted() -> None:
        task = asyncio.current_task()
        assert task is not None, "asyncio.run made one"
        begun.append((asyncio.get_running_loop(), task))
        await work

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(asyncio.run, noted())
        try:
            done.result()
        except KeyboardInterrupt:
            for loop, task in begun:
                loop.call_soon_threadsafe(task.cancel)
            raise  # leaving the pool waits for the thread
