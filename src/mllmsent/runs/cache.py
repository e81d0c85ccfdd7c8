"""The cache of answers: what was asked once is never asked, or paid for, again.

A SQLite file in WAL mode, keyed by what was truly sent (`Request.key`). An answer counts as done
only once it is committed: `put` returns after the commit has reached the disk. One writer thread
gathers whatever has arrived meanwhile into one transaction, so that a hundred answers at once cost
one commit and not a hundred. A crash at any moment loses at most what was in flight. What is in batches
at a provider stands in the same file: `batch_ledger.py`.
"""

from __future__ import annotations

import asyncio
import json
import queue
import sqlite3
import threading
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.errors import InputError
from mllmsent.models.interface import Response

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

__all__ = ["Answer", "AnswerCache"]

_VERSION = 2
"""The newest format that is read: 1 has answers, 2 the book of batches beside them."""

_INSERT = "INSERT OR IGNORE INTO answers VALUES (?, ?, ?)"
_FIELDS = {field.name for field in fields(Response)}
_DEFAULTS = asdict(Response(status="ok"))


@dataclass(frozen=True, slots=True)
class Answer:
    """A committed response.

    Attributes:
        response: What came back.
        created_at: When it was committed, UTC.
    """

    response: Response
    created_at: datetime


@dataclass(frozen=True, slots=True)
class _Write:
    rows: list[tuple[str, str, str]]
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[None]


class AnswerCache:
    """Answers on disk, by request key.

    Args:
        path: The SQLite file; made with its folder where absent.

    Raises:
        InputError: If the file is not such a cache, or was written by a newer version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"The folder of the answer cache cannot be made: {error.strerror}.",
                file=path.parent,
                cure="Name a file that can be written with --cache.",
            ) from None
        self._reader = self._connect()
        self._writes: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        # Opened here, so that what is wrong with the file is told to whoever opens it.
        self._thread = threading.Thread(
            target=self._write_all, args=(self._connect(),), name="answer-cache", daemon=True
        )
        self._thread.start()

    def get_many(self, keys: Iterable[str]) -> dict[str, Answer]:
        """The committed answers among `keys`."""
        found: dict[str, Answer] = {}
        wanted = list(dict.fromkeys(keys))
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            marks = ",".join("?" * len(part))
            rows = self._reader.execute(
                f"SELECT key, response, created_at FROM answers WHERE key IN ({marks})",  # noqa: S608 - only question marks are formatted in
                part,
            )
            for key, text, created_at in rows:
                found[key] = Answer(_decode(text), datetime.fromisoformat(created_at))
        return found

    def known(self, keys: Iterable[str]) -> set[str]:
        """Which of `keys` have an answer, without reading the answers."""
        wanted = list(dict.fromkeys(keys))
        known: set[str] = set()
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            marks = ",".join("?" * len(part))
            rows = self._reader.execute(
                f"SELECT key FROM answers WHERE key IN ({marks})",  # noqa: S608 - see get_many
                part,
            )
            known.update(key for (key,) in rows)
        return known

    def count(self) -> int:
        """How many answers are committed."""
        return int(self._reader.execute("SELECT COUNT(*) FROM answers").fetchone()[0])

    def everything(self) -> Iterator[Answer]:
        """Every committed answer, one at a time."""
        for text, created_at in self._reader.execute("SELECT response, created_at FROM answers"):
            yield Answer(_decode(text), datetime.fromisoformat(created_at))

    async def put(self, responses: Mapping[str, Response]) -> None:
        """Commit responses; returns once they are on disk.

        Args:
            responses: Request key to response; only answers ("ok", "refused") belong here.
        """
        loop = asyncio.get_running_loop()
        now = datetime.now(UTC).isoformat()
        rows = [(key, _encode(response), now) for key, response in responses.items()]
        done: asyncio.Future[None] = loop.create_future()
        self._writes.put(_Write(rows, loop, done))
        await done

    def add(self, answers: Mapping[str, Answer]) -> int:
        """Commit answers had elsewhere, such as a moved run's, that are not here yet.

        Returns:
            How many were new.
        """
        known = self.known(answers)
        rows = [
            (key, _encode(answer.response), answer.created_at.isoformat())
            for key, answer in answers.items()
            if key not in known
        ]
        if not rows:
            return 0  # a cache that can only be read is still good to read from
        try:
            with self._reader:
                self._reader.executemany(_INSERT, rows)
        except sqlite3.Error as error:
            raise self._unwritable(error) from None
        return len(rows)

    def close(self) -> None:
        """Commit what is still waiting, and let go of the file."""
        self._writes.put(None)
        self._thread.join()
        self._reader.close()

    def _connect(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(self.path, timeout=30, check_same_thread=False)
            connection.execute("PRAGMA journal_mode=WAL")
            # FULL: an answer that was paid for survives a power cut, not only a crash.
            connection.execute("PRAGMA synchronous=FULL")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > _VERSION:
                raise InputError(
                    f"This answer cache has format {version}; this version reads {_VERSION}.",
                    file=self.path,
                    cure="Update mllmsent, or name another file with --cache.",
                )
            if version < 1:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute(
                    "CREATE TABLE IF NOT EXISTS answers "
                    "(key TEXT PRIMARY KEY, response TEXT NOT NULL, created_at TEXT NOT NULL) "
                    "WITHOUT ROWID"
                )
                connection.execute("PRAGMA user_version=1")
                connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise InputError(
                f"This cannot be used as the answer cache: {error}.",
                file=self.path,
                cure="Move the file away, or name another one with --cache.",
            ) from None
        return connection

    def _unwritable(self, error: Exception) -> InputError:
        return InputError(
            f"Answers cannot be written: {error}.",
            file=self.path,
            cure="Is the disk full? What was committed before is safe; run again.",
        )

    def _write_all(self, connection: sqlite3.Connection) -> None:
        while True:
            first = self._writes.get()
            if first is None:
                break
            batch = [first]
            last = False
            while not self._writes.empty():
                more = self._writes.get()
                if more is None:
                    last = True
                    break
                batch.append(more)
            error: Exception | None = None
            try:
                with connection:
                    connection.executemany(_INSERT, [row for write in batch for row in write.rows])
            except Exception as caught:  # noqa: BLE001 - a dead writer would leave askers waiting
                error = self._unwritable(caught)
            _tell(batch, error)
            if last:
                break
        connection.close()


def _tell(batch: list[_Write], error: Exception | None) -> None:
    loops: dict[int, tuple[asyncio.AbstractEventLoop, list[asyncio.Future[None]]]] = {}
    for write in batch:
        loops.setdefault(id(write.loop), (write.loop, []))[1].append(write.done)

    def resolve(futures: list[asyncio.Future[None]]) -> None:
        for future in futures:
            if future.done():  # the waiter was cancelled; its answer is committed all the same
                continue
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(error)

    for loop, futures in loops.values():
        if not loop.is_closed():
            loop.call_soon_threadsafe(resolve, futures)


def _encode(response: Response) -> str:
    # Only what differs from an empty answer: the file stays a tenth smaller and readable.
    values = {key: value for key, value in asdict(response).items() if value != _DEFAULTS[key]}
    return json.dumps(values | {"status": response.status}, ensure_ascii=False)


def _decode(text: str) -> Response:
    values: dict[str, Any] = json.loads(text)
    values = {key: value for key, value in values.items() if key in _FIELDS}
    if "image_sha256" in values:
        values["image_sha256"] = tuple(values["image_sha256"])
    return Response(**values)
