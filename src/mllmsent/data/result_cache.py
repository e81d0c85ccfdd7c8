"""Results of long computations, kept between runs under a digest of all that they depend on.

A cache that cannot be read or written is as good as none: whoever asks computes again.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.data.cache_folder import cache_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["ResultCache"]

_MOST_AT_ONCE = 500
"""Parameters of one statement."""

_TABLE = "CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, result BLOB NOT NULL)"


@dataclass(frozen=True, slots=True)
class ResultCache:
    """A file of results in the cache folder.

    Attributes:
        name: Name of the file, without an ending.
    """

    name: str

    def get_many(self, keys: Iterable[str]) -> dict[str, bytes]:
        """Key to result, for the keys that have one."""
        wanted = list(dict.fromkeys(keys))
        found: dict[str, bytes] = {}
        with suppress(sqlite3.Error, OSError), closing(self._open()) as cache:
            for start in range(0, len(wanted), _MOST_AT_ONCE):
                part = wanted[start : start + _MOST_AT_ONCE]
                marks = ",".join("?" * len(part))
                rows = cache.execute(
                    f"SELECT key, result FROM results WHERE key IN ({marks})",  # noqa: S608 - question marks only
                    part,
                )
                found |= {key: bytes(result) for key, result in rows}
        return found

    def put_many(self, results: Mapping[str, bytes]) -> None:
        """Keep results by key."""
        with suppress(sqlite3.Error, OSError), closing(self._open()) as cache, cache:
            cache.executemany("INSERT OR REPLACE INTO results VALUES (?, ?)", results.items())

    def _open(self) -> sqlite3.Connection:
        folder = cache_folder()
        folder.mkdir(parents=True, exist_ok=True)
        cache = sqlite3.connect(folder / f"{self.name}.sqlite", timeout=10)
        cache.execute("PRAGMA journal_mode=WAL")
        cache.execute(_TABLE)
        return cache
