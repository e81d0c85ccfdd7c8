"""Downloading a model ahead: only the files that are needed, with its size known before.

A connection that breaks is taken up again where it broke. A command that was stopped goes on with
the files it had not finished: whole ones are kept (huggingface_hub keeps no part of a file, because
two processes on a shared disk could spoil it for each other).
"""

from __future__ import annotations

import re
import shutil
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.errors import InputError, MissingExtraError
from mllmsent.models.hub import cached_model
from mllmsent.models.hub_errors import hub_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["DownloadPlan", "RemoteFile", "download", "needed_files", "plan_download"]

_SHARD = re.compile(r"model-\d+-of-\d+\.safetensors")
_TOLD = re.compile(
    r"(?!trainer_state|training_args|pytorch_model|tf_model|flax_model)"
    r"(.+\.(json|jinja|model|tiktoken)|(merges|vocab)\.txt|README\.md|LICENSE.*|NOTICE.*)"
)
# What a sentence-transformers model does after its transformer, each module in a folder.
_MODULE = re.compile(r"\d+_\w+/(config\.json|model\.safetensors)")
_PICKLED = (".bin", ".pt", ".pth", ".ckpt")
_SPARE_BYTES = 500_000_000
"""What is left free on the disk."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a repository.

    Attributes:
        name: Its path in the repository.
        size: Bytes.
        here: Whether this disk has it.
    """

    name: str
    size: int
    here: bool


@dataclass(frozen=True, slots=True)
class DownloadPlan:
    """What a download would bring.

    Attributes:
        repo: OWNER/NAME.
        revision: What was asked for; None for the main branch.
        commit: What that is today.
        files: Those that are needed.
        left_out: Number of the repository's other files.
        left_out_bytes: Their size.
        cache: Where the files go.
    """

    repo: str
    revision: str | None
    commit: str
    files: tuple[RemoteFile, ...]
    left_out: int
    left_out_bytes: int
    cache: Path

    @property
    def total_bytes(self) -> int:
        """Size of all that is needed."""
        return sum(file.size for file in self.files)

    @property
    def missing_bytes(self) -> int:
        """Size of what is not here yet."""
        return sum(file.size for file in self.files if not file.here)


def plan_download(
    repo: str, revision: str | None = None, *, also: Sequence[str] = ()
) -> DownloadPlan:
    """Ask the hub what a model's files are, and see which of them are here.

    Args:
        repo: OWNER/NAME.
        revision: Commit, tag or branch; None for the main branch.
        also: Patterns of files in folders of the repository that are needed as well.

    Raises:
        InputError: If there is no such model, it may not be downloaded, cannot be reached, has no
            weights that are safe to read, or the disk has no room for it; with the cure.
        MissingExtraError: If the extra `local` is not installed.
    """
    hub: Any = _hub()
    try:
        info = hub.HfApi().model_info(repo, revision=revision, files_metadata=True)
        if info.gated:
            # A gated model's page is open to all, its files are not: better known before.
            hub.HfApi().auth_check(repo)
    except Exception as error:  # noqa: BLE001 - whatever it raises is put into words
        raise hub_error(error, repo, revision) from None
    sizes = {file.rfilename: int(file.size or 0) for file in info.siblings or ()}
    names = needed_files(sizes, also)
    _check_weights(repo, sizes, names)
    commit = str(info.sha)
    folder = cached_model(repo, commit).folder
    plan = DownloadPlan(
        repo=repo,
        revision=revision,
        commit=commit,
        files=tuple(
            RemoteFile(name, sizes[name], folder is not None and (folder / name).is_file())
            for name in names
        ),
        left_out=len(sizes) - len(names),
        left_out_bytes=sum(sizes.values()) - sum(sizes[name] for name in names),
        cache=Path(hub.constants.HF_HUB_CACHE),
    )
    _check_room(plan)
    return plan


def needed_files(names: Iterable[str], also: Sequence[str] = ()) -> tuple[str, ...]:
    """Those of a repository's files that are needed to load its model.

    Weights as safetensors, configuration, tokenizer, processor, template, model card and license.
    Not: pickles (which could run code), Python code, other formats' copies, and folders, other than
    those of sentence-transformers' modules.

    Args:
        names: Paths in the repository.
        also: Patterns of what is needed besides, also in folders.
    """
    told = sorted(names)
    weights = [name for name in told if _SHARD.fullmatch(name)]
    if "model.safetensors" in told:
        weights = ["model.safetensors"]
    elif not weights:
        weights = [name for name in told if name.endswith(".safetensors") and "/" not in name]
    wanted = {name for name in told if "/" not in name and _TOLD.fullmatch(name)} | set(weights)
    wanted |= {name for name in told if _MODULE.fullmatch(name)}
    wanted |= {name for name in told if any(fnmatchcase(name, pattern) for pattern in also)}
    return tuple(name for name in told if name in wanted and not name.endswith(_PICKLED))


