"""The providers of local models: `hf/...` for any on the hub or in a folder, `builtin/...` for ours."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.config import Document, read_config
from mllmsent.foundation.errors import InputError, nearest
from mllmsent.models.local.options import LocalOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.models.local.model import LocalModel

__all__ = ["builtin_names", "describe", "make_builtin", "make_local"]

_TITLES = {
    "hf": "any multimodal LLM of the Hugging Face hub, or in a folder, on this machine",
    "builtin": "two tiny MLLMs of our own that have seen nothing but dioramas; no download",
}


def make_local(name: str, options: Mapping[str, Any]) -> LocalModel:
    """The model of a repository of the hub, or of a folder.

    Raises:
        InputError: If there is none, it cannot be used here, or an option does not fit.
    """
    from mllmsent.models.presets import preset_options  # noqa: PLC0415 - reads a file

    return _made(f"hf/{name}", name, {**preset_options(f"hf/{name}"), **options})


def make_builtin(name: str, options: Mapping[str, Any]) -> LocalModel:
    """One of the models that come with the package.

    Raises:
        InputError: If there is none of that name, or an option does not fit.
    """
    if name not in builtin_names():
        raise InputError(
            f"No built-in model is called {name!r}.", cure=nearest(name, builtin_names())
        )
    folder = Path(str(files("mllmsent.models").joinpath("builtin", name)))
    # Their weights are stored in half precision; a processor computes in full. Said here and not
    # left to the machine, so that they are the same model on every machine.
    return _made(f"builtin/{name}", str(folder), {"dtype": "float32", **options})


def builtin_names() -> tuple[str, ...]:
    """Names of the models that come with the package, best first."""
    folder = Path(str(files("mllmsent.models").joinpath("builtin")))
    return tuple(sorted(path.parent.name for path in folder.glob("*/config.json")))


def describe(provider: str) -> dict[str, Any]:
    """For people: what the provider is."""
    return {"title": _TITLES[provider]}


def _made(name: str, place: str, options: Mapping[str, Any]) -> LocalModel:
    from mllmsent.models.local.checkpoint import find_checkpoint  # noqa: PLC0415 - reads files
    from mllmsent.models.local.families import find_family  # noqa: PLC0415 - likewise
    from mllmsent.models.local.model import LocalModel  # noqa: PLC0415 - likewise

    read = read_config(LocalOptions, Document(dict(options), name, {}))
    checkpoint = find_checkpoint(place, read)
    # One that sees nothing is refused before anybody is asked.
    find_family(checkpoint.model_type, checkpoint.config, trust_remote_code=read.trust_remote_code)
    return LocalModel(name, checkpoint, read)
