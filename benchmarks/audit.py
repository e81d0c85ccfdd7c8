"""How many planted faults the audits of runs find, and how often they accuse a sound run.

    python -m benchmarks.audit [--planted 20] [--sound 50] [--jobs 2] [--json FILE]

Faults are planted in runs made from seeds (tests/audit/sound_runs.py, run_faults.py): for each code
as many as are asked for, by chance in how, where and how much. Found counts a fault whose finding
names the right system and holds every planted row. A sound set is a sound import and a sound study;
an alarm is any finding in them.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import click
from tests.audit.measuring import Recall, alarms_in_sound_run, recall_of
from tests.audit.run_faults import FAULTS


@click.command()
@click.option("--planted", default=20, show_default=True, help="Faults of each code.")
@click.option("--sound", default=50, show_default=True, help="Sound sets.")
@click.option("--jobs", default=1, show_default=True, help="Processes.")
@click.option(
    "--json", "file", type=click.Path(path_type=Path), help="Write the numbers there too."
)
def main(planted: int, sound: int, jobs: int, file: Path | None) -> None:
    """Print recall by code, and false alarms."""
    began = time.perf_counter()
    with ProcessPoolExecutor(jobs) as pool:
        recalls = dict(zip(FAULTS, pool.map(partial(_recall, planted), FAULTS), strict=True))
        alarms = sum(pool.map(alarms_in_sound_run, range(1000, 1000 + sound)), Counter[str]())
    print(f"{'code':36} planted  found  recall  alarms in {sound} sound sets")
    for code, recall in recalls.items():
        share = recall.found / recall.planted
        print(f"{code:36} {recall.planted:7} {recall.found:6} {share:7.2f} {alarms[code]:7}")
    every = [sum(getattr(one, what) for one in recalls.values()) for what in ("planted", "found")]
    print(f"{'all':36} {every[0]:7} {every[1]:6} {every[1] / every[0]:7.2f} {alarms.total():7}")
    print(f"{time.perf_counter() - began:.0f} s")
    if file is not None:
        numbers = {
            "recall": {code: [one.found, one.planted] for code, one in recalls.items()},
            "missed": {code: list(one.missed) for code, one in recalls.items() if one.missed},
            "sound_sets": sound,
            "alarms": dict(alarms),
        }
        file.write_text(json.dumps(numbers, indent=2) + "\n", encoding="utf-8")


def _recall(planted: int, code: str) -> Recall:
    return recall_of(code, range(planted))


if __name__ == "__main__":
    main()
