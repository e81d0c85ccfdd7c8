"""What goes wrong at the Hugging Face hub, in words, each with its cure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.foundation.errors import InputError, MissingExtraError
from mllmsent.models.hub import model_page

if TYPE_CHECKING:
    from mllmsent.foundation.errors import MllmsentError

__all__ = ["hub_error"]

# Names in huggingface_hub.errors, the particular before the general, with message and cure.
_KNOWN = (
    (
        "GatedRepoError",
        "Its authors want to know who downloads it: it is gated.",
        "Accept the license at {page}, then run `hf auth login` or set HF_TOKEN.",
    ),
    (
        "RevisionNotFoundError",
        "It has no revision {revision!r}.",
        "Commits, tags and branches are listed at {page}/commits.",
    ),
    (
        "RepositoryNotFoundError",
        "The hub has no such model, or only for its owners.",
        "Check OWNER/NAME for typing errors; for a private one, run `hf auth login`.",
    ),
    (
        "HFValidationError",
        "This is no name of a repository.",
        "Write OWNER/NAME.",
    ),
    (
        "OfflineModeIsEnabled",
        "It is not on this disk as a whole, and HF_HUB_OFFLINE forbids to download it.",
        "Unset HF_HUB_OFFLINE, or download it elsewhere and copy the cache to this machine.",
    ),
)


def hub_error(error: Exception, repo: str, revision: str | None = None) -> MllmsentError:
    """The error to show for what `huggingface_hub` raised.

    Args:
        error: What it raised. Its own words are not repeated: they may hold an address with a token.
        repo: OWNER/NAME.
        revision: What was asked for; None for the main branch.
    """
    try:
        from huggingface_hub import errors  # noqa: PLC0415 - comes with the extra `local`
    except ImportError:
        return MissingExtraError("Models of the Hugging Face hub", extra="local")
    # The library wraps what happened in a complaint about its cache.
    causes = _with_causes(error)
    words = {"page": model_page(repo), "revision": revision or "main"}
    for name, message, cure in _KNOWN:
        if any(isinstance(cause, getattr(errors, name)) for cause in causes):
            return InputError(message.format(**words), item=repo, cure=cure.format(**words))
    for cause in causes:
        if isinstance(cause, errors.HfHubHTTPError):
            status = cause.response.status_code
            cure = "Try again later: whole files are kept."
            if status in {401, 403}:
                cure = "The token is not good for this: run `hf auth login`, or set HF_TOKEN anew."
            return InputError(f"The hub answered with status {status}.", item=repo, cure=cure)
    return InputError(
        f"The connection to the hub failed ({type(causes[-1]).__name__}).",
        item=repo,
        cure="Check connection and proxy, and run it again: whole files are kept.",
    )


def _with_causes(error: BaseException) -> list[BaseException]:
    found = [error]
    while len(found) < 10:
        cause = found[-1].__cause__ or found[-1].__context__
        if cause is None or cause in found:
            break
        found.append(cause)
    return found
