"""Why a repository of the hub is not on this disk, and what to do about it."""

from __future__ import annotations

import difflib

from mllmsent.foundation.errors import InputError, MissingExtraError, MllmsentError
from mllmsent.models.hub import is_offline
from mllmsent.models.hub_errors import hub_error
from mllmsent.models.presets import presets

__all__ = ["explain_absence"]

_TIMEOUT_S = 15


def explain_absence(repo: str, revision: str | None = None) -> MllmsentError:
    """The error for a model that has not been downloaded; the hub is asked about it, unless offline.

    Args:
        repo: OWNER/NAME.
        revision: Commit, tag or branch; by default the main branch.

    Returns:
        An error that tells a model that is merely not here from one that is gated, private, absent,
        or out of reach, each with its cure.
    """
    served = _only_served(repo)
    if served is not None:
        return served
    try:
        from huggingface_hub import HfApi  # noqa: PLC0415 - 0.3 s, for an error only
        from huggingface_hub.errors import RepositoryNotFoundError  # noqa: PLC0415 - likewise
    except ImportError:
        return MissingExtraError("Models on this machine", extra="local")
    pull = f"mllmsent models pull hf/{repo}" + (f" --revision {revision}" if revision else "")
    if is_offline():
        return InputError(
            "This is neither a folder here nor a model on this disk, and HF_HUB_OFFLINE forbids to "
            "look further.",
            cure=f"Where there is a connection: {pull}",
            item=f"hf/{repo}",
        )
    api = HfApi()
    try:
        info = api.model_info(repo, revision=revision, timeout=_TIMEOUT_S)
        if info.gated:
            api.auth_check(repo)
    except Exception as error:  # noqa: BLE001 - whatever the hub's client raises, there is a word for it
        found = hub_error(error, repo, revision)
        alike = _alike(repo) if type(error) is RepositoryNotFoundError else ""
        return InputError(
            f"This is neither a folder here nor a model on this disk. {found.message}",
            cure=f"Did you mean {alike}?" if alike else found.cure,
            item=f"hf/{repo}",
        )
    return InputError(
        "This model is not on this disk yet.", cure=f"Download it: {pull}", item=f"hf/{repo}"
    )


def _only_served(repo: str) -> InputError | None:
    for name, preset in presets().items():
        if name.partition("/")[2].lower() == repo.lower() and not name.startswith("hf/"):
            return InputError(
                f"{preset.title} does not run here; a server runs it.",
                cure=f"Write {name}. {preset.note}".strip(),
                item=f"hf/{repo}",
            )
    return None


def _alike(repo: str) -> str:
    names = {name.lower(): name for name in presets()}
    close = difflib.get_close_matches(f"hf/{repo}".lower(), names, n=1, cutoff=0.75)
    return names[close[0]] if close else ""
