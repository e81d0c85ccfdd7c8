"""How many planted faults the audits of runs find, and how often they accuse a sound run.

    python -m benchmarks.audit [--planted 20] [--sound 50] [--jobs 2]
                               [--planted-from 0] [--sound-from 1000]
                               [--json benchmarks/results/audit.json] [--markdown FILE]

Faults are planted in runs made from seeds (tests/audit/faults/): for each code as many as are asked
for, by chance in how, where and how much. Found counts a fault whose finding names the right system
and holds every planted row. A sound set is an import and a study of labels (small, usual or large),
a study of ratings, and an import or a study of sets of labels; an alarm is any finding in them.
Intervals are exact ones of a share (Clopper and Pearson), 95 %. The seeds by default are those that
the audits were tried on while they were made; other seeds are runs that no audit has seen.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import click
from scipy import stats
from tests.audit.measuring import (
    AUDIT_OF,
    RUNS_OF_A_SET,
    Recall,
    alarms_in_sound_set,
    recall_of,
)


@click.command()
@click.option("--planted", default=20, show_default=True, help="Faults of each code.")
@click.option("--sound", default=50, show_default=True, help="Sound sets.")
@click.option("--planted-from", default=0, show_default=True, help="First seed of the faults.")
@click.option("--sound-from", default=1000, show_default=True, help="First seed of the sound sets.")
@click.option("--jobs", default=1, show_default=True, help="Processes.")
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path), help="Write the numbers there too."
)
@click.option("--markdown", type=click.Path(path_type=Path), help="Write the table there too.")
def main(
    *,
    planted: int,
    sound: int,
    planted_from: int,
    sound_from: int,
    jobs: int,
    json_file: Path | None,
    markdown: Path | None,
) -> None:
    """Print recall by code, and false alarms."""
    began = time.perf_counter()
    faults = range(planted_from, planted_from + planted)
    seeds = range(sound_from, sound_from + sound)
    with ProcessPoolExecutor(jobs) as pool:
        recalls = dict(zip(AUDIT_OF, pool.map(partial(_recall, faults), AUDIT_OF), strict=True))
        alarms = list(pool.map(alarms_in_sound_set, seeds))
    numbers = _numbers(recalls, alarms) | {"seconds": round(time.perf_counter() - began)}
    print(_table(numbers))
    print(f"{numbers['seconds']} s")
    for code, missed in numbers["missed"].items():
        print(f"missed of {code}: seeds {', '.join(map(str, missed))}")
    for alarm in numbers["alarms"]:
        print(f"alarm: {alarm['code']} in {alarm['run']}, {alarm['times']} times")
    if json_file is not None:
        json_file.parent.mkdir(parents=True, exist_ok=True)
        json_file.write_text(json.dumps(numbers, indent=2) + "\n", encoding="utf-8")
    if markdown is not None:
        markdown.write_text(_table(numbers) + "\n", encoding="utf-8")


def _recall(seeds: range, code: str) -> Recall:
    return recall_of(code, seeds)


def _numbers(recalls: dict[str, Recall], alarms: list[Counter[tuple[str, str]]]) -> dict[str, Any]:
    """What was counted, as plain JSON."""
    together = sum(alarms, Counter[tuple[str, str]]())
    return {
        "planted": {code: recall.planted for code, recall in recalls.items()},
        "found": {code: recall.found for code, recall in recalls.items()},
        "missed": {code: list(one.missed) for code, one in recalls.items() if one.missed},
        "sound_sets": len(alarms),
        "sound_runs": len(alarms) * RUNS_OF_A_SET,
        "sound_sets_with_alarm": sum(1 for one in alarms if one),
        "alarms": [
            {"code": code, "run": run, "times": times} for (code, run), times in together.items()
        ],
    }


def _table(numbers: dict[str, Any]) -> str:
    """A Markdown table: code, planted, found, share with its interval, alarms."""
    alarms = Counter[str]()
    for alarm in numbers["alarms"]:
        alarms[alarm["code"]] += alarm["times"]
    planted, found = numbers["planted"], numbers["found"]
    sound = numbers["sound_sets"]
    lines = [f"| code | planted | found | recall | alarms in {sound} sound sets |"]
    lines.append("| --- | --- | --- | --- | --- |")
    for code in planted:
        share = _share(found[code], planted[code])
        lines.append(f"| `{code}` | {planted[code]} | {found[code]} | {share} | {alarms[code]} |")
    every = sum(planted.values()), sum(found.values())
    share = _share(every[1], every[0])
    lines.append(f"| all | {every[0]} | {every[1]} | {share} | {alarms.total()} |")
    return "\n".join(lines)


def _share(part: int, whole: int) -> str:
    interval = stats.binomtest(part, whole).proportion_ci(method="exact")
    return f"{part / whole:.2f} [{interval.low:.2f}, {interval.high:.2f}]"


if __name__ == "__main__":
    main()
