"""The Hugging Face hub's cache on this disk.

Only `huggingface_hub` itself knows where its cache is and how it is laid out, so it is asked; it is
imported by the functions that need it, and nothing here reaches the network.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mllmsent.foundation.errors import InputError
from mllmsent.models.weights import weight_files

__all__ = ["CachedModel", "cached_model", "is_offline", "is_repository", "model_page"]

_REPOSITORY = re.compile(
    r"(?!.*(--|\.\.))[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII
)
_COMMIT = re.compile("[0-9a-f]{7,64}")


@dataclass(frozen=True, slots=True)
class CachedModel:
    """What the cache holds of a repository.

    Attributes:
        state: "yes" where everything that is needed to load it is there, "partly" after a download
            that did not end, "no".
        folder: Where the files are; None where there are none.
        commit: Which commit they are.
    """

    state: Literal["yes", "partly", "no"]
    folder: Path | None = None
    commit: str = ""


def cached_model(repo: str, revision: str | None = None) -> CachedModel:
    """Look a model up in the cache; no network, and only a few files are touched.

    Args:
        repo: OWNER/NAME.
        revision: Commit, tag or branch; None for the main branch.
    """
    try:
        from huggingface_hub import constants  # noqa: PLC0415 - comes with the extra `local`
        from huggingface_hub.file_download import repo_folder_name  # noqa: PLC0415 - likewise
    except ImportError:
        return CachedModel("no")
    if not is_repository(repo):
        return CachedModel("no")
    place = Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=repo, repo_type="model")
    wanted = revision or constants.DEFAULT_REVISION
    try:
        commit = (place / "refs" / wanted).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        commit = wanted
    folder = place / "snapshots" / commit
    # A revision is somebody's text: it may not lead out of the cache.
    if not _COMMIT.fullmatch(commit) or not folder.is_dir():
        return CachedModel("no")
    try:
        whole = (folder / "config.json").is_file() and all(
            (folder / name).is_file() for name in weight_files(folder)
        )
    except InputError:
        whole = False
    return CachedModel("yes" if whole else "partly", folder, commit)


def is_repository(name: str) -> bool:
    """Whether a name can be that of a repository: OWNER/NAME, as the hub allows them."""
    return _REPOSITORY.fullmatch(name) is not None


def is_offline() -> bool:
    """Whether HF_HUB_OFFLINE forbids downloads."""
    try:
        from huggingface_hub import constants  # noqa: PLC0415 - comes with the extra `local`
    except ImportError:
        return False
    return bool(constants.HF_HUB_OFFLINE)


def model_page(repo: str) -> str:
    """The address of a model's page, where its license and card are read."""
    return f"https://huggingface.co/{repo}"
