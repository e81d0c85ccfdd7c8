"""How fast 2,000 questions about 37 kB images are answered, beside bare loops of the same SDKs.

A loopback server in a process of its own takes 0.2 s an answer; with 100 in flight the ideal is
2,000 x 0.2 / 100 = 4.0 s. Everybody does equal work, in each of the three protocols: reads each file,
encodes it in base64, asks with the same settings, and takes the text of the answer. The bare loops
have all their requests in flight from the start; ours begin with 20 and double while all is well, as
they would with a provider, and the time that this takes is counted.

    python benchmarks/throughput.py [--protocol anthropic] [--rounds 3] [--requests 2000]

Rounds take turns, so that a busy machine troubles everybody alike. Told are medians, and the median of
the ratios to the bare SDK of the same round with the lowest and the highest of them. CPU time is the
sturdier figure where other work shares the machine.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import click

# A program is not told where the parts beside it are.
sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.served.measurement import Measurement, machine, measure, summarize
from benchmarks.served.pictures import make_images
from benchmarks.served.protocols import CONTENDERS, PROTOCOLS

from mllmsent.loopback import Faults, spawn

RESULTS = Path(__file__).parent / "results" / "throughput.json"
IMAGE_BYTES = 37_000
BY_DEFAULT = CONTENDERS[:4]


@click.command()
@click.option("--protocol", "protocols", type=click.Choice(list(PROTOCOLS)), multiple=True)
@click.option("--requests", type=click.IntRange(min=1), default=2000, show_default=True)
@click.option("--in-flight", type=click.IntRange(1, 1000), default=100, show_default=True)
@click.option(
    "--latency",
    type=click.FloatRange(min=0, min_open=True),
    default=0.2,
    show_default=True,
    help="Seconds the server takes.",
)
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True)
@click.option("--only", type=click.Choice(CONTENDERS), multiple=True)
@click.option("--out", type=click.Path(path_type=Path), default=RESULTS, show_default=True)
def main(  # noqa: PLR0917 - click passes options by name
    protocols: tuple[str, ...],
    requests: int,
    in_flight: int,
    latency: float,
    rounds: int,
    only: tuple[str, ...],
    out: Path,
) -> None:
    """Measure, print a table, and write the figures as JSON."""
    ideal = requests * latency / in_flight
    about = machine()
    measured: list[Measurement] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        spawn(faults=Faults(latency_s=latency)) as server,
    ):
        images = make_images(Path(folder), requests, size=IMAGE_BYTES)
        for number in range(rounds):
            for protocol in protocols or PROTOCOLS:
                for name in _names(protocol, only):
                    one = measure(
                        protocol, name, server, images, in_flight=in_flight, number=number
                    )
                    if one.answered != requests:
                        sys.exit(f"{protocol}, {name}: {one.answered} of {requests} answered")
                    measured.append(one)
    rows = summarize(measured, requests=requests, ideal_s=ideal)
    print(f"{requests} requests, {in_flight} in flight, {latency} s latency; ideal {ideal:.1f} s")
    for row in rows:
        ratio = "    " if row["over_bare_sdk"] is None else f"{row['over_bare_sdk']:.2f}"
        print(
            f"{row['protocol']:10s} {row['contender']:22s} {row['wall_s']:6.2f} s  "
            f"{row['over_ideal']:.2f} x ideal  {ratio} x bare SDK  "
            f"{row['cpu_ms_per_request']:.2f} ms CPU/request"
            f"  (server {row['server_cpu_ms_per_request']:.2f})"
        )
    result = {
        "requests": requests,
        "in_flight": in_flight,
        "latency_s": latency,
        "ideal_s": ideal,
        "image_bytes": IMAGE_BYTES,
        "machine": about,
        "summary": rows,
        "measurements": [asdict(measurement) for measurement in measured],
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"written to {out}")


def _names(protocol: str, only: tuple[str, ...]) -> list[str]:
    return [name for name in only or BY_DEFAULT if name in PROTOCOLS[protocol].contenders]


if __name__ == "__main__":
    main()
