"""What the files of a model say about it, read without loading it."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["StoredModel", "read_stored_model", "size_in_words", "weight_files"]

_CONFIG = "config.json"
_INDEX = "model.safetensors.index.json"
_LARGEST_JSON = 64 * 2**20
_FILE = re.compile(r"[^/\\]+\.safetensors")


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model in a folder, in the format of transformers.

    Attributes:
        folder: Where it is.
        family: The `model_type` of config.json.
        parameters: Number of stored values; None without the extra `local` or safetensors files.
        bytes_on_disk: Size of its weight files.
        dtypes: In what its values are stored, the most frequent first: "BF16".
        context_length: Tokens of question and answer together, where config.json says so.
        chat_template: Whether it says how a conversation is written.
        license: What its model card says, where it has one.
        missing: Weight files that its index names and that are not there.
    """

    folder: Path
    family: str
    parameters: int | None
    bytes_on_disk: int
    dtypes: tuple[str, ...]
    context_length: int | None
    chat_template: bool
    license: str | None
    missing: tuple[str, ...]


def read_stored_model(folder: Path) -> StoredModel:
    """Read what a model's folder says.

    Args:
        folder: A folder with config.json and safetensors files.

    Raises:
        InputError: If this is no model's folder, or a file of it cannot be read.
    """
    config = _read_json(folder / _CONFIG)
    family = config.get("model_type")
    if not isinstance(family, str):
        raise InputError("It has no `model_type`: this is no model.", file=folder / _CONFIG)
    wanted = weight_files(folder)
    present = [name for name in wanted if (folder / name).is_file()]
    counts = _count(folder, present)
    return StoredModel(
        folder=folder,
        family=family,
        parameters=sum(counts.values()) if counts and len(present) == len(wanted) else None,
        bytes_on_disk=sum((folder / name).stat().st_size for name in present),
        dtypes=tuple(sorted(counts, key=lambda dtype: -counts[dtype])),
        context_length=_context_length(config),
        chat_template=_has_chat_template(folder),
        license=_license(folder),
        missing=tuple(name for name in wanted if name not in present),
    )


def weight_files(folder: Path) -> tuple[str, ...]:
    """The safetensors files that make up a model: those of its index, else what there is.

    Raises:
        InputError: If the index cannot be read, or names a file outside the folder.
    """
    index = folder / _INDEX
    if not index.is_file():
        found = sorted(path.name for path in folder.glob("*.safetensors"))
        return tuple(found) or ("model.safetensors",)
    places = _read_json(index).get("weight_map")
    names = list(places.values()) if isinstance(places, dict) else []
    if not names or not all(isinstance(name, str) and _FILE.fullmatch(name) for name in names):
        raise InputError("Its `weight_map` does not name files beside it.", file=index)
    return tuple(sorted(set(names)))


def size_in_words(size: float) -> str:
    """A number of bytes, for people: "15.9 GB", "481 kB"."""
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return f"{size:g} bytes"


def _read_json(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _LARGEST_JSON:
            raise InputError("It is too large to be what its name says.", file=path)
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"This folder holds no model: it has no {path.name}.",
            file=path.parent,
            cure="Name the folder that `save_pretrained` wrote, or a repository: hf/OWNER/NAME.",
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"It cannot be read: {type(error).__name__}.", file=path) from None
    if not isinstance(value, dict):
        raise InputError("It is no JSON object.", file=path)
    return value


def _count(folder: Path, names: list[str]) -> dict[str, int]:
    """Stored values by dtype, from the headers alone."""
    try:
        from safetensors import SafetensorError, safe_open  # noqa: PLC0415 - the extra `local`
    except ImportError:
        return {}
    counts: dict[str, int] = {}
    for name in names:
        try:
            with safe_open(folder / name, framework="np") as tensors:
                for key in tensors.keys():  # noqa: SIM118 - it is no dictionary
                    part = tensors.get_slice(key)
                    dtype = str(part.get_dtype())
                    counts[dtype] = counts.get(dtype, 0) + math.prod(part.get_shape())
        except (SafetensorError, OSError) as error:
            raise InputError(
                f"It is no whole safetensors file: {error}.",
                file=folder / name,
                cure="Download or save the model again; the file may be cut off.",
            ) from None
    return counts


def _context_length(config: dict[str, Any]) -> int | None:
    # Multimodal configurations keep the language model's in a part of their own.
    inner = [config.get(name) for name in ("text_config", "language_config", "llm_config")]
    for place in (*inner, config):
        found = place.get("max_position_embeddings") if isinstance(place, dict) else None
        if isinstance(found, int):
            return found
    return None


def _has_chat_template(folder: Path) -> bool:
    if (folder / "chat_template.jinja").is_file() or (folder / "chat_template.json").is_file():
        return True
    told = folder / "tokenizer_config.json"
    return told.is_file() and bool(_read_json(told).get("chat_template"))


def _license(folder: Path) -> str | None:
    """The license in the front matter of a model card."""
    card = folder / "README.md"
    try:
        with card.open(encoding="utf-8") as lines:
            head = [line.rstrip() for line, _ in zip(lines, range(200), strict=False)]
    except (OSError, ValueError):
        return None
    if not head or head[0] != "---" or "---" not in head[1:]:
        return None
    told = {
        key: value.strip().strip("\"'")
        for key, colon, value in (line.partition(":") for line in head[1 : head.index("---", 1)])
        if colon
    }
    return told.get("license_name") or told.get("license") or None
