"""A sentence-transformers model's files: which they are, what makes them the same, loading them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.digest import json_digest
from mllmsent.foundation.errors import InputError, MissingExtraError
from mllmsent.models.local.checkpoint import Checkpoint, find_checkpoint
from mllmsent.models.local.file_digests import remembered_sha256
from mllmsent.models.local.load_failures import load_failure
from mllmsent.models.local.options import LocalOptions
from mllmsent.models.local.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["SentenceModel", "find_sentence_model", "library_version", "load_sentence_model"]

_MODULES = "modules.json"
# What is beside a module's weights and says nothing about what it computes.
_BESIDE = (".md", ".gitattributes")


@dataclass(frozen=True, slots=True)
class SentenceModel:
    """A model that makes a vector of a text.

    Attributes:
        checkpoint: The transformer at its heart.
        digest: SHA-256 over everything that the vectors depend on: the transformer, and what pools
            and scales its output. Equal files have equal digests, wherever they lie.
    """

    checkpoint: Checkpoint
    digest: str


def find_sentence_model(name: str, revision: str | None = None) -> SentenceModel:
    """The model that a name means: a folder where there is one, else a downloaded repository.

    Args:
        name: A folder, or a repository of the Hugging Face hub: OWNER/NAME or hf/OWNER/NAME.
        revision: Of a repository, a commit, tag or branch; by default the main branch.

    Raises:
        InputError: If there is none here, or it is none that can be used; with the cure.
        MissingExtraError: If sentence-transformers is not installed.
    """
    library_version()
    checkpoint = find_checkpoint(name.removeprefix("hf/"), LocalOptions(revision=revision))
    parts = {
        part: remembered_sha256(checkpoint.folder / part) for part in _module_files(checkpoint)
    }
    digest = json_digest({"transformer": checkpoint.digest, "modules": parts})
    return SentenceModel(checkpoint, digest)


def library_version() -> str:
    """The version of sentence-transformers.

    Raises:
        MissingExtraError: If it is not installed.
    """
    try:
        return version("sentence-transformers")
    except PackageNotFoundError:
        raise MissingExtraError("Sentence embeddings", extra="embedding") from None


_LOADED: dict[str, Any] = {}


def load_sentence_model(model: SentenceModel) -> Any:
    """The loaded `SentenceTransformer`, on the GPU where there is one; the last one stays loaded.

    Raises:
        InputError: If it cannot be loaded; with the cure.
        MissingExtraError: If torch or sentence-transformers cannot be imported.
    """
    if model.digest in _LOADED:
        return _LOADED[model.digest]
    try:
        with quiet():
            from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - heavy
    except ImportError:
        raise MissingExtraError("Sentence embeddings", extra="embedding") from None
    try:
        with quiet():
            loaded = SentenceTransformer(str(model.checkpoint.folder), local_files_only=True)
    except Exception as error:  # noqa: BLE001 - whatever the library raises is put into words
        raise load_failure(error, model.checkpoint, "this machine") from None
    _LOADED.clear()
    _LOADED[model.digest] = loaded
    return loaded


def _module_files(checkpoint: Checkpoint) -> Iterator[str]:
    """Files of the modules that come after the transformer, each in a folder of its own."""
    file = checkpoint.folder / _MODULES
    if not file.is_file():
        return
    try:
        modules = json.loads(file.read_text(encoding="utf-8"))
        told = [(str(module["type"]), str(module["path"])) for module in modules]
    except (OSError, ValueError, RecursionError, TypeError, KeyError):
        raise InputError(
            "It does not say which modules the model has.",
            cure="Copy or download the model again; the file may be cut off.",
            file=file,
        ) from None
    root = checkpoint.folder.resolve()
    for kind, path in told:
        if not (root / path).resolve().is_relative_to(root):
            raise InputError(
                f"Module {path!r} lies outside the model's folder.", file=checkpoint.folder
            )
        if path and not (checkpoint.folder / path).is_dir() and not kind.endswith(".Normalize"):
            raise InputError(
                f"Its module {path!r} is missing.",
                cure=f"Fetch the rest: mllmsent models pull hf/{checkpoint.repo}"
                if checkpoint.source == "hub"
                else "Copy the folder again, with the folders in it.",
                file=checkpoint.folder,
            )
        if not kind.startswith("sentence_transformers."):
            raise InputError(
                f"Its module {kind!r} is code that came with the model, and is not run.",
                cure="Use a model that sentence-transformers reads by itself.",
                file=file,
            )
        yield from _files_of(checkpoint.folder, path)


def _files_of(folder: Path, path: str) -> Iterator[str]:
    if not path:
        return
    inner = folder / path
    found = [each for each in inner.glob("*") if each.is_file() and each.suffix not in _BESIDE]
    for each in sorted(found):
        yield each.relative_to(folder).as_posix()
