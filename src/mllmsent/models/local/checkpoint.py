"""A model's files: which they are, where, and what makes them the same as others.

Nothing heavy is imported here: a study's plan asks who its models are, and must not load them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mllmsent.foundation.digest import json_digest
from mllmsent.foundation.errors import InputError, nearest
from mllmsent.models.hub import cached_model
from mllmsent.models.local.absence import explain_absence
from mllmsent.models.local.families import known_families, refuse_elsewhere
from mllmsent.models.local.file_digests import remembered_sha256
from mllmsent.models.presets import preset_options
from mllmsent.models.weights import weight_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mllmsent.models.local.options import LocalOptions

__all__ = ["Checkpoint", "find_checkpoint"]

_CONFIG = "config.json"
# OWNER/NAME, as the hub allows them.
_REPOSITORY = re.compile(r"(?!.*(--|\.\.))[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_PICKLES = ("pytorch_model*.bin", "*.pt", "*.pth", "consolidated*.pth")
# What answers depend on besides the weights: configuration, tokenizer, processor, template.
_TOLD = ("*.json", "*.jinja", "*.model", "*.tiktoken", "merges.txt", "vocab.txt")
_BESIDE = ("*.index.json", "trainer_state.json", "training_args.json")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model's files.

    Attributes:
        name: What it was asked for by.
        source: "hub" or "folder".
        folder: Where the files are.
        repo: Of the hub, the repository; else empty.
        revision: Of the hub, the commit; else empty.
        model_type: What config.json says it is.
        config: The whole of config.json.
        weights: Names of its weight files in the folder.
        size_bytes: Size of its weights on disk.
        digest: SHA-256 over everything that answers depend on: weights, configuration, tokenizer,
            processor and template. Equal files have equal digests, wherever they lie.
    """

    name: str
    source: Literal["hub", "folder"]
    folder: Path
    repo: str
    revision: str
    model_type: str
    config: Mapping[str, Any]
    weights: tuple[str, ...]
    size_bytes: int
    digest: str


def find_checkpoint(name: str, options: LocalOptions, base: Path | None = None) -> Checkpoint:
    """The checkpoint that a name means: a folder where there is one, else a downloaded repository.

    Of a repository, what was downloaded counts: a study that ran yesterday asks the same weights
    today, whatever was uploaded since. The hub is only asked why there is nothing.

    Args:
        name: A folder, or a repository of the Hugging Face hub.
        options: `revision` and `trust_remote_code` are looked at.
        base: What a relative folder is relative to; by default the working directory.

    Raises:
        InputError: If there is none, or it is none that can be used here; with the cure.
        MissingExtraError: If a repository is named, and nothing that reads them is installed.
    """
    place = (base or Path()) / Path(name).expanduser()
    if place.is_dir():
        if options.revision is not None:
            raise InputError(
                f"A folder has no revision {options.revision!r}.",
                cure="Leave the option `revision` out: a folder is told by what is in it.",
                file=place,
            )
        return _read(name, "folder", place, options)
    if place.is_file() or not _REPOSITORY.fullmatch(name):
        raise _no_folder(place)
    # Of some, the main branch is not what runs here (Phi-4's brings its own code).
    revision = options.revision or preset_options(f"hf/{name}").get("revision")
    cached = cached_model(name, revision)
    if cached.folder is None:
        raise explain_absence(name, revision)
    return _read(name, "hub", cached.folder, options)


def _read(
    name: str,
    source: Literal["hub", "folder"],
    folder: Path,
    options: LocalOptions,
) -> Checkpoint:
    if not (folder / _CONFIG).is_file():
        raise _incomplete(name) if source == "hub" else _no_model(folder)
    config = _read_config(folder / _CONFIG)
    model_type: str = config["model_type"]
    if not options.trust_remote_code:
        refuse_elsewhere(model_type)
    weights = _weights(name, source, folder)
    files = {*weights, *_told(folder), *_adapter(folder, model_type)}
    if options.trust_remote_code:
        files |= {path.name for path in folder.glob("*.py")}
    return Checkpoint(
        name=name,
        source=source,
        folder=folder,
        repo=name if source == "hub" else "",
        revision=folder.name if source == "hub" else "",
        model_type=model_type,
        config=config,
        weights=weights,
        size_bytes=sum((folder / file).stat().st_size for file in weights),
        digest=json_digest({file: remembered_sha256(folder / file) for file in sorted(files)}),
    )


