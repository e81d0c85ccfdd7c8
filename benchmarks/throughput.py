"""How fast 2,000 questions about 37 kB images are answered, beside a bare loop of the same SDK.

A loopback server in a process of its own takes 0.2 s an answer; with 100 in flight the ideal is
2,000 x 0.2 / 100 = 4.0 s. Everybody does equal work: reads each file, encodes it in base64, asks,
and takes the text of the answer.

    python benchmarks/throughput.py [--rounds 3] [--requests 2000] [--in-flight 100]

Rounds take turns, so that a busy machine troubles everybody alike; of each contender the median is
told. CPU time is the sturdier figure where other work shares the machine.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import json
import os
import platform
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterable
from contextlib import closing
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import openai
from PIL import Image

from mllmsent.data.images import ImageRef
from mllmsent.loopback import Faults, LoopbackServer, spawn
from mllmsent.models import Message, Request, get_model
from mllmsent.pathways.interface import Question
from mllmsent.runs import AnswerCache, execute
from mllmsent.runs.progress import Silent

QUESTION = "Which sentiment does this image evoke: negative, neutral or positive?"
ANSWER = "neutral"
IMAGE_BYTES = 37_000
RESULTS = Path(__file__).parent / "results" / "throughput.json"

Contender = Callable[[str, list[ImageRef], int], Awaitable[int]]


@dataclass(frozen=True)
class Measurement:
    """One contender in one round.

    Attributes:
        contender: Its name.
        wall_s: Seconds from the first question to the last answer, connections included.
        cpu_s: CPU seconds of this process.
        server_cpu_s: CPU seconds of the server.
        answered: Right answers; all of them, or the round does not count.
    """

    contender: str
    wall_s: float
    cpu_s: float
    server_cpu_s: float
    answered: int


async def bare_sdk(url: str, images: list[ImageRef], in_flight: int) -> int:
    """The SDK as its README shows it, in a loop with a semaphore."""
    async with openai.AsyncOpenAI(base_url=url, api_key="none") as client:
        return await _bare(client, images, in_flight)


async def bare_sdk_aiohttp(url: str, images: list[ImageRef], in_flight: int) -> int:
    """The same with the transport that we use."""
    async with openai.AsyncOpenAI(
        base_url=url, api_key="none", http_client=openai.DefaultAioHttpClient()
    ) as client:
        return await _bare(client, images, in_flight)


async def bare_sdk_httpx(url: str, images: list[ImageRef], in_flight: int) -> int:
    """The same with the transport of earlier SDKs, to see what it costs; not run by default."""
    import httpx  # noqa: PLC0415 - no dependency of ours

    limits = httpx.Limits(max_connections=1000, max_keepalive_connections=100)
    transport: Any = httpx.AsyncClient(limits=limits, timeout=60)
    async with openai.AsyncOpenAI(base_url=url, api_key="none", http_client=transport) as client:
        return await _bare(client, images, in_flight)


async def adapter(url: str, images: list[ImageRef], in_flight: int) -> int:
    """Our adapter alone, in a loop with a semaphore."""
    model = get_model("openai/benchmark", base_url=url, max_in_flight=in_flight)
    at_once = asyncio.Semaphore(in_flight)

    async def ask(image: ImageRef) -> bool:
        request = Request((Message("user", (QUESTION, image)),))
        async with at_once:
            (response,) = await model.answer([request])
        return response.status == "ok" and response.text == ANSWER

    try:
        return sum(await asyncio.gather(*map(ask, images)))
    finally:
        await model.aclose()


async def executor(url: str, images: list[ImageRef], in_flight: int) -> int:
    """What a study does: the adapter under the executor, every answer committed to disk."""
    model = get_model("openai/benchmark", base_url=url, max_in_flight=in_flight)
    questions = []
    for image in images:
        request = Request((Message("user", (QUESTION, image)),))
        questions.append(
            Question(
                key=request.key(model.identity),
                request=request,
                model=model.name,
                stage="direct",
                item_id=image.path.name,
                strategy="benchmark",
                strategy_version="1",
                scheme=None,
                condition="none",
                repeat=0,
                sample=0,
            )
        )
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(AnswerCache(Path(folder) / "answers.sqlite")) as cache,
    ):
        try:
            await execute(
                questions, {model.name: model}, cache, Silent(), in_flight={model.name: in_flight}
            )
        finally:
            await model.aclose()
        committed = cache.get_many(question.key for question in questions)
        return sum(answer.response.text == ANSWER for answer in committed.values())


CONTENDERS: dict[str, Contender] = {
    "bare SDK": bare_sdk,
    "bare SDK on aiohttp": bare_sdk_aiohttp,
    "mllmsent adapter": adapter,
    "mllmsent executor": executor,
    "bare SDK on httpx 0.28": bare_sdk_httpx,
}
BY_DEFAULT = ("bare SDK", "bare SDK on aiohttp", "mllmsent adapter", "mllmsent executor")


async def _bare(client: openai.AsyncOpenAI, images: list[ImageRef], in_flight: int) -> int:
    at_once = asyncio.Semaphore(in_flight)

    async def ask(image: ImageRef) -> bool:
        async with at_once:
            data = base64.b64encode(image.path.read_bytes()).decode()
            completion = await client.chat.completions.create(
                model="benchmark",
                messages=[
                    {
                        "role": "user",
                        "content": [
                            {"type": "text", "text": QUESTION},
                            {
                                "type": "image_url",
                                "image_url": {"url": f"data:image/jpeg;base64,{data}"},
                            },
                        ],
                    }
                ],
                temperature=0,
                max_completion_tokens=512,
            )
        return completion.choices[0].message.content == ANSWER

    return sum(await asyncio.gather(*map(ask, images)))


def make_images(folder: Path, n: int) -> list[ImageRef]:
    """`n` different JPEG files of `IMAGE_BYTES` each."""
    noise = Image.effect_noise((336, 336), 40).convert("RGB")
    buffer = io.BytesIO()
    noise.save(buffer, "JPEG", quality=45)
    picture = buffer.getvalue()
    if len(picture) > IMAGE_BYTES - 8:
        raise SystemExit(f"the picture alone has {len(picture)} bytes")
    images = []
    for number in range(n):
        # What follows a JPEG's end is ignored: the files differ, the picture is drawn once.
        data = picture + b"\0" * (IMAGE_BYTES - 8 - len(picture)) + number.to_bytes(8)
        path = folder / f"{number:05d}.jpg"
        path.write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        images.append(ImageRef(path, digest, "image/jpeg", *noise.size))
    return images


def measure(
    name: str, server: LoopbackServer, images: list[ImageRef], in_flight: int
) -> Measurement:
    """One contender, once."""
    server_before = _server_cpu(server)
    cpu, wall = time.process_time(), time.perf_counter()
    answered = asyncio.run(_run(CONTENDERS[name], server.url, images, in_flight))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Measurement(name, wall, cpu, _server_cpu(server) - server_before, answered)


async def _run(contender: Contender, url: str, images: list[ImageRef], in_flight: int) -> int:
    return await contender(url, images, in_flight)


def _server_cpu(server: LoopbackServer) -> float:
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/health") as answer:
        return float(json.load(answer)["cpu_s"])


def summarize(rounds: Iterable[Measurement], requests: int, ideal_s: float) -> list[dict[str, Any]]:
    """Medians per contender, and how they compare with the bare SDK."""
    by_name: dict[str, list[Measurement]] = {}
    for measurement in rounds:
        by_name.setdefault(measurement.contender, []).append(measurement)
    first = statistics.median(m.wall_s for m in next(iter(by_name.values())))
    rows = []
    for name, measured in by_name.items():
        wall = statistics.median(m.wall_s for m in measured)
        rows.append(
            {
                "contender": name,
                "rounds": len(measured),
                "wall_s": round(wall, 3),
                "over_ideal": round(wall / ideal_s, 3),
                "over_bare_sdk": round(wall / first, 3),
                "cpu_ms_per_request": round(
                    statistics.median(m.cpu_s for m in measured) / requests * 1000, 3
                ),
                "server_cpu_ms_per_request": round(
                    statistics.median(m.server_cpu_s for m in measured) / requests * 1000, 3
                ),
                "answered": min(m.answered for m in measured),
            }
        )
    return rows


@click.command()
@click.option("--requests", default=2000, show_default=True)
@click.option("--in-flight", default=100, show_default=True)
@click.option("--latency", default=0.2, show_default=True, help="Seconds the server takes.")
@click.option("--rounds", default=3, show_default=True)
@click.option("--only", type=click.Choice(list(CONTENDERS)), multiple=True)
@click.option("--out", type=click.Path(path_type=Path), default=RESULTS, show_default=True)
def main(  # noqa: PLR0917 - click passes options by name
    requests: int, in_flight: int, latency: float, rounds: int, only: tuple[str, ...], out: Path
) -> None:
    """Measure, print a table, and write the figures as JSON."""
    ideal = requests * latency / in_flight
    measured: list[Measurement] = []
    load_before = os.getloadavg()[0]
    with (
        tempfile.TemporaryDirectory() as folder,
        spawn(faults=Faults(latency_s=latency)) as server,
    ):
        images = make_images(Path(folder), requests)
        for _ in range(rounds):
            for name in only or BY_DEFAULT:
                measurement = measure(name, server, images, in_flight)
                if measurement.answered != requests:
                    sys.exit(f"{name}: {measurement.answered} of {requests} answered")
                measured.append(measurement)
    rows = summarize(measured, requests, ideal)
    print(f"{requests} requests, {in_flight} in flight, {latency} s latency; ideal {ideal:.1f} s")
    for row in rows:
        print(
            f"{row['contender']:24s} {row['wall_s']:6.2f} s  {row['over_ideal']:.2f} x ideal  "
            f"{row['over_bare_sdk']:.2f} x bare SDK  {row['cpu_ms_per_request']:.2f} ms CPU/request"
            f"  (server {row['server_cpu_ms_per_request']:.2f})"
        )
    result = {
        "requests": requests,
        "in_flight": in_flight,
        "latency_s": latency,
        "ideal_s": ideal,
        "image_bytes": IMAGE_BYTES,
        "machine": {
            "cpus": os.cpu_count(),
            "load_before": round(load_before, 2),
            "system": platform.system(),
            "python": platform.python_version(),
            **{package: version(package) for package in ("openai", "aiohttp", "httpx2")},
        },
        "summary": rows,
        "measurements": [asdict(measurement) for measurement in measured],
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"written to {out}")


if __name__ == "__main__":
    main()
