"""Ten thousand requests, a fifth of them met by faults of every kind, and five kills on the way.

A study of 10,000 pictures of 37 kB asks a loopback server in a process of its own. The study's process is
killed with SIGKILL five times, at random moments, and started again with the same command. Told are:
what became of every request, and why where nothing did; how many requests came to the server after
their answer had been committed (none is wanted); how many answers were paid for twice because they were
under way when the process died; and the memory of the process as it goes. Then all of it once more in
one go with an empty cache, which shows memory over the whole length. Up to 64 MiB of encoded images are
remembered: growth is told from when that is full.

    python benchmarks/endurance.py [--requests 10000] [--kills 5] [--faults 0.2]
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from dataclasses import astuple
from pathlib import Path
from typing import Any

import click

# A program is not told where the parts beside it are.
sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.served.measurement import machine
from benchmarks.served.runs import growth, left_behind, watch, write_study

from mllmsent.loopback import Faults, spawn

IMAGE_BYTES = 37_000
RESULTS = Path(__file__).parent / "results" / "endurance.json"
_FULL_AFTER = 2000
"""Answers after which all that is remembered of images is full: 64 MiB of base64."""


@click.command()
@click.option("--requests", default=10_000, show_default=True)
@click.option("--kills", default=5, show_default=True)
@click.option("--faults", "share", default=0.2, show_default=True, help="Share of attempts.")
@click.option("--latency", default=0.01, show_default=True, help="Seconds the server takes.")
@click.option("--in-flight", default=64, show_default=True)
@click.option("--seed", default=6, show_default=True, help="Of faults and kills.")
@click.option("--out", type=click.Path(path_type=Path), default=RESULTS, show_default=True)
def main(  # noqa: PLR0917 - click passes options by name
    requests: int, kills: int, share: float, latency: float, in_flight: int, seed: int, out: Path
) -> None:
    """Run, kill, run again; print what came of it, and write it as JSON."""
    about = machine()
    faults = Faults.mixed(share, latency_s=latency, slow_body_s=0.25, seed=seed)
    found: dict[str, Any] = {
        "in_flight": in_flight,
        "latency_s": latency,
        "seed": seed,
        "image_bytes": IMAGE_BYTES,
        "machine": about,
    }
    for name, times in (("killed", kills), ("in one go", 0)):
        found[name] = _endure(requests, times, faults, in_flight, seed)
        shown = {key: value for key, value in found[name].items() if key != "samples"}
        print(json.dumps({name: shown}, indent=1), flush=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(found) + "\n", encoding="utf-8")
    print(f"written to {out}")


def _endure(requests: int, kills: int, faults: Faults, in_flight: int, seed: int) -> dict[str, Any]:
    draws = random.Random(seed)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        log = folder / "log.jsonl"
        with spawn(faults=faults, log_file=log) as server:
            study = write_study(folder, server.url, requests, IMAGE_BYTES)
            began = time.monotonic()
            runs, committed = [], 0
            for number in range(kills):
                # The next moment lies in what is left, and every start comes to ask.
                more = draws.uniform(0.2, 1.0) * requests / (kills + 1)
                runs.append(
                    watch(
                        study,
                        number=number,
                        in_flight=in_flight,
                        kill_at=committed + round(more),
                        later_s=draws.random(),
                    )
                )
                committed = runs[-1][-1].committed
            runs.append(watch(study, number=kills, in_flight=in_flight))
            took_s = time.monotonic() - began
        last = runs[-1][-1].committed  # then tables are made of them, which is no asking
        return left_behind(study, log, requests) | {
            "kills": kills,
            "took_s": round(took_s, 1),
            "killed_at": [samples[-1].committed for samples in runs[:-1]],
            "memory_peak_mb": [max(each.rss_mb for each in samples) for samples in runs],
            "memory_growth_mb_per_1000": [
                growth(samples, begin=samples[0].committed + _FULL_AFTER, end=last - 1)
                for samples in runs
            ],
            "samples": [astuple(each) for samples in runs for each in samples],
        }


if __name__ == "__main__":
    main()
