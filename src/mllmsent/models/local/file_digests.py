"""SHA-256 of large files, each computed once: sixteen gigabytes of weights take half a minute."""

from __future__ import annotations

import contextlib
import json
import os
import re
from typing import TYPE_CHECKING, Any

from mllmsent.data.cache_folder import cache_folder
from mllmsent.foundation.digest import file_sha256

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["remembered_sha256"]

_SMALL = 1_000_000
_FILE = "weights.json"
_SHA256 = re.compile(r"[0-9a-f]{64}")


def remembered_sha256(path: Path) -> str:
    """SHA-256 of a file, as 64 hexadecimal digits.

    That of a large file is remembered in `weights.json` of the cache folder, by its path, size and
    time of change. Files of the Hugging Face cache are named by theirs, and are not read at all.
    """
    real = path.resolve()
    if real.parent.name == "blobs" and _SHA256.fullmatch(real.name):
        return real.name
    stat = real.stat()
    if stat.st_size < _SMALL:
        return file_sha256(real)
    state = [stat.st_size, stat.st_mtime_ns]
    known = _remembered().get(str(real))
    if isinstance(known, list) and known[:2] == state and _SHA256.fullmatch(str(known[-1])):
        return str(known[-1])
    digest = file_sha256(real)
    _remember(str(real), [*state, digest])
    return digest


def _remembered() -> dict[str, Any]:
    # Whatever is wrong with it, it can be made again.
    try:
        kept = json.loads((cache_folder() / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _remember(path: str, entry: list[Any]) -> None:
    with contextlib.suppress(OSError):  # a read-only home costs time, not the study
        folder = cache_folder()
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f"{_FILE}.{os.getpid()}"
        partial.write_text(json.dumps(_remembered() | {path: entry}), encoding="utf-8")
        partial.replace(folder / _FILE)
