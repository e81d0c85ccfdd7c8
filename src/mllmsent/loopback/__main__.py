"""`python -m mllmsent.loopback`: the loopback server as a process."""

from __future__ import annotations

import asyncio
import importlib
import json
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import click

from mllmsent.foundation.errors import InputError, MllmsentError
from mllmsent.loopback.answerer import Answerer
from mllmsent.loopback.batches.rules import BatchRules
from mllmsent.loopback.faults import Faults
from mllmsent.loopback.rates import RateLimits
from mllmsent.loopback.request_log import RequestLog
from mllmsent.loopback.server import HOST, run_server
from mllmsent.loopback.service import Service


@click.command()
@click.option(
    "--answerer",
    default="mllmsent.loopback:ConstantAnswerer",
    show_default=True,
    help="package.module:name of an answerer, or of what makes one.",
)
@click.option("--port", default=0, help="Port on 127.0.0.1; 0 for any that is free.")
@click.option("--faults", default="{}", help="What goes wrong, as JSON: '{\"rate_limit\": 0.1}'.")
@click.option("--model", "models", multiple=True, help="A name that is served; any by default.")
@click.option("--max-image-bytes", type=int, help="Largest image that is taken.")
@click.option("--cached-share", default=0.0, help="Share of prompts told to come from a cache.")
@click.option("--unsupported", multiple=True, help="A member of requests that is not taken.")
@click.option("--requests-per-minute", type=float, help="Requests to a model before it says 429.")
@click.option("--tokens-per-minute", type=float, help="Tokens likewise.")
@click.option("--burst-s", default=60.0, show_default=True, help="What may be asked at once.")
@click.option("--batches", default="{}", help="How batches go, as JSON: '{\"takes_s\": 5}'.")
@click.option("--state-dir", type=click.Path(path_type=Path), help="Where batches are kept.")
@click.option("--log", type=click.Path(path_type=Path), help="File for a JSON line per request.")
@click.option("--until-stdin-ends", is_flag=True, help="Stop when whoever started this is gone.")
def main(  # noqa: PLR0917 - click passes options by name
    answerer: str,
    port: int,
    faults: str,
    models: tuple[str, ...],
    max_image_bytes: int | None,
    cached_share: float,
    unsupported: tuple[str, ...],
    requests_per_minute: float | None,
    tokens_per_minute: float | None,
    burst_s: float,
    batches: str,
    state_dir: Path | None,
    log: Path | None,
    until_stdin_ends: bool,
) -> None:
    """Answer the providers' protocols on this machine; prints its address as a line of JSON."""
    try:
        service = Service(
            answerer=_load(answerer),
            faults=Faults.from_mapping(_json(faults, "--faults")),
            models=models,
            max_image_bytes=max_image_bytes,
            cached_share=cached_share,
            unsupported=unsupported,
            batches=BatchRules.from_mapping(_json(batches, "--batches")),
            state_dir=state_dir,
            limits=RateLimits(requests_per_minute, tokens_per_minute, burst_s),
            log=RequestLog(log),
        )
        asyncio.run(_main(service, port=port, until_stdin_ends=until_stdin_ends))
    except MllmsentError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)


async def _main(service: Service, *, port: int, until_stdin_ends: bool) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if until_stdin_ends:

        def wait() -> None:
            sys.stdin.read()
            loop.call_soon_threadsafe(stop.set)

        threading.Thread(target=wait, daemon=True).start()

    def up(bound: int) -> None:
        host = f"http://{HOST}:{bound}"
        address = {
            "url": f"{host}/v1",
            "anthropic_url": f"{host}/anthropic",
            "google_url": f"{host}/google",
            "port": bound,
        }
        sys.stdout.write(json.dumps(address) + "\n")
        sys.stdout.flush()

    await run_server(service, port=port, up=up, stop=stop)


def _load(name: str) -> Answerer:
    module, _, attribute = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(
            f"There is no answerer {name!r}: {error}.", cure="Write package.module:name."
        ) from None
    made = found() if callable(found) else found
    if not isinstance(made, Answerer):
        raise InputError(f"{name!r} is no answerer.", cure="It needs the method `answer`.")
    return made


def _json(text: str, option: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise InputError(f"{option} is not JSON: {error}.") from None
    if not isinstance(value, dict):
        raise InputError(f"{option} is not a JSON object.")
    return value


if __name__ == "__main__":
    main()
