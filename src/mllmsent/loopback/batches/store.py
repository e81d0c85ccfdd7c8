"""What a loopback server keeps beyond a request: batches, and files that were handed in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Store"]


class Store:
    """Named bytes, in memory or in a folder, where the next server finds them again.

    Args:
        folder: Where they are kept; None for in memory alone.

    Raises:
        InputError: If there can be no such folder.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._kept: dict[str, bytes] = {}
        if folder is not None:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise InputError(
                    f"Batches cannot be kept in {folder}: {error.strerror or error}.",
                    cure="Name a folder that can be written to.",
                ) from None
            for path in sorted(folder.glob("*.kept")):
                self._kept[path.stem] = path.read_bytes()

    def put(self, name: str, value: bytes) -> None:
        """Keep something, in the place of what had its name.

        Args:
            name: Letters, digits, dashes, underscores and dots; never what a caller chose.
            value: What is kept.
        """
        self._kept[name] = value
        if self._folder is not None:
            partial = self._folder / f"{name}.partial"
            partial.write_bytes(value)
            partial.replace(self._folder / f"{name}.kept")

    def get(self, name: str) -> bytes | None:
        """What has a name; None for nothing."""
        return self._kept.get(name)

    def put_json(self, name: str, value: Any) -> None:
        """Keep a value as JSON."""
        self.put(name, json.dumps(value, ensure_ascii=False).encode())

    def get_json(self, name: str) -> Any:
        """The value of that name; None for nothing."""
        kept = self.get(name)
        return None if kept is None else json.loads(kept)

    def remove(self, name: str) -> None:
        """Forget something; nothing happens where there is nothing."""
        self._kept.pop(name, None)
        if self._folder is not None:
            (self._folder / f"{name}.kept").unlink(missing_ok=True)

    def names(self, ending: str) -> list[str]:
        """The names that end so, in the order in which they were first kept in this server."""
        return [name for name in self._kept if name.endswith(ending)]
