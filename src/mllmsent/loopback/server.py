"""Running the loopback server: in a thread of this process, or as a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from mllmsent.foundation.errors import InputError, MissingExtraError
from mllmsent.loopback.batches.rules import BatchRules
from mllmsent.loopback.faults import Faults
from mllmsent.loopback.rates import RateLimits
from mllmsent.loopback.request_log import RequestLog
from mllmsent.loopback.service import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from mllmsent.loopback.answerer import Answerer

__all__ = ["LoopbackServer", "run_server", "serve", "spawn"]

HOST = "127.0.0.1"
"""The only address it ever listens at: nothing outside this machine can reach it."""

_START_S = 60.0


@dataclass(frozen=True, slots=True)
class LoopbackServer:
    """A server that is up.

    Attributes:
        port: Its port.
        log: What it was asked; empty where it runs in a process of its own (see `read_log`).
        pid: Its process.
    """

    port: int
    log: RequestLog
    pid: int

    @property
    def url(self) -> str:
        """What clients of OpenAI's protocols call `base_url`."""
        return f"http://{HOST}:{self.port}/v1"

    @property
    def anthropic_url(self) -> str:
        """What clients of Anthropic's protocol call `base_url`."""
        return f"http://{HOST}:{self.port}/anthropic"

    @property
    def google_url(self) -> str:
        """What clients of Google's protocol call `base_url`, in their `http_options`."""
        return f"http://{HOST}:{self.port}/google"


@contextmanager
def serve(
    answerer: Answerer,
    *,
    port: int = 0,
    faults: Faults | None = None,
    models: Sequence[str] = (),
    api_key: str | None = None,
    max_image_bytes: int | None = None,
    cached_share: float = 0.0,
    unsupported: Sequence[str] = (),
    requests_per_minute: float | None = None,
    tokens_per_minute: float | None = None,
    burst_s: float = 60.0,
    batches: BatchRules | None = None,
    state_dir: Path | None = None,
    clock: Callable[[], float] = time.time,
    log_file: Path | None = None,
) -> Iterator[LoopbackServer]:
    """Serve in a background thread of this process, until the block ends.

    Args:
        answerer: Gives the answers.
        port: Port on 127.0.0.1; 0 for any that is free.
        faults: What goes wrong, and how slowly; nothing by default.
        models: Names that are served; empty for any name.
        api_key: The key that callers must show; None for none.
        max_image_bytes: Largest image that is taken.
        cached_share: Share of each prompt's tokens, 0 to 1, that is said to come from a cache.
        unsupported: Members of requests that the model does not take: `temperature`.
        requests_per_minute: Requests to one model before it says 429; None for any number.
        tokens_per_minute: Tokens likewise, counted as the provider counts them.
        burst_s: Seconds' worth of both that may be asked at once.
        batches: How long batches take, and what becomes of them; at once and well by default.
        state_dir: Folder where batches and files are kept for the next server.
        clock: Tells the time in seconds since the epoch; tests may have it run as they please.
        log_file: File to which each request is appended as a line of JSON.

    Raises:
        InputError: If the port is taken.
        MissingExtraError: If aiohttp is not installed.
    """
    service = Service(
        answerer=answerer,
        faults=faults or Faults(),
        models=tuple(models),
        api_key=api_key,
        max_image_bytes=max_image_bytes,
        cached_share=cached_share,
        unsupported=tuple(unsupported),
        batches=batches or BatchRules(),
        state_dir=state_dir,
        limits=RateLimits(requests_per_minute, tokens_per_minute, burst_s),
        clock=clock,
        log=RequestLog(log_file),
    )
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    bound: Future[int] = Future()

    def run() -> None:
        try:
            loop.run_until_complete(run_server(service, port=port, up=bound.set_result, stop=stop))
        except BaseException as error:  # noqa: BLE001 - it is raised where `serve` was called
            if not bound.done():
                bound.set_exception(error)
        finally:
            loop.close()

    thread = threading.Thread(target=run, name="loopback-server", daemon=True)
    thread.start()
    try:
        yield LoopbackServer(port=bound.result(_START_S), log=service.log, pid=os.getpid())
    finally:
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop.set)
        thread.join(_START_S)


