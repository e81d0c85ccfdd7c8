"""Where things are kept that can be made again: `$MLLMSENT_CACHE`, or `~/.cache/mllmsent`."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["cache_folder"]


def cache_folder() -> Path:
    """The folder; it may not exist yet."""
    given = os.environ.get("MLLMSENT_CACHE")
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mllmsent"
