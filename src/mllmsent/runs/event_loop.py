"""Running asynchronous work to its end, from a script and from a notebook alike, or stopping it."""

from __future__ import annotations

import asyncio
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from types import FrameType

__all__ = ["stopped_by_sigterm", "to_the_end"]


@contextmanager
def stopped_by_sigterm() -> Iterator[None]:
    """Let SIGTERM, with which schedulers and `kill` end a program, stop the work as Ctrl-C does.

    Where the program handles SIGTERM itself, and outside its main thread, nothing changes.
    """
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _interrupt(_signal: int, frame: FrameType | None) -> None:
    # What Ctrl-C would do now: a running event loop has its own way of stopping.
    handler = signal.getsignal(signal.SIGINT)
    if callable(handler):
        handler(signal.SIGINT, frame)
    else:  # shells let the jobs they start in the background ignore Ctrl-C
        raise KeyboardInterrupt


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
