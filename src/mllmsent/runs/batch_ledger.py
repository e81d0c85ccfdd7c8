"""The book of batches: what is handed in at providers, so that nothing is handed in twice.

It stands in the file of the answer cache, in tables that are made when the first batch is. That a batch
is to be handed in is written before it is, and its id when the provider has told it: whatever ends the
process, the next one knows what to fetch, and what to look for.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from mllmsent.foundation.errors import InputError
from mllmsent.models.batches import SentImages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["BatchLedger", "BatchStage", "KeptBatch", "KeptRequest", "SchemaSent", "request_name"]

BatchStage = Literal["intended", "open", "closed"]
"""To be handed in, or handed in and not heard of; under way; its answers fetched, or none to come."""

SchemaSent = Literal["none", "sent", "rejected"]
"""A request asks for free text, or sends its schema, or was asked before and its schema rejected."""

_SCHEMAS: tuple[SchemaSent, ...] = ("none", "sent", "rejected")
"""As numbers, in the book."""
_FORMAT = 2
_TABLES = (
    """CREATE TABLE IF NOT EXISTS batches (
        token TEXT PRIMARY KEY, model TEXT NOT NULL, identity TEXT NOT NULL, stage TEXT NOT NULL,
        id TEXT NOT NULL, size INTEGER NOT NULL, created_at TEXT NOT NULL,
        expires_at TEXT NOT NULL, outcome TEXT NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS batch_requests (
        key TEXT NOT NULL, token TEXT NOT NULL, schema INTEGER NOT NULL,
        image_sha256 TEXT NOT NULL, image_note TEXT NOT NULL, PRIMARY KEY (key, token)
    ) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS requests_of_batch ON batch_requests (token)",
)
_COLUMNS = "token, model, identity, stage, id, size, created_at, expires_at, outcome"
_SOME = 500
_KEY_LENGTH = 40


@dataclass(frozen=True, slots=True)
class KeptBatch:
    """A batch in the book.

    Attributes:
        token: Tells it from all others; the names of its requests begin with it.
        model: Whom it asks, as the study called it.
        identity: Digest of the model's identity.
        stage: How far it has come.
        id: What the provider calls it; empty while that is not known.
        size: How many requests it has.
        created_at: When it was to be handed in.
        expires_at: When the provider gives it up; None where that is not known.
        outcome: What came of it, in words; empty until it is closed.
    """

    token: str
    model: str
    identity: str
    stage: BatchStage
    id: str
    size: int
    created_at: datetime
    expires_at: datetime | None = None
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class KeptRequest:
    """A request of a batch, with what its answer will not tell.

    Attributes:
        key: `Request.key`.
        schema: Whether it asks for a structured answer.
        images: As they were sent.
    """

    key: str
    schema: SchemaSent
    images: SentImages


def request_name(token: str, key: str) -> str:
    """The name of a request in a batch: 57 characters that every provider takes."""
    return f"{token}-{key[:_KEY_LENGTH]}"


class BatchLedger:
    """The book of the batches of an answer cache.

    Args:
        path: The cache's file, which is there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = sqlite3.connect(path, timeout=30, isolation_level=None)
        # FULL: what was handed in is known after a power cut, too.
        self._connection.execute("PRAGMA synchronous=FULL")

    def intend(self, batch: KeptBatch, requests: Iterable[KeptRequest]) -> None:
        """Write down that a batch is to be handed in.

        Raises:
            InputError: If it cannot be written.
        """
        with self._writing() as connection:
            for statement in _TABLES:
                connection.execute(statement)
            # Whoever does not know of batches must not ask what is in them.
            connection.execute(f"PRAGMA user_version={_FORMAT}")
            connection.execute(
                f"INSERT INTO batches ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - a constant
                _row(batch),
            )
            connection.executemany(
                "INSERT INTO batch_requests VALUES (?, ?, ?, ?, ?)",
                (
                    (
                        request.key,
                        batch.token,
                        _SCHEMAS.index(request.schema),
                        " ".join(request.images.sha256),
                        request.images.note,
                    )
                    for request in requests
                ),
            )

    def update(self, batch: KeptBatch) -> None:
        """Write down how a batch stands now.

        Raises:
            InputError: If it cannot be written.
        """
        with self._writing() as connection:
            connection.execute(
                f"REPLACE INTO batches ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - a constant
                _row(batch),
            )

    def drop(self, token: str) -> None:
        """Forget a batch that was never taken."""
        with self._writing() as connection:
            connection.execute("DELETE FROM batches WHERE token = ?", (token,))
            connection.execute("DELETE FROM batch_requests WHERE token = ?", (token,))

    def holding(self, keys: Iterable[str]) -> dict[str, KeptBatch]:
        """Request key to the batch that it waits in, for those of `keys` that wait in one."""
        if not self._has_tables():
            return {}
        waiting = {batch.token: batch for batch in self.batches() if batch.stage != "closed"}
        found: dict[str, KeptBatch] = {}
        wanted = list(keys) if waiting else []
        for start in range(0, len(wanted), _SOME):
            part = wanted[start : start + _SOME]
            marks = ",".join("?" * len(part))
            rows = self._connection.execute(
                f"SELECT key, token FROM batch_requests WHERE key IN ({marks})",  # noqa: S608 - only question marks are formatted in
                part,
            )
            found.update((key, waiting[token]) for key, token in rows if token in waiting)
        return found

    def requests(self, token: str) -> dict[str, KeptRequest]:
        """Name of each request of a batch to the request."""
        rows = self._connection.execute(
            "SELECT key, schema, image_sha256, image_note FROM batch_requests WHERE token = ?",
            (token,),
        )
        return {
            request_name(token, key): KeptRequest(
                key, _SCHEMAS[schema], SentImages(tuple(sha256.split()), note)
            )
            for key, schema, sha256, note in rows
        }

    def batches(self) -> list[KeptBatch]:
        """Every batch in the book, the oldest first."""
        if not self._has_tables():
            return []
        rows = self._connection.execute(f"SELECT {_COLUMNS} FROM batches ORDER BY created_at")  # noqa: S608 - a constant
        found = []
        for token, model, identity, stage, identifier, size, created, expires, outcome in rows:
            batch = KeptBatch(
                token, model, identity, stage, identifier, size, datetime.fromisoformat(created)
            )
            until = datetime.fromisoformat(expires) if expires else None
            found.append(replace(batch, expires_at=until, outcome=outcome))
        return found

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _has_tables(self) -> bool:
        return int(self._connection.execute("PRAGMA user_version").fetchone()[0]) >= _FORMAT

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise InputError(
                f"The book of batches cannot be written: {error}.",
                file=self.path,
                cure="Is the disk full? What was handed in before is safe; run again.",
            ) from None


def _row(batch: KeptBatch) -> tuple[str | int, ...]:
    return (
        batch.token,
        batch.model,
        batch.identity,
        batch.stage,
        batch.id,
        batch.size,
        batch.created_at.isoformat(),
        "" if batch.expires_at is None else batch.expires_at.isoformat(),
        batch.outcome,
    )
