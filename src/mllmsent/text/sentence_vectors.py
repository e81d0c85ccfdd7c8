"""Sentence vectors: each text's computed once, and remembered.

In memory, so that the folds of a cross-validation share them; and in `sentence-vectors.sqlite` of
the cache folder, so that a second run computes nothing. What is computed is kept at once, part by
part: a run that was stopped goes on where it was. The file holds digests of texts and not texts. A
file that cannot be read or written is as good as none.
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.data.cache_folder import cache_folder
from mllmsent.foundation.work import report_work
from mllmsent.text.sentence_model import library_version, load_sentence_model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from mllmsent.text.sentence_model import SentenceModel

__all__ = ["SentenceVectors", "sentence_vectors"]

_AT_ONCE = 256
"""Texts computed before they are kept."""
_BATCH = 32
_MOST_IN_MEMORY = 200_000
_FILE = "sentence-vectors.sqlite"
_TABLE = (
    "CREATE TABLE IF NOT EXISTS vectors (model TEXT, text TEXT, cut INTEGER NOT NULL, "
    "vector BLOB NOT NULL, PRIMARY KEY (model, text)) WITHOUT ROWID"
)
_MOST_PARAMETERS = 500  # of one statement


@dataclass(frozen=True, slots=True)
class _Known:
    vector: NDArray[np.float32]
    cut: bool


@dataclass(frozen=True, slots=True)
class SentenceVectors:
    """What `sentence_vectors` gives.

    Attributes:
        vectors: (n, width) a vector for each text.
        cut: (n,) whether the text is longer than the model reads, so that its end was left out.
    """

    vectors: NDArray[np.float32]
    cut: NDArray[np.bool_]


_IN_MEMORY: dict[tuple[str, str], _Known] = {}


def sentence_vectors(model: SentenceModel, texts: Sequence[str]) -> SentenceVectors:
    """The vectors of texts, those computed that are not known yet; longer texts together.

    Args:
        model: Whose vectors.
        texts: At least one text, none of them blank.

    Raises:
        InputError: If the model is needed and cannot be loaded.
        MissingExtraError: If it is needed and sentence-transformers is not installed.
    """
    # Another version of the library might pool or cut otherwise.
    key = f"{model.digest}:{library_version()}"
    names = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() for text in texts]
    found = {name: _IN_MEMORY[key, name] for name in names if (key, name) in _IN_MEMORY}
    found |= _on_disk(key, set(names) - found.keys())
    missing = {name: text for name, text in zip(names, texts, strict=True) if name not in found}
    for part in _computed(model, missing):
        _keep_on_disk(key, part)
        found |= part
    if len(_IN_MEMORY) + len(found) > _MOST_IN_MEMORY:
        _IN_MEMORY.clear()
    _IN_MEMORY.update({(key, name): known for name, known in found.items()})
    return SentenceVectors(
        vectors=np.stack([found[name].vector for name in names]),
        cut=np.array([found[name].cut for name in names], dtype=bool),
    )


def _computed(model: SentenceModel, texts: Mapping[str, str]) -> Iterator[dict[str, _Known]]:
    """Vectors by digest, in parts."""
    if not texts:
        return
    network = load_sentence_model(model)
    # Texts of one length together: what is short is not filled up to the length of what is long.
    names = sorted(texts, key=lambda name: len(texts[name]))
    with report_work("Sentence vectors", len(names)) as done:
        for start in range(0, len(names), _AT_ONCE):
            part = names[start : start + _AT_ONCE]
            # Half characters, which no tokenizer takes, become question marks.
            written = [texts[name].encode("utf-8", "replace").decode("utf-8") for name in part]
            vectors = network.encode(written, batch_size=_BATCH, show_progress_bar=False)
            yield {
                name: _Known(np.asarray(vector, dtype=np.float32), is_cut)
                for name, vector, is_cut in zip(part, vectors, _cut(network, written), strict=True)
            }
            done(len(part))


def _cut(network: Any, texts: Sequence[str]) -> list[bool]:
    limit = network.max_seq_length
    if limit is None:
        return [False] * len(texts)
    ids = network.tokenizer(list(texts), truncation=False, verbose=False)["input_ids"]
    return [len(each) > limit for each in ids]


def _on_disk(model: str, names: Iterable[str]) -> dict[str, _Known]:
    wanted = sorted(names)
    found: dict[str, _Known] = {}
    with suppress(sqlite3.Error, OSError), closing(_open()) as cache:
        for start in range(0, len(wanted), _MOST_PARAMETERS):
            part = wanted[start : start + _MOST_PARAMETERS]
            marks = ",".join("?" * len(part))
            rows = cache.execute(
                f"SELECT text, cut, vector FROM vectors WHERE model = ? AND text IN ({marks})",  # noqa: S608 - question marks only
                [model, *part],
            )
            for name, cut, blob in rows:
                with suppress(ValueError, TypeError):
                    vector = np.frombuffer(blob, dtype="<f4").astype(np.float32)
                    if len(vector) and np.isfinite(vector).all():
                        found[name] = _Known(vector, bool(cut))
    widths = {len(known.vector) for known in found.values()}
    return found if len(widths) <= 1 else {}


def _keep_on_disk(model: str, part: Mapping[str, _Known]) -> None:
    rows = [
        (model, name, int(known.cut), known.vector.astype("<f4").tobytes())
        for name, known in part.items()
    ]
    with suppress(sqlite3.Error, OSError), closing(_open()) as cache, cache:
        cache.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)", rows)


def _open() -> sqlite3.Connection:
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    cache = sqlite3.connect(folder / _FILE, timeout=10)
    cache.execute("PRAGMA journal_mode=WAL")
    cache.execute(_TABLE)
    return cache
