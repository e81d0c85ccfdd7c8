"""The way to a server: where it is, what stands before it, and the key that it may be shown."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit, urlunsplit

from mllmsent.foundation.errors import InputError
from mllmsent.models.served.address import LOCAL_HOSTS, is_told_by_user, server_url, shown_address
from mllmsent.models.served.proxies import proxy_before

if TYPE_CHECKING:
    from mllmsent.models.served.options import ServedOptions, ServedProvider
    from mllmsent.models.served.proxies import Proxy

__all__ = ["Door", "door_of"]


@dataclass(frozen=True, slots=True)
class Door:
    """How a server is come at.

    Attributes:
        url: Where it is, without credentials: what SDKs write into logs.
        address: The same, to be shown.
        host: Its name.
        login: User and password for it, where its address has them. They are never shown.
        key_env: The environment variable of the key; empty for none.
        key_names: The same for people, with another that would do.
        may_show_key: Whether the key may go there.
        key_required: Whether nothing is asked without a key.
        takes_environment: Whether what the environment tells the SDK beside the key may go there.
    """

    url: str
    address: str
    host: str
    login: tuple[str, str] | None = field(repr=False)
    key_env: str
    key_names: str
    may_show_key: bool
    key_required: bool
    takes_environment: bool

    @property
    def is_near(self) -> bool:
        """Whether it is this machine: no proxy stands before it."""
        return self.host in LOCAL_HOSTS

    @property
    def key(self) -> str:
        """The key, as the environment has it now; empty for none. It is never shown."""
        if not self.key_env or not self.may_show_key:
            return ""
        return os.environ.get(self.key_env, "").strip()

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no text may hold: the key, and passwords for the server and the proxy before it."""
        told = [self.key, self.login[1] if self.login else ""]
        with suppress(InputError):  # a proxy that cannot be used is not asked
            told.append(self.proxy.password if self.proxy else "")
        return tuple(filter(None, told))

    @property
    def proxy(self) -> Proxy | None:
        """The proxy before it, as the environment has it now.

        Raises:
            InputError: If what the environment names cannot be used.
        """
        return None if self.is_near else proxy_before(self.host, self.url)

    @property
    def no_key(self) -> str:
        """Why nothing can be asked for want of a key, in words; empty where it can."""
        key = self.key
        if self.key_required and not key:
            return f"no key: the environment variable {self.key_names} is not set"
        if not all("!" <= character <= "~" for character in key) or key[:1] in {"'", '"'}:
            return (
                f"no key: {self.key_env} holds characters that no key has. Set it anew, "
                "without spaces, line breaks and quotation marks"
            )
        return ""


def door_of(provider: ServedProvider, options: ServedOptions) -> Door:
    """The way to a provider's server, by what the study and the environment say.

    Args:
        provider: What is known of the provider.
        options: What the study says.

    Raises:
        InputError: If the address is none, or everybody has one of their own and it is not told.
    """
    told = options.base_url
    url = server_url(provider, told)
    is_known = is_told_by_user(provider, told)
    # Behind another address may stand what needs no key: a gateway that has one.
    is_usual = provider.base_url_required or url == provider.base_url
    address, host = shown_address(url)
    key_env = options.api_key_env or _key_env(provider)
    other = "" if options.api_key_env else provider.api_key_env_else
    return Door(
        url=_without_login(url),
        address=address,
        host=host,
        login=_login(url),
        key_env=key_env,
        key_names=f"{key_env} (or {other})" if other else key_env,
        may_show_key=bool(options.api_key_env or provider.local or is_known),
        key_required=options.api_key_env is not None
        or (provider.key_required and not told and is_usual),
        takes_environment=provider.sdk_environment and is_known,
    )


def _key_env(provider: ServedProvider) -> str:
    """The environment variable of a provider's key: of two, the first that is set."""
    other = provider.api_key_env_else
    is_other = other and not os.environ.get(provider.api_key_env) and os.environ.get(other)
    return other if is_other else provider.api_key_env


def _login(url: str) -> tuple[str, str] | None:
    parts = urlsplit(url)
    if parts.username is None and parts.password is None:
        return None
    return unquote(parts.username or ""), unquote(parts.password or "")


def _without_login(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
