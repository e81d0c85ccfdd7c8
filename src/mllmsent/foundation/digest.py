"""Digests: what makes two files, or two pieces of configuration, the same."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["canonical_json", "file_sha256", "json_digest"]


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def canonical_json(value: Any) -> str:
    """The one JSON text of `value`: keys sorted, no spaces, no NaN.

    Raises:
        TypeError: If `value` holds something JSON does not know.
        ValueError: If `value` holds NaN or infinity.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def json_digest(value: Any, *, length: int = 64) -> str:
    """SHA-256 of the canonical JSON of `value`, cut to `length` hexadecimal digits."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:length]
