"""What stands at the edge of an institution's network: a proxy, and TLS with its own certificates."""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["RunningProxy", "certificate", "proxy", "tls"]

_Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class RunningProxy:
    """A proxy that is up.

    Attributes:
        hosts: Names that it knows, and the port of this machine where each is.
        login: `user:password` that it asks for; empty for none.
        refuses: Status with which it refuses everything; 0 for not at all.
        port: Its port.
        seen: The first line of each request, as it came.
    """

    hosts: Mapping[str, int]
    login: str = ""
    refuses: int = 0
    port: int = 0
    seen: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where it is, without credentials."""
        return f"http://127.0.0.1:{self.port}"

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Let one connection through, or not."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *headers = head.split("\r\n")
        method, target, _ = line.split(" ")
        self.seen.append(f"{method} {target}")
        shown = next((h for h in headers if h.lower().startswith("proxy-authorization:")), "")
        wanted = base64.b64encode(self.login.encode()).decode()
        status = self.refuses or (407 if self.login and wanted not in shown else 0)
        if status:
            writer.write(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode())
            return
        tunnel = method == "CONNECT"
        parts = urlsplit(f"//{target}" if tunnel else target)
        there = await asyncio.open_connection("127.0.0.1", self.hosts[str(parts.hostname)])
        if tunnel:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            kept = [h for h in headers if not h.lower().startswith(("connection:", "proxy-"))]
            begin = [f"{method} {parts.path} HTTP/1.1", "Connection: close", *kept]
            there[1].write("\r\n".join(begin).encode("latin-1"))
        await _both_ways((reader, writer), there)


@contextmanager
def proxy(hosts: Mapping[str, int], *, login: str = "", refuses: int = 0) -> Iterator[RunningProxy]:
    """Run an HTTP proxy on this machine, for CONNECT and for plain requests."""
    running = RunningProxy(hosts, login, refuses)
    with _listening(running.handle) as running.port:
        yield running


@contextmanager
def tls(port: int, folder: Path) -> Iterator[int]:
    """Put TLS before a port of this machine; yields the port of the TLS.

    The certificate is that of `certificate(folder)`.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(folder), folder / "key.pem")

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection("127.0.0.1", port)
        await _both_ways((reader, writer), there)

    with _listening(handle, context) as bound:
        yield bound


def certificate(folder: Path) -> Path:
    """The file of a certificate for provider.test and this machine, that nobody has signed."""
    file = folder / "certificate.pem"
    if file.exists():
        return file
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "provider.test")])
    here = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("provider.test"), here]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    file.write_bytes(made.public_bytes(pem))
    plain = serialization.NoEncryption()
    kind = serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(key.private_bytes(pem, kind, plain))
    return file


async def _both_ways(
    here: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    there: tuple[asyncio.StreamReader, asyncio.StreamWriter],
) -> None:
    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, ssl.SSLError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    await asyncio.gather(pump(here[0], there[1]), pump(there[0], here[1]))


@contextmanager
def _listening(handle: _Handler, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """Listen in a thread of its own until the block ends; yields the port."""
    loop, bound = asyncio.new_event_loop(), Future[int]()
    stop = asyncio.Event()

    async def each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            await handle(reader, writer)
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(each, "127.0.0.1", 0, ssl=context)
        bound.set_result(server.sockets[0].getsockname()[1])
        await stop.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    thread = threading.Thread(target=lambda: loop.run_until_complete(main()), daemon=True)
    thread.start()
    try:
        yield bound.result(30)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        loop.close()
