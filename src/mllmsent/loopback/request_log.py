"""Who asked what, and what became of it: the loopback server's memory."""

from __future__ import annotations

import json
import threading
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.digest import json_digest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["LoggedRequest", "RequestLog", "content_key", "read_log"]


def content_key(payload: Mapping[str, Any]) -> str:
    """What is asked, as 64 hexadecimal digits: the digest of a request's JSON body."""
    return json_digest(dict(payload))


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request that arrived, written down before it is answered.

    Attributes:
        number: Which one it was, from 0.
        time: Seconds since the epoch.
        key: What was asked (`content_key`).
        asked_before: How often the same was asked before.
        retry: Which retry the client says it is, from 0 (`x-stainless-retry-count`).
        model: The model asked for.
        text: The conversation's text.
        images: SHA-256 of each image's bytes, in order.
        parameters: The body's other members, the conversation and `model` left out.
        fault: The fault that befalls it, `over_limit` where it comes too soon; empty for none.
        status: HTTP status of the response; 0 where the connection is dropped instead.
        protocol: The protocol it came in, `openai-chat`.
        batch: The batch that it came in; empty for none.
    """

    number: int
    time: float
    key: str
    asked_before: int
    retry: int
    model: str
    text: str
    images: tuple[str, ...]
    parameters: Mapping[str, Any]
    fault: str
    status: int
    protocol: str = "openai-chat"
    batch: str = ""


class RequestLog:
    """Requests in the order of their arrival, in memory and, if wanted, as JSON lines.

    Safe to read from another thread than the server's.

    Args:
        path: File to which each request is appended when it arrives.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._entries: list[LoggedRequest] = []
        self._asked: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def entries(self) -> tuple[LoggedRequest, ...]:
        """Everything that arrived so far."""
        with self._lock:
            return tuple(self._entries)

    @property
    def asked(self) -> Counter[str]:
        """How often each question arrived, by `content_key`."""
        with self._lock:
            return Counter(self._asked)

    def asked_before(self, key: str) -> int:
        """How often a question arrived so far."""
        with self._lock:
            return self._asked[key]

    def add(self, entry: LoggedRequest) -> None:
        """Write down a request."""
        with self._lock:
            self._entries.append(entry)
            self._asked[entry.key] += 1
            if self._path is not None:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(entry), ensure_ascii=False) + "\n")


def read_log(path: Path) -> tuple[LoggedRequest, ...]:
    """What a server wrote down; a last line that is still being written is left out."""
    if not path.exists():
        return ()
    entries = []
    for line in path.read_text(encoding="utf-8").split("\n")[:-1]:
        values = json.loads(line)
        entries.append(LoggedRequest(**(values | {"images": tuple(values["images"])})))
    return tuple(entries)
