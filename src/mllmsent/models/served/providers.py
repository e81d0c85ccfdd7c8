"""The providers in `providers.yaml`, as factories of models: one attribute per provider."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.config import Document, parse_document, read_config
from mllmsent.foundation.errors import InputError, MissingExtraError, nearest
from mllmsent.models.served.anthropic.messages import connect_anthropic_messages
from mllmsent.models.served.google.generate import connect_google_generate
from mllmsent.models.served.model import ServedModel
from mllmsent.models.served.openai.link import connect_openai
from mllmsent.models.served.options import (
    AnthropicOptions,
    GoogleOptions,
    OpenAIOptions,
    ServedOptions,
    ServedProvider,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mllmsent.models.served.wire import Connect

__all__ = ["describe", "get_provider", "make_model", "options_type"]


@dataclass(frozen=True, slots=True)
class _Protocol:
    """How a protocol is spoken: with which package, options and links."""

    package: str
    options: type[ServedOptions]
    connect: Connect


_PROTOCOLS = {
    "anthropic-messages": _Protocol("anthropic", AnthropicOptions, connect_anthropic_messages),
    "google-generate": _Protocol("google.genai", GoogleOptions, connect_google_generate),
    "openai": _Protocol("openai", OpenAIOptions, connect_openai),
}


def make_model(provider: str, name: str, options: Mapping[str, Any]) -> ServedModel:
    """A model of a provider.

    Args:
        provider: A key of `providers.yaml`.
        name: The model's name at the server.
        options: What `options_type` holds.

    Raises:
        InputError: If an option is unknown (with the nearest known one) or does not fit.
        MissingExtraError: If the SDK or its transport is not installed.
    """
    known = get_provider(provider)
    protocol = _PROTOCOLS[known.protocol]
    if not _is_installed(protocol.package) or not _is_installed("aiohttp"):
        raise MissingExtraError(f"Models of {known.title}", extra="cloud")
    document = Document(value=dict(options), file=f"options of {provider}/{name}", lines={})
    return ServedModel(
        provider,
        name,
        known,
        read_config(protocol.options, document),
        protocol.connect,
    )


def get_provider(name: str) -> ServedProvider:
    """What is known of a provider.

    Raises:
        InputError: If there is none of that name.
    """
    providers = _providers()
    if name not in providers:
        raise InputError(f"No server is called {name!r}.", cure=nearest(name, providers))
    return providers[name]


def options_type(name: str) -> type[ServedOptions]:
    """What a study may say about the models of a provider."""
    return _PROTOCOLS[get_provider(name).protocol].options


def describe(name: str) -> dict[str, Any]:
    """What `mllmsent models` shows of a provider."""
    provider = get_provider(name)
    return {
        "title": provider.title,
        "base_url": provider.base_url,
        "api_key_env": provider.api_key_env,
    }


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # not even the package that it is part of
        return False


@functools.cache
def _providers() -> Mapping[str, ServedProvider]:
    file = "providers.yaml"
    text = resources.files("mllmsent.models.served").joinpath(file).read_text(encoding="utf-8")
    entries = parse_document(text, file=file).value
    return {
        name: read_config(ServedProvider, Document(value=entry, file=f"{file}: {name}", lines={}))
        for name, entry in entries.items()
    }


def __getattr__(name: str) -> Callable[[str, Mapping[str, Any]], ServedModel]:
    # The registry asks for `providers:ollama`: every entry of the YAML file is one.
    if name.startswith("_"):
        raise AttributeError(name)
    return functools.partial(make_model, name)
