"""What inspecting images found, kept between runs: thousands of photographs take a minute to decode.

A file is known again by its path, size and time of change; all three are only in a digest, so the
cache holds no names. It is never the last word: an image's bytes are held against the digest that
stands here when they are sent, and a file that was changed behind its time is refused there. A cache
that cannot be read or written is as good as none.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import asdict
from typing import TYPE_CHECKING

from mllmsent.data.cache_folder import cache_folder
from mllmsent.data.images import MAX_PIXELS, ImageFault, ImageInfo
from mllmsent.foundation.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["file_key", "known_images", "remember_images"]

_SETTLED_S = 5.0  # a file younger than this may still be written to within its clock's tick
_MOST_AT_ONCE = 500  # parameters of one statement
_TABLE = "CREATE TABLE IF NOT EXISTS images (key TEXT PRIMARY KEY, info TEXT NOT NULL)"


def file_key(path: Path) -> str | None:
    """What a file is known by; None where it is absent or was changed just now."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    if time.time() - status.st_mtime < _SETTLED_S:
        return None
    # A later version of the package may find more, and say it in other words.
    known = [__version__, MAX_PIXELS, str(path), status.st_size, status.st_mtime_ns]
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()


def known_images(keys: Iterable[str]) -> dict[str, ImageInfo]:
    """What is known of files, by `file_key`."""
    wanted = list(keys)
    found: dict[str, ImageInfo] = {}
    with suppress(sqlite3.Error, OSError), closing(_open()) as cache:
        for start in range(0, len(wanted), _MOST_AT_ONCE):
            part = wanted[start : start + _MOST_AT_ONCE]
            marks = ",".join("?" * len(part))
            rows = cache.execute(f"SELECT key, info FROM images WHERE key IN ({marks})", part)  # noqa: S608 - question marks only
            for key, info in rows:
                with suppress(ValueError, TypeError, KeyError):
                    found[key] = _info(json.loads(info))
    return found


def remember_images(infos: Mapping[str, ImageInfo]) -> None:
    """Keep what was found of files, by `file_key`."""
    rows = [(key, json.dumps(asdict(info))) for key, info in infos.items()]
    with suppress(sqlite3.Error, OSError), closing(_open()) as cache, cache:
        cache.executemany("INSERT OR REPLACE INTO images VALUES (?, ?)", rows)


def _open() -> sqlite3.Connection:
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    cache = sqlite3.connect(folder / "images.sqlite", timeout=10)
    cache.execute("PRAGMA journal_mode=WAL")
    cache.execute(_TABLE)
    return cache


def _info(stored: dict[str, object]) -> ImageInfo:
    faults = stored.pop("faults")
    assert isinstance(faults, list)
    return ImageInfo(**stored, faults=tuple(ImageFault(**fault) for fault in faults))  # type: ignore[arg-type]
