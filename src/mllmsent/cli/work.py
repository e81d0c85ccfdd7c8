"""Long work as bars on standard error, or a line now and then where there is no terminal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from rich.console import Console, RenderableType
    from rich.progress import Progress, TaskID

__all__ = ["WorkBars"]

_LINE_EVERY_S = 10.0


class WorkBars:
    """Shows how far work has come: an observer for `foundation.work.watching`.

    Entered, it shows itself; else it is shown as a part of something that is (`__rich__`).

    Args:
        console: Where to show it; by default on standard error, as standard output is for results.
    """

    def __init__(self, console: Console | None = None) -> None:
        import rich.console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        self._console = console or rich.console.Console(stderr=True)
        self._progress: Progress | None = None
        if self._console.is_terminal:
            self._progress = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                console=self._console,
                transient=True,
            )
        self._tasks: dict[str, TaskID] = {}
        self._counts: dict[str, list[int]] = {}
        self._last_line = time.monotonic()

    def __rich__(self) -> RenderableType:
        """The bars of what is under way."""
        return self._progress or ""

    def __enter__(self) -> Self:
        if self._progress is not None:
            self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def begins(self, what: str, total: int) -> None:
        """See `WorkObserver`."""
        self._counts[what] = [0, total]
        self._last_line = time.monotonic()
        if self._progress is not None:
            self._tasks[what] = self._progress.add_task(what, total=total)

    def advances(self, what: str, steps: int) -> None:
        """See `WorkObserver`."""
        self._counts[what][0] += steps
        if self._progress is not None:
            self._progress.advance(self._tasks[what], steps)
        elif time.monotonic() - self._last_line > _LINE_EVERY_S:
            self._last_line = time.monotonic()
            done, total = self._counts[what]
            self._console.print(f"{what}: {done:,} of {total:,}", markup=False, highlight=False)

    def ends(self, what: str) -> None:
        """See `WorkObserver`."""
        if self._progress is not None:
            self._progress.remove_task(self._tasks.pop(what))
