"""Painting a dataset in shares, each in a process of its own where there are many pictures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mllmsent.dioramas.painting import paint_all
from mllmsent.foundation import MllmsentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from mllmsent.dioramas.recipe import Recipe
    from mllmsent.dioramas.sampling import Diorama

__all__ = ["paint_dataset"]

_SERIAL_BELOW = 24
"""Fewer pictures are painted before a process has begun."""


def paint_dataset(
    out: Path,
    recipe: Recipe,
    dioramas: Sequence[Diorama],
    *,
    progress: Callable[[int], None],
    workers: int | None,
) -> dict[str, list[dict[str, Any]]]:
    """Draw pictures and masks, in processes of their own where there are many.

    Args:
        out: The dataset's folder, with its two folders for files made.
        recipe: What the dataset is made of.
        dioramas: Its dioramas.
        progress: Called with the number of pictures drawn so far.
        workers: Drawing processes; by default one per processor.

    Returns:
        Item to its elements; see `paint_all`.

    Raises:
        MllmsentError: If a process failed.
    """
    count = workers or _processors()
    elements: dict[str, list[dict[str, Any]]] = {}
    if recipe.n < _SERIAL_BELOW or count == 1:
        painted = paint_all(out, dioramas, size=recipe.size)
        for done, (item_id, parts) in enumerate(painted, start=1):
            elements[item_id] = parts
            progress(done)
        return elements
    # A process per share, started as a module: nothing of the caller's program is run again, as
    # a pool of processes would need.
    processes = [
        subprocess.Popen(  # noqa: S603 - our own interpreter and module, a checked recipe as argument
            [
                sys.executable,
                "-m",
                "mllmsent.dioramas.painting_process",
                str(out),
                json.dumps(asdict(recipe)),
                str(share),
                str(count),
            ],
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        for share in range(count)
    ]
    try:
        for line in _interleaved(processes):
            item_id, parts = json.loads(line)
            elements[item_id] = parts
            progress(len(elements))
        if any(process.wait() for process in processes) or len(elements) != recipe.n:
            raise MllmsentError("Drawing the dioramas failed; what went wrong is printed above.")
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
    return elements


def _interleaved(processes: Sequence[subprocess.Popen[str]]) -> Iterable[str]:
    """Lines of all processes in turn: their shares are alike, so none waits long."""
    waiting = list(processes)
    while waiting:
        for process in list(waiting):
            assert process.stdout is not None
            line = process.stdout.readline()
            if line:
                yield line
            else:
                waiting.remove(process)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1
