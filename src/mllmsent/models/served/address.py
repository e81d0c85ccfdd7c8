"""Addresses of servers, as they may be shown."""

from __future__ import annotations

from urllib.parse import urlsplit

from mllmsent.foundation.errors import InputError
from mllmsent.models.served.failures import redact

__all__ = ["LOCAL_HOSTS", "shown_address"]

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
        raise InputError(
            f"{redact(url)!r} is no address of a server.",
            cure="Write it like http://localhost:8000/v1.",
            item="base_url",
        )
    shown = f"[{host}]" if ":" in host else host
    port_shown = f":{port}" if port else ""
    return f"{parts.scheme}://{shown}{port_shown}{parts.path}", host