def download(plan: DownloadPlan, progress: Callable[[int], None] = lambda _: None) -> Path:
    """Download what a plan lists and is not here.

    Args:
        plan: What `plan_download` found.
        progress: Is told how many more bytes have come, from several threads.

    Returns:
        The folder of the files.

    Raises:
        InputError: If the connection fails or the disk is full; what came as a whole is kept.
    """
    hub: Any = _hub()
    stop = Event()

    def fetch() -> str:
        return str(
            hub.snapshot_download(
                plan.repo,
                # By the name that was asked for: the cache then knows what that name is.
                revision=plan.revision,
                allow_patterns=[_literal(file.name) for file in plan.files],
                tqdm_class=_counter(progress, stop),
            )
        )

    # In a thread of its own: Ctrl-C is heard here, and the threads that fetch are told to stop.
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(fetch)
        try:
            while not running.done():
                wait([running], timeout=0.2)  # where waiting cannot be interrupted, it is short
            folder = Path(running.result())
        except KeyboardInterrupt:
            stop.set()
            raise
        except OSError as error:
            if error.errno is not None and error.strerror and error.filename:
                raise InputError(
                    f"It cannot be written: {error.strerror}.",
                    cure="Make room there, or set HF_HOME to another place.",
                    file=error.filename,
                ) from None
            raise hub_error(error, plan.repo, plan.revision) from None
        except Exception as error:  # noqa: BLE001 - whatever it raises is put into words
            raise hub_error(error, plan.repo, plan.revision) from None
    absent = [file.name for file in plan.files if not (folder / file.name).is_file()]
    if absent:
        raise InputError(
            f"What the hub has changed meanwhile: {absent[0]} did not come.",
            item=plan.repo,
            cure="Run it again.",
        )
    return folder


class _StoppedError(Exception):
    """The user has stopped the download."""


def _counter(progress: Callable[[int], None], stop: Event) -> type:
    """What `huggingface_hub` takes for a progress bar: it shows nothing and reports bytes."""
    from huggingface_hub.utils.tqdm import tqdm as bar  # noqa: PLC0415 - the extra `local`

    class Counter(bar):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            # One bar counts files, one what came over the line, and this one what is here.
            self._counts = kwargs.get("name") == "huggingface_hub.snapshot_download"
            super().__init__(*args, **{**kwargs, "disable": True})  # type: ignore[no-untyped-call] # tqdm's

        def update(self, n: float | None = 1) -> None:
            if stop.is_set():
                raise _StoppedError
            if self._counts:
                progress(int(n or 0))

    return Counter


def _check_weights(repo: str, sizes: Iterable[str], needed: Sequence[str]) -> None:
    if any(name.endswith(".safetensors") for name in needed):
        return
    if any(name.endswith(_PICKLED) for name in sizes):
        raise InputError(
            "Its weights are pickled, and reading those would run whatever code is in them.",
            item=repo,
            cure="Look on its page for a revision or a copy with safetensors.",
        )
    if any(name.endswith(".gguf") for name in sizes):
        raise InputError(
            "It has only GGUF files, which other programs run.",
            item=repo,
            cure="Serve it with llama.cpp or Ollama, and write llamacpp/NAME or ollama/NAME.",
        )
    raise InputError(
        "It has no weights.", item=repo, cure="Check that it is a model, and not a collection."
    )


def _check_room(plan: DownloadPlan) -> None:
    place = plan.cache
    while not place.is_dir() and place != place.parent:
        place = place.parent
    free = shutil.disk_usage(place).free
    if plan.missing_bytes + _SPARE_BYTES > free:
        raise InputError(
            f"It needs {plan.missing_bytes / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free in "
            f"{place}.",
            item=plan.repo,
            cure="Make room there, or set HF_HOME to a place that has some.",
        )


def _literal(name: str) -> str:
    """A pattern that matches this name alone."""
    return re.sub(r"([*?[])", r"[\1]", name)


def _hub() -> Any:
    try:
        import huggingface_hub  # noqa: PLC0415 - the extra `local`
    except ImportError:
        raise MissingExtraError("Downloads from the Hugging Face hub", extra="local") from None
    return huggingface_hub
