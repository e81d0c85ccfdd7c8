"""A study as a process: started, watched from outside, killed, and what it left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from benchmarks.served.pictures import make_images

from mllmsent.loopback import read_log
from mllmsent.runs import AnswerCache

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from mllmsent.loopback import LoggedRequest

__all__ = ["Sample", "asked_again", "growth", "left_behind", "watch", "write_study"]

_EVERY_S = 0.5
_LABELS = ("negative", "neutral", "positive")


@dataclass(frozen=True)
class Sample:
    """A look at a running study.

    Attributes:
        process: Which start of it, from 0.
        at_s: Seconds since that start.
        committed: Answers on disk.
        rss_mb: Memory of the process that is resident; 0 once it is dead.
    """

    process: int
    at_s: float
    committed: int
    rss_mb: float


def write_study(folder: Path, url: str, requests: int, image_bytes: int) -> Path:
    """A study of so many pictures, each asked about once; the file."""
    pictures = folder / "photos"
    for label in _LABELS:
        (pictures / label).mkdir(parents=True)
    for number, image in enumerate(make_images(pictures, requests, size=image_bytes, side=24)):
        image.path.rename(pictures / _LABELS[number % len(_LABELS)] / image.path.name)
    study = folder / "study.yaml"
    study.write_text(
        "name: endurance\ndataset: photos\nschemes: [polarity3]\n"
        f'models: [{{model: vllm/m, options: {{base_url: "{url}"}}}}]\n',
        encoding="utf-8",
    )
    return study


def watch(
    study: Path, *, number: int, in_flight: int, kill_at: int | None = None, later_s: float = 0.0
) -> list[Sample]:
    """Run a study until it ends, or kill it.

    Args:
        study: Its file; run folder and cache stand beside it.
        number: Which start this is, for the samples.
        in_flight: Most requests at once.
        kill_at: How many committed answers there must be before it is killed; None to let it end.
        later_s: Seconds that pass between that and the kill.

    Returns:
        A look every half second; the last one after a kill says what is on disk then.
    """
    command = [sys.executable, "-m", "mllmsent", "run", study.name, "--out", "run"]
    command += ["--in-flight", str(in_flight), "--no-report"]
    samples: list[Sample] = []
    began = time.monotonic()
    with (
        (study.parent / f"said-{number}.txt").open("wb") as said,
        subprocess.Popen(command, cwd=study.parent, stdout=said, stderr=said) as process,
    ):
        while process.poll() is None:
            done = _committed(study)
            at_s = time.monotonic() - began
            samples.append(Sample(number, round(at_s, 2), done, _rss_mb(process.pid)))
            if kill_at is not None and done >= kill_at:
                time.sleep(later_s)
                process.send_signal(signal.SIGKILL)
                break
            time.sleep(_EVERY_S)
    if kill_at is not None:
        samples.append(Sample(number, round(time.monotonic() - began, 2), _committed(study), 0.0))
    elif process.returncode not in {0, 1}:
        raise SystemExit((study.parent / f"said-{number}.txt").read_text(encoding="utf-8"))
    return samples


def _committed(study: Path) -> int:
    file = study.parent / "answers.sqlite"
    if not file.exists():
        return 0
    # Not kept open: whoever opens it first after a kill has to mend it, and that is to be the study.
    with closing(AnswerCache(file)) as cache:
        return cache.count()


def _rss_mb(pid: int) -> float:
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:  # noqa: PTH123 - no file of ours
            pages = int(file.read().split()[1])
    except (OSError, IndexError):
        return 0.0
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 2)


def asked_again(
    entries: Iterable[LoggedRequest], committed_at: dict[str, float]
) -> list[LoggedRequest]:
    """What arrived at the server after its answer was committed.

    Args:
        entries: The server's log; each request about one image.
        committed_at: SHA-256 of an image to when its answer was committed, in seconds since the
            epoch.
    """
    return [entry for entry in entries if entry.time > committed_at.get(entry.images[0], np.inf)]


def growth(samples: Sequence[Sample], *, begin: int, end: int) -> float | None:
    """How much memory a thousand answers cost, in MB: a line through the samples between.

    Args:
        samples: Of one process.
        begin: Committed answers from which samples count, when everything is loaded.
        end: Until when.
    """
    within = [each for each in samples if begin <= each.committed <= end and each.rss_mb]
    done = np.array([each.committed for each in within], dtype=float)
    if len(within) < 3 or not np.ptp(done):
        return None
    slope = np.polyfit(done / 1000, [each.rss_mb for each in within], 1)[0]
    return round(float(slope), 3)


def left_behind(study: Path, log: Path, requests: int) -> dict[str, Any]:
    """What became of every request, from the server's log, the cache and the run's table."""
    entries = read_log(log)
    with closing(AnswerCache(study.parent / "answers.sqlite")) as cache:
        committed_at = {
            answer.response.image_sha256[0]: answer.created_at.timestamp()
            for answer in cache.everything()
        }
    table = pd.read_parquet(study.parent / "run" / "responses.parquet")
    failed = table[table["status"] == "failed"]
    answered = Counter(entry.images[0] for entry in entries if not entry.fault)
    return {
        "requests": requests,
        "recorded": len(table),
        "status": {str(status): int(n) for status, n in table["status"].value_counts().items()},
        "failed_without_reason": int((failed["error"].fillna("") == "").sum()),
        "reasons": {
            str(reason): int(n)
            for reason, n in failed["error"].str.slice(0, 80).value_counts().items()
        },
        "arrived": len(entries),
        "share_of_faults": round(sum(bool(entry.fault) for entry in entries) / len(entries), 4),
        "faults": dict(Counter(entry.fault for entry in entries if entry.fault)),
        "committed": len(committed_at),
        "asked_after_commit": len(asked_again(entries, committed_at)),
        "answered_more_than_once": sum(count - 1 for count in answered.values()),
    }
