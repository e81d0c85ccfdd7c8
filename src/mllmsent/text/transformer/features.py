"""What a frozen model says of texts: computed once for each text, whoever asks, and remembered.

In memory for the folds of this process, and in `features.sqlite` of the cache folder for the next
one. Every batch is committed as soon as it is computed, so that an interruption costs one batch.
Batches are formed before what is known is left out: a run that was interrupted computes in the same
company as one that was not, and so the same numbers to the last bit.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import threading
from collections import OrderedDict
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.data.cache_folder import cache_folder
from mllmsent.foundation.digest import json_digest
from mllmsent.foundation.work import report_work
from mllmsent.text.transformer.tokens import by_length

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from mllmsent.text.transformer.backbone import Backbone
    from mllmsent.text.transformer.tokens import Encoded

__all__ = ["features_of"]

_FILE = "features.sqlite"
_MOST_BYTES = 2**30
_AT_ONCE = 500


def features_of(
    backbone: Backbone,
    encoded: Encoded,
    *,
    batch_tokens: int,
) -> NDArray[np.float32]:
    """(texts, width) vectors of texts by a model that does not learn.

    Args:
        backbone: The model; loaded only where a vector is missing.
        encoded: The texts. Equal texts are computed once.
        batch_tokens: Most tokens at once.
    """
    import torch  # noqa: PLC0415 - heavy

    space = json_digest(
        {
            "model": backbone.checkpoint.digest,
            "pooling": backbone.pooling,
            "dtype": str(backbone.dtype),
            "device": backbone.device.type,
            "transformers": version("transformers"),
        },
        length=32,
    )
    names = [_name(ids) for ids in encoded.ids]
    found = _recall(space, names)
    # Of equal texts, the first stands for all.
    first = {name: row for row, name in reversed(list(enumerate(names)))}
    batches = by_length(encoded.lengths, sorted(first.values()), most_tokens=batch_tokens)
    parts = [[row for row in batch if names[row] not in found] for batch in batches]
    with report_work("Texts read", sum(map(len, parts))) as done:
        for rows in filter(None, parts):
            with torch.inference_mode():
                vectors = backbone.vectors([encoded.ids[row] for row in rows]).cpu().numpy()
            new = {names[row]: vector for row, vector in zip(rows, vectors, strict=True)}
            _remember(space, new)
            found.update(new)
            done(len(rows))
    if not names:
        return np.zeros((0, 0), dtype=np.float32)
    return np.stack([found[name] for name in names])


def _name(ids: Sequence[int]) -> str:
    """Digest of a text as the model reads it: what was cut off makes no difference."""
    return hashlib.sha256(np.asarray(ids, dtype="<i8").tobytes()).hexdigest()


_KNOWN: OrderedDict[tuple[str, str], NDArray[np.float32]] = OrderedDict()
_TURN = threading.Lock()


def _recall(space: str, names: Iterable[str]) -> dict[str, NDArray[np.float32]]:
    wanted = list(dict.fromkeys(names))
    with _TURN:
        known = {name: _KNOWN[space, name] for name in wanted if (space, name) in _KNOWN}
    absent = [name for name in wanted if name not in known]
    stored: dict[str, NDArray[np.float32]] = {}
    # Whatever is wrong with the file, what it holds can be computed again.
    with contextlib.suppress(sqlite3.Error, OSError, ValueError), _opened() as connection:
        for start in range(0, len(absent), _AT_ONCE):
            part = absent[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(part))
            for name, blob in connection.execute(
                f"SELECT name, vector FROM vectors WHERE space = ? AND name IN ({marks})",  # noqa: S608 - question marks only
                [space, *part],
            ):
                stored[name] = np.frombuffer(blob, dtype="<f4").astype(np.float32)
    _hold(space, stored)
    return known | stored


def _remember(space: str, vectors: dict[str, NDArray[np.float32]]) -> None:
    _hold(space, vectors)
    rows = [(space, name, vector.astype("<f4").tobytes()) for name, vector in vectors.items()]
    # A read-only home costs time, not the study.
    with contextlib.suppress(sqlite3.Error, OSError), _opened() as connection, connection:
        connection.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?, ?)", rows)


def _hold(space: str, vectors: dict[str, NDArray[np.float32]]) -> None:
    with _TURN:
        _KNOWN.update({(space, name): vector for name, vector in vectors.items()})
        size = sum(vector.nbytes for vector in _KNOWN.values())
        while size > _MOST_BYTES:
            size -= _KNOWN.popitem(last=False)[1].nbytes


@contextlib.contextmanager
def _opened() -> Iterator[sqlite3.Connection]:
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(folder / _FILE, timeout=30)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS vectors "
            "(space TEXT, name TEXT, vector BLOB, PRIMARY KEY (space, name)) WITHOUT ROWID"
        )
        yield connection
    finally:
        connection.close()
