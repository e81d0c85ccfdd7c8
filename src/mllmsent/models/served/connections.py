"""Nobody answered, or not to the end: what was in the way."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

from mllmsent.models.served.cures import PROXY_LOGIN
from mllmsent.models.served.failures import failed, redact, said_of
from mllmsent.models.served.wire import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mllmsent.models.served.proxies import Proxy
    from mllmsent.models.served.wire import Endpoint, Outcome

__all__ = ["broken_connection"]


def broken_connection(error: BaseException, endpoint: Endpoint) -> Outcome:
    """The outcome of an SDK's error that has no status.

    Args:
        error: The SDK's, or its transport's where that comes through as it is; what lies under it is
            looked at.
        endpoint: Whom was asked.
    """
    import aiohttp  # noqa: PLC0415 - comes with the SDK

    causes = list(_causes(error))
    for cause in (error, *causes):
        if isinstance(cause, aiohttp.ClientHttpProxyError):
            return _refused_by_proxy(cause.status, endpoint)
        if isinstance(cause, aiohttp.ClientProxyConnectionError):
            return _no_proxy(endpoint)
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, aiohttp.ClientError):
            return _no_trust(cause, endpoint)
    nobody = ConnectionRefusedError | socket.gaierror
    if any(isinstance(cause, nobody) for cause in (error, *causes)):
        cure = f"Is a server running at {endpoint.address}? Else set `base_url`"
        return _unreachable("connection: no server answers", cure)
    # The aiohttp transport calls every broken connection a timeout; what lies under it knows better.
    last = causes[-1] if causes else None
    late = isinstance(error, TimeoutError) or isinstance(last, TimeoutError)
    if late or type(last).__name__.endswith("Timeout"):
        cure = "Raise `timeout_s` or lower in-flight"
        return failed("timeout: the server stopped answering", Fault("timeout"), cure=cure)
    reason = said_of(last) if str(last) else type(last).__name__
    what = "" if last is None else f" ({redact(reason, endpoint.key)})"
    return failed(f"connection: it broke off{what}", Fault("connection"))


def _unreachable(what: str, cure: str) -> Outcome:
    return failed(what, Fault("lasting", blames="address"), cure=cure, hopeless=True)


def _refused_by_proxy(status: int, endpoint: Endpoint) -> Outcome:
    what = f"proxy: {_named(endpoint.proxy)} does not let it through ({status})"
    if status == 407:
        return _unreachable(what, PROXY_LOGIN)
    if status >= 500:  # the proxy's own trouble, or of what lies behind it
        fault = Fault("connection", blames="address")
        return failed(what, fault, cure=f"Can it reach {endpoint.address}?")
    cure = f"Ask who runs it to allow {endpoint.address}, or name the host in NO_PROXY"
    return _unreachable(what, cure)


def _no_proxy(endpoint: Endpoint) -> Outcome:
    variable = "it" if endpoint.proxy is None else endpoint.proxy.variable
    what = f"proxy: {_named(endpoint.proxy)} does not answer"
    return _unreachable(what, f"Is what {variable} says right? Hosts in NO_PROXY need none")


def _no_trust(error: ssl.SSLError, endpoint: Endpoint) -> Outcome:
    """No secure connection came about: with a stranger, or with what knows no TLS."""
    if isinstance(error, ssl.SSLCertVerificationError):
        what = f"TLS: the certificate of {endpoint.address} is not trusted"
        cure = (
            "Where a proxy or a server has certificates of an institution, name their file in "
            "SSL_CERT_FILE"
        )
        return _unreachable(f"{what} ({redact(error.verify_message)})", cure)
    what = f"TLS: no secure connection to {endpoint.address} ({redact(error.reason or str(error))})"
    return _unreachable(what, "Does the server speak TLS? Else write http:// and not https://")


def _named(proxy: Proxy | None) -> str:
    return "the proxy" if proxy is None else f"{proxy.address} ({proxy.variable})"


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen = set()
    cause = error.__cause__ or error.__context__
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__
