"""How long a contender took, and how contenders compare."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import statistics
import time
import urllib.request
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from benchmarks.served.protocols import BARE, PROTOCOLS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mllmsent.data.images import ImageRef
    from mllmsent.loopback import LoopbackServer

__all__ = ["Measurement", "machine", "measure", "summarize"]


@dataclass(frozen=True)
class Measurement:
    """One contender in one round.

    Attributes:
        protocol: What it spoke.
        contender: Its name.
        round: Which round, from 0.
        wall_s: Seconds from the first question to the last answer, connections included.
        cpu_s: CPU seconds of this process.
        server_cpu_s: CPU seconds of the server.
        answered: Right answers; all of them, or the round does not count.
    """

    protocol: str
    contender: str
    round: int
    wall_s: float
    cpu_s: float
    server_cpu_s: float
    answered: int


def measure(
    protocol: str,
    contender: str,
    server: LoopbackServer,
    images: list[ImageRef],
    *,
    in_flight: int,
    number: int,
) -> Measurement:
    """One contender, once, in round `number`."""
    speaks = PROTOCOLS[protocol]
    ask, url = speaks.contenders[contender], speaks.url(server)

    async def run() -> int:
        return await ask(url, images, in_flight)

    server_before = _server_cpu(server)
    cpu, wall = time.process_time(), time.perf_counter()
    answered = asyncio.run(run())
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    server_cpu = _server_cpu(server) - server_before
    return Measurement(protocol, contender, number, wall, cpu, server_cpu, answered)


def _server_cpu(server: LoopbackServer) -> float:
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/health") as answer:
        return float(json.load(answer)["cpu_s"])


def summarize(
    measured: Iterable[Measurement], *, requests: int, ideal_s: float
) -> list[dict[str, Any]]:
    """Medians of each contender, and how it compares with the bare SDK of its round.

    Args:
        measured: Every contender of every round.
        requests: How many requests each of them sent.
        ideal_s: Seconds that the server alone would take.

    Returns:
        A row for each protocol and contender, in the order in which they first came. Where the bare
        SDK did not take part, `over_bare_sdk` is None.
    """
    groups: dict[tuple[str, str], dict[int, Measurement]] = {}
    for one in measured:
        groups.setdefault((one.protocol, one.contender), {})[one.round] = one
    rows = []
    for (protocol, contender), rounds in groups.items():
        wall = statistics.median(one.wall_s for one in rounds.values())
        bare = groups.get((protocol, BARE), {})
        # Pairs: a busy machine troubles both of a round.
        ratios = [one.wall_s / bare[n].wall_s for n, one in rounds.items() if n in bare]
        rows.append(
            {
                "protocol": protocol,
                "contender": contender,
                "rounds": len(rounds),
                "wall_s": round(wall, 3),
                "over_ideal": round(wall / ideal_s, 3),
                "over_bare_sdk": round(statistics.median(ratios), 3) if ratios else None,
                "over_bare_sdk_range": [round(min(ratios), 3), round(max(ratios), 3)]
                if ratios
                else None,
                "cpu_ms_per_request": _ms([one.cpu_s for one in rounds.values()], requests),
                "server_cpu_ms_per_request": _ms(
                    [one.server_cpu_s for one in rounds.values()], requests
                ),
                "answered": min(one.answered for one in rounds.values()),
            }
        )
    return rows


def _ms(seconds: list[float], requests: int) -> float:
    return round(statistics.median(seconds) / requests * 1000, 3)


def machine() -> dict[str, Any]:
    """Where something was measured, how busy it was, and with what."""
    packages = (*(protocol.sdk for protocol in PROTOCOLS.values()), "aiohttp", "httpx2")
    return {
        "cpus": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "system": platform.system(),
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
    }
