"""Addresses of servers, as they may be shown."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mllmsent.foundation.errors import InputError
from mllmsent.models.served.failures import redact

if TYPE_CHECKING:
    from mllmsent.models.served.options import ServedProvider

__all__ = ["LOCAL_HOSTS", "has_login", "is_told_by_user", "server_url", "shown_address"]

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104 - compared, not bound
"""What this machine is called."""


def shown_address(url: str) -> tuple[str, str]:
    """An address without credentials, and its host.

    Raises:
        InputError: If it is no address of a web server.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not host:
        shown = "What it says" if has_login(url) else repr(redact(url))
        raise InputError(
            f"{shown} is no address of a server.",
            cure="Write it like http://localhost:8000/v1.",
            item="base_url",
        )
    shown = f"[{host}]" if ":" in host else host
    port_shown = f":{port}" if port else ""
    return f"{parts.scheme}://{shown}{port_shown}{parts.path}", host


def server_url(provider: ServedProvider, told: str | None) -> str:
    """Where a provider's server is: as the study says, or the environment, or the provider.

    Args:
        provider: What is known of the provider.
        told: What the study says.

    Raises:
        InputError: If everybody has an address of their own there, and none is told.
    """
    url = told or _from_environment(provider)
    if not url and provider.base_url_required:
        raise InputError(
            f"No address is told for {provider.title}, where everybody has one of their own.",
            cure=f"Set the environment variable {provider.base_url_env}, or the option base_url, "
            f"to yours: it looks like {provider.base_url}.",
            item="base_url",
        )
    url = (url or provider.base_url).rstrip("/")
    # Some name the server alone; the way to its API is known.
    _, _, rest = url.partition("://")
    return url + provider.base_path if rest and "/" not in rest else url


def is_told_by_user(provider: ServedProvider, told: str | None) -> bool:
    """Whether a provider's server is where the provider or the user's environment says.

    A study comes from anybody and may name any address. What is the user's own, a key before all, goes
    by itself only where this is so.

    Args:
        provider: What is known of the provider.
        told: What the study says.
    """
    if not told:
        return True
    own = _from_environment(provider), "" if provider.base_url_required else provider.base_url
    return shown_address(told)[1] in {shown_address(url)[1] for url in own if url}


def _from_environment(provider: ServedProvider) -> str | None:
    return os.environ.get(provider.base_url_env) if provider.base_url_env else None


def has_login(url: object) -> bool:
    """Whether a user or a password stands in an address, rightly written or not."""
    return isinstance(url, str) and "@" in url
