"""Keeping other processes out of what one does at a time."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["locked"]


@contextmanager
def locked(path: Path) -> Iterator[bool]:
    """Lock a folder, or a file that is made where absent, for as long as the context lasts.

    The lock goes with the process, whatever ends it. Where the system or the file system has no
    locks, there is none.

    Args:
        path: What is locked.

    Yields:
        Whether it could be had; False where another process has it.
    """
    if sys.platform == "win32":
        yield True
        return
    import fcntl  # noqa: PLC0415 - not on every system

    how = os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT
    descriptor, is_ours = os.open(path, how, 0o644), True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        is_ours = False
    except OSError:
        pass  # a file system without locks
    try:
        yield is_ours
    finally:
        os.close(descriptor)
