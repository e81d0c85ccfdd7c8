"""What stands between this machine and a server: proxies, and certificates that are trusted.

Institutions name both in the environment. They are read here, once for all SDKs, so that what
`mllmsent models check` shows is what is used.
"""

from __future__ import annotations

import ipaddress
import os
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from mllmsent.foundation.errors import InputError
from mllmsent.models.served.address import shown_address

if TYPE_CHECKING:
    import ssl

__all__ = ["Proxy", "proxy_before", "trusted_certificates"]

_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Where programs look for certificates of an institution; the first that is set counts."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that requests go through.

    Attributes:
        url: As it is called, credentials included. It is never shown.
        address: The same without credentials.
        variable: The environment variable that names it.
    """

    url: str = field(repr=False)
    address: str
    variable: str

    @property
    def password(self) -> str:
        """What it is told to let one in; empty for nothing."""
        return unquote(urlsplit(self.url).password or "")


def proxy_before(host: str, url: str) -> Proxy | None:
    """The proxy that stands before a server; None where it is asked directly.

    `HTTPS_PROXY` or `HTTP_PROXY` by the server's scheme, else `ALL_PROXY`; in small letters they go
    first. `NO_PROXY` names hosts, domains and networks (`10.0.0.0/8`) that are asked directly.

    Args:
        host: The server's name.
        url: Its address.

    Raises:
        InputError: If what the environment names cannot be used.
    """
    parts = urlsplit(url)
    told = urllib.request.getproxies()
    scheme = parts.scheme if told.get(parts.scheme) else "all"
    proxy = told.get(scheme)
    if not proxy or _goes_directly(host, parts.port, told.get("no", "")):
        return None
    named = (f"{scheme}_proxy", f"{scheme.upper()}_PROXY")
    variable = next((name for name in named if os.environ.get(name)), "the system's settings")
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    kind = urlsplit(proxy).scheme
    if kind not in {"http", "https"}:
        raise InputError(
            f"{variable} names a proxy of the kind {kind!r}.",
            cure="Only HTTP proxies are known here: write http://host:port, or name "
            f"{host} in NO_PROXY.",
        )
    try:
        address, _ = shown_address(proxy)
    except InputError:
        raise InputError(
            f"{variable} names no address of a proxy.", cure="Write it like http://proxy:3128."
        ) from None
    return Proxy(proxy, address, variable)


def trusted_certificates() -> ssl.SSLContext | None:
    """Whom to believe, where the environment says: `SSL_CERT_FILE`, or `REQUESTS_CA_BUNDLE`.

    Returns:
        None where it says nothing: the system's certificates are used.

    Raises:
        InputError: If the file is not there or holds no certificates.
    """
    import ssl  # noqa: PLC0415 - 20 ms, and only servers need it

    variable = next((name for name in _CERTIFICATES if os.environ.get(name)), None)
    if variable is None:
        return None
    file = os.environ[variable]
    try:
        if os.path.isdir(file):  # noqa: PTH112 - a folder of hashed certificates, as requests has it
            return ssl.create_default_context(capath=file)
        return ssl.create_default_context(cafile=file)
    except (OSError, ssl.SSLError) as error:
        what = "is not there" if isinstance(error, FileNotFoundError) else "holds no certificates"
        raise InputError(
            f"The file that {variable} names {what}.",
            cure=f"Name a file of certificates (PEM) in {variable}, or unset it.",
        ) from None


def _goes_directly(host: str, port: int | None, exceptions: str) -> bool:
    """Whether NO_PROXY has a host: urllib knows names and domains; networks are read here."""
    bypass = urllib.request.proxy_bypass
    if bypass(host) or (port and bypass(f"{host}:{port}")):
        return True
    with suppress(ValueError):
        address = ipaddress.ip_address(host)
        for entry in exceptions.split(","):
            with suppress(ValueError):
                if address in ipaddress.ip_network(entry.strip(), strict=False):
                    return True
    return False