async def run_server(
    service: Service, *, port: int, up: Callable[[int], None], stop: asyncio.Event
) -> None:
    """Serve on the running event loop.

    Args:
        service: What is served.
        port: Port on 127.0.0.1; 0 for any that is free.
        up: Is called with the port once requests can come.
        stop: Ends the server when it is set.

    Raises:
        InputError: If the port is taken.
        MissingExtraError: If aiohttp is not installed.
    """
    try:
        from aiohttp import web  # noqa: PLC0415 - an optional part, and 0.2 s at the door

        from mllmsent.loopback.app import LoopbackApp  # noqa: PLC0415 - imports aiohttp
    except ImportError:
        raise MissingExtraError("Loopback servers", extra="cloud") from None
    runner = web.AppRunner(
        LoopbackApp(service).build(),
        access_log=None,
        handle_signals=False,
        handler_cancellation=True,  # who hung up is not answered
        shutdown_timeout=0.1,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port, backlog=1024).start()
        up(int(runner.addresses[0][1]))
        await stop.wait()
    except OSError as error:
        raise InputError(
            f"Port {port} cannot be used: {error.strerror or error}.",
            cure="Name another port, or 0 for any that is free.",
        ) from None
    finally:
        await runner.cleanup()


@contextmanager
def spawn(
    answerer: str = "mllmsent.loopback:ConstantAnswerer",
    *,
    port: int = 0,
    faults: Faults | None = None,
    models: Sequence[str] = (),
    max_image_bytes: int | None = None,
    cached_share: float = 0.0,
    requests_per_minute: float | None = None,
    tokens_per_minute: float | None = None,
    burst_s: float = 60.0,
    batches: BatchRules | None = None,
    state_dir: Path | None = None,
    log_file: Path | None = None,
) -> Iterator[LoopbackServer]:
    """Serve in a process of its own, until the block ends or this process dies.

    What the server costs is then not counted as its client's.

    Args:
        answerer: `package.module:name` of an answerer, or of something that makes one when called.
        port: Port on 127.0.0.1; 0 for any that is free.
        faults: What goes wrong, and how slowly.
        models: Names that are served; empty for any name.
        max_image_bytes: Largest image that is taken.
        cached_share: Share of each prompt's tokens, 0 to 1, that is said to come from a cache.
        unsupported: Members of requests that the model does not take: `temperature`.
        requests_per_minute: Requests to one model before it says 429; None for any number.
        tokens_per_minute: Tokens likewise, counted as the provider counts them.
        burst_s: Seconds' worth of both that may be asked at once.
        batches: How long batches take, and what becomes of them; at once and well by default.
        state_dir: Folder where batches and files are kept for the next server.
        log_file: File to which each request is appended; read it with `read_log`.

    Raises:
        InputError: If the server does not start; with what it says.
    """
    options = ["--answerer", answerer, "--port", str(port), "--until-stdin-ends"]
    options += ["--faults", json.dumps(asdict(faults or Faults()))]
    for model in models:
        options += ["--model", model]
    given = {
        "--max-image-bytes": max_image_bytes,
        "--cached-share": cached_share,
        "--requests-per-minute": requests_per_minute,
        "--tokens-per-minute": tokens_per_minute,
        "--burst-s": burst_s,
        "--batches": json.dumps(asdict(batches or BatchRules())),
        "--state-dir": state_dir,
        "--log": log_file,
    }
    for name, value in given.items():
        if value is not None:
            options += [name, str(value)]
    with (
        tempfile.TemporaryFile(mode="w+", encoding="utf-8") as complaints,
        subprocess.Popen(  # noqa: S603 - this Python, this package
            [sys.executable, "-m", "mllmsent.loopback", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            process.wait()
            complaints.seek(0)
            raise InputError(f"The loopback server did not start: {complaints.read().strip()}")
        try:
            yield LoopbackServer(
                port=int(json.loads(line)["port"]), log=RequestLog(), pid=process.pid
            )
        finally:
            process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
