"""Files that are handed in for batches, and those that batches come back in."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from mllmsent.loopback.wire import WireError

if TYPE_CHECKING:
    from mllmsent.loopback.batches.store import Store

__all__ = ["KeptFile", "content_of", "find_file", "keep_file"]


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file.

    Attributes:
        identifier: What it is asked for by.
        provider: Whose it is.
        name: What its owner calls it.
        purpose: What it is for.
        media_type: What it says it is.
        size: Its bytes.
        sha256: Digest of its content.
        created: When it came, in seconds since the epoch.
    """

    identifier: str
    provider: str
    name: str
    purpose: str
    media_type: str
    size: int
    sha256: str
    created: float


def keep_file(
    store: Store,
    content: bytes,
    *,
    identifier: str,
    provider: str,
    name: str,
    purpose: str,
    created: float,
    media_type: str = "application/jsonl",
) -> KeptFile:
    """Keep a file; the arguments are the attributes of `KeptFile`."""
    digest = hashlib.sha256(content).hexdigest()
    file = KeptFile(identifier, provider, name, purpose, media_type, len(content), digest, created)
    store.put(f"{identifier}.content", content)
    store.put_json(f"{identifier}.file", asdict(file))
    return file


def find_file(store: Store, provider: str, identifier: str) -> KeptFile:
    """A file.

    Raises:
        WireError: If the provider has none of that name.
    """
    kept = store.get_json(f"{identifier}.file")
    if kept is None or kept["provider"] != provider:
        raise WireError("not_found", f"No such File object: {identifier}", param="id")
    return KeptFile(**kept)


def content_of(store: Store, file: KeptFile) -> bytes:
    """What is in a file."""
    return store.get(f"{file.identifier}.content") or b""
