"""Telling how far long work has come, to whoever wants to know.

What takes long lies deep (the vectors of a classifier of a fusion, in a fold), and who shows it far
above. `watching` says who is told, for whatever happens inside; without it nobody is.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["WorkObserver", "report_work", "watching"]


class WorkObserver(Protocol):
    """Is told of work."""

    def begins(self, what: str, total: int) -> None:
        """Work of `total` steps begins: "Sentence vectors"."""
        ...

    def advances(self, what: str, steps: int) -> None:
        """So many more steps are done."""
        ...

    def ends(self, what: str) -> None:
        """It is over, whether or not every step was done."""
        ...


_OBSERVER: ContextVar[WorkObserver | None] = ContextVar("work observer", default=None)


@contextmanager
def watching(observer: WorkObserver) -> Iterator[None]:
    """Tell `observer` of the work that is done inside."""
    token = _OBSERVER.set(observer)
    try:
        yield
    finally:
        _OBSERVER.reset(token)


@contextmanager
def report_work(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Work that is reported.

    Args:
        what: What is done, for people: "Sentence vectors".
        total: Its steps.

    Yields:
        What to call with the number of steps just done.
    """
    observer = _OBSERVER.get()
    if observer is None or not total:
        yield lambda _: None
        return
    observer.begins(what, total)
    try:
        yield lambda steps: observer.advances(what, steps)
    finally:
        observer.ends(what)
