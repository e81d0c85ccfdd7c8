"""How well we use what a provider allows, and how seldom it has to turn us away.

Loopback servers in processes of their own hold each model to 600 requests a minute, or to 150,000
tokens. All three protocols are asked at the same time by the executor, as a study asks, for three
minutes of the real clock. From the servers' logs, after the first minute: which share of the limit
was answered (at least 95 % is wanted), and which share of the requests got a 429 (less than 1 %).

    python benchmarks/rate_limit.py [--case burst] [--minutes 3]

Cases: `minute`, where a minute's worth may be asked at once; `second`, where the limit is enforced
over single seconds, so that nothing may come unevenly; `tokens`, a minute's worth of tokens. OpenAI and
Anthropic tell in headers how their limits stand, Google only when it turns a request away. Tokens are
counted as each provider counts them: what an answer might take with OpenAI, what is read with the
others.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

# A program is not told where the parts beside it are.
sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.served.measurement import machine
from benchmarks.served.ours import questions
from benchmarks.served.pictures import make_images
from benchmarks.served.protocols import PROTOCOLS
from benchmarks.served.question import LONGEST_ANSWER
from benchmarks.served.rates import use_of_limit

from mllmsent.loopback import Faults, read_log, spawn
from mllmsent.models import get_model
from mllmsent.runs import AnswerCache, execute
from mllmsent.runs.progress import Silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from mllmsent.data.images import ImageRef
    from mllmsent.loopback import LoopbackServer
    from mllmsent.models.interface import Model
    from mllmsent.pathways.interface import Question

RESULTS = Path(__file__).parent / "results" / "rate_limit.json"
LATENCY_S = 0.2
IMAGES = 100


@dataclass(frozen=True)
class Case:
    """What a server holds its models to.

    Attributes:
        requests: Per minute; None for any number.
        tokens: Likewise.
        burst_s: Seconds' worth that may be asked at once.
    """

    requests: float | None
    tokens: float | None
    burst_s: float


CASES = {
    "minute": Case(600, None, 60.0),
    "second": Case(600, None, 1.0),
    "tokens": Case(None, 150_000, 60.0),
}


_COUNTED: dict[str, Callable[[int], int]] = {
    "openai": lambda read: max(read, LONGEST_ANSWER),
    "anthropic": lambda read: read,
    "google": lambda read: read,
}
"""How many tokens a provider takes a question for that reads so many."""


@dataclass(frozen=True)
class _Lane:
    """A model that is asked: in a case, in a protocol."""

    case: str
    protocol: str
    server: LoopbackServer
    cache: AnswerCache


@click.command()
@click.option("--case", "names", type=click.Choice(list(CASES)), multiple=True, help="Only this.")
@click.option("--minutes", type=click.IntRange(min=2), default=3, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=RESULTS, show_default=True)
def main(names: tuple[str, ...], minutes: int, out: Path) -> None:
    """Measure all cases at the same time, print a table, and write the figures as JSON."""
    about = machine()
    chosen = {name: CASES[name] for name in names or CASES}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        images = make_images(folder, IMAGES)
        servers = {
            name: stack.enter_context(
                spawn(
                    faults=Faults(latency_s=LATENCY_S),
                    requests_per_minute=case.requests,
                    tokens_per_minute=case.tokens,
                    burst_s=case.burst_s,
                    log_file=folder / f"{name}.jsonl",
                )
            )
            for name, case in chosen.items()
        }
        lanes = [
            _Lane(
                name,
                protocol,
                servers[name],
                stack.enter_context(closing(AnswerCache(folder / f"{name}-{protocol}.sqlite"))),
            )
            for name in chosen
            for protocol in PROTOCOLS
        ]
        asyncio.run(_ask_all(lanes, images, minutes))
        rows = [_row(lane, folder / f"{lane.case}.jsonl", minutes) for lane in lanes]
    for row in rows:
        print(
            f"{row['case']:7s} {row['protocol']:10s} {row['used']:7.1%} of the limit, "
            f"{row['turned_away']:6.2%} turned away; in the first minute "
            f"{row['turned_away_at_first']}; answered {row['answered_each_minute']}"
        )
    found = {"minutes": minutes, "latency_s": LATENCY_S, "machine": about, "rows": rows}
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(f"written to {out}")


async def _ask_all(lanes: list[_Lane], images: list[ImageRef], minutes: int) -> None:
    models = [
        get_model(
            PROTOCOLS[lane.protocol].model, base_url=PROTOCOLS[lane.protocol].url(lane.server)
        )
        for lane in lanes
    ]
    # More than any of the limits lets through, bursts included.
    samples = 1200 * (minutes + 1) // len(images)
    asked = [questions(model, images, samples=samples) for model in models]
    # A little longer than is counted: the first request comes a little after the beginning.
    with suppress(TimeoutError):
        async with asyncio.timeout(minutes * 60 + 3):
            await asyncio.gather(*map(_ask, lanes, models, asked))
            sys.exit("There were not questions enough.")


async def _ask(lane: _Lane, model: Model, asked: list[Question]) -> None:
    try:
        await execute(asked, {model.name: model}, lane.cache, Silent())
    finally:
        await model.aclose()


def _row(lane: _Lane, log: Path, minutes: int) -> dict[str, Any]:
    case = CASES[lane.case]
    read = next(lane.cache.everything()).response.input_tokens or 0
    takes = 1.0 if case.tokens is None else float(_COUNTED[lane.protocol](read))
    use = use_of_limit(
        [entry for entry in read_log(log) if entry.protocol.startswith(lane.protocol)],
        per_minute=case.requests or case.tokens or 0.0,
        minutes=minutes,
        takes=takes,
    )
    return {"case": lane.case, "protocol": lane.protocol, "takes": takes} | use


if __name__ == "__main__":
    main()