def _read_config(file: Path) -> dict[str, Any]:
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"It cannot be read as JSON: {type(error).__name__}.",
            cure="Copy or download the model again; the file may be cut off.",
            file=file,
        ) from None
    model_type = config.get("model_type") if isinstance(config, dict) else None
    if not isinstance(model_type, str) or not model_type:
        raise InputError(
            "It does not say which `model_type` the model is.",
            cure="Use weights in the format of transformers, as `save_pretrained` writes it.",
            file=file,
        )
    return dict(config)


def _weights(name: str, source: str, folder: Path) -> tuple[str, ...]:
    weights = weight_files(folder)
    missing = [file for file in weights if not (folder / file).is_file()]
    if not missing:
        return weights
    if any(path for pattern in _PICKLES for path in folder.glob(pattern)):
        raise InputError(
            "Its weights are pickled, and reading those would run whatever code is in them.",
            cure="If you trust them, convert them once: load the folder with transformers and save "
            "it again with `save_pretrained`, which writes safetensors.",
            file=folder,
        )
    if source == "hub":
        raise _incomplete(name)
    raise InputError(
        f"Its weights are not there: {', '.join(missing[:3])}{', ...' if missing[3:] else ''}.",
        cure="Copy the folder again, with all its files.",
        file=folder,
    )


def _told(folder: Path) -> Iterator[str]:
    for pattern in _TOLD:
        for path in folder.glob(pattern):
            if path.is_file() and not any(path.match(other) for other in _BESIDE):
                yield path.name


def _adapter(folder: Path, model_type: str) -> Iterator[str]:
    family = known_families().get(model_type)
    if family is not None and family.adapter:
        for pattern in ("adapter_config.json", "adapter_model.safetensors"):
            for path in (folder / family.adapter).glob(pattern):
                yield path.relative_to(folder).as_posix()


def _incomplete(name: str) -> InputError:
    return InputError(
        "This model has not been downloaded completely.",
        cure=f"Go on where it stopped: mllmsent models pull hf/{name}",
        item=f"hf/{name}",
    )


def _no_folder(place: Path) -> InputError:
    if place.suffix.lower() == ".gguf":
        return InputError(
            "This is a GGUF file, which other programs run.",
            cure="Serve it with llama.cpp or Ollama, and write llamacpp/NAME or ollama/NAME.",
            file=place,
        )
    if place.is_file():
        return InputError(
            "This is a file; a model is a folder.", cure="Name the folder it is in.", file=place
        )
    siblings = [path.name for path in place.parent.glob("*") if path.is_dir()]
    return InputError(
        "There is no such folder.",
        cure=nearest(place.name, siblings)
        or "Write hf/path/to/folder, relative to the study, or a repository: hf/OWNER/NAME.",
        file=place,
    )


def _no_model(folder: Path) -> InputError:
    message = f"This folder holds no model: it has no {_CONFIG}."
    cure = "Name the folder that `save_pretrained` wrote, or a repository: hf/OWNER/NAME."
    inner = sorted(path.parent.name for path in folder.glob(f"*/{_CONFIG}"))
    if (folder / "adapter_config.json").is_file():
        message = "This folder holds an adapter (LoRA), not a model."
        cure = "Merge it into its model with peft's `merge_and_unload`, and save the result."
    elif any(folder.glob("*.gguf")):
        cure = "GGUF files are run by llama.cpp or Ollama: write llamacpp/NAME or ollama/NAME."
    elif inner:
        cure = f"There are models in it: {', '.join(inner[:5])}. Name one of them."
    return InputError(message, cure=cure, file=folder)
