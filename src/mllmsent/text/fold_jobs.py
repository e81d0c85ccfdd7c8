"""The work of single folds, one after another or side by side, whichever is sooner done."""

from __future__ import annotations

import math
import time
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.work import report_work
from mllmsent.text.interface import CutWarning

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from mllmsent.text.interface import Floats, TextClassifier

__all__ = ["FoldJob", "FoldRead", "run_jobs"]

_START_S = 3.0
"""What it takes to start processes in which scikit-learn is imported, measured on two slow cores."""


@dataclass(frozen=True, slots=True)
class FoldJob:
    """One fold's work, complete in itself so that another process can do it.

    Attributes:
        classifier: A fresh one.
        texts: What it learns from.
        targets: The same rows', as `TextClassifier.fit` takes them.
        groups: The same rows' groups.
        seed: Seed of the training.
        test_texts: What it reads.
    """

    classifier: TextClassifier
    texts: list[str]
    targets: NDArray[Any]
    groups: NDArray[Any]
    seed: int
    test_texts: list[str]


@dataclass(frozen=True, slots=True)
class FoldRead:
    """What came of it.

    Attributes:
        scores: Those of the texts that were read.
        fitted: What the classifier chose or found in training.
    """

    scores: Floats
    fitted: Mapping[str, Any]


def run_jobs(jobs: list[FoldJob], workers: int | None, *, parallel: bool) -> list[FoldRead]:
    """Do the work of all folds.

    The first is done here. How long it took tells whether the others are sooner done by several
    processes, which take their time to start. What they come to is the same.

    Args:
        jobs: The folds' work; the list is empty afterwards.
        workers: How many processes; by default as many as there are processors, where it helps.
        parallel: Whether the classifier may be used in another process at all.
    """
    n_jobs = len(jobs)
    with report_work("Folds", n_jobs) as done:
        found: list[FoldRead] = []
        if not parallel:
            workers = 1
        elif workers is None:
            began, worked = time.perf_counter(), time.process_time()
            found.append(_reported(jobs.pop(0), done))
            # Where others keep the processors busy, much of the time is waiting, which nobody shares.
            seconds = min(time.perf_counter() - began, time.process_time() - worked)
            workers = _helpful_workers(len(jobs), seconds)
        if min(workers, len(jobs)) > 1:
            return found + _side_by_side(jobs, workers, done)
        while jobs:
            # Each is let go of before the next learns: a transformer fills a memory.
            found.append(_reported(jobs.pop(0), done))
    return found


def _helpful_workers(n_jobs: int, seconds: float) -> int:
    """As many processes as make jobs of so many seconds sooner done; 1 for none."""
    from joblib import cpu_count  # noqa: PLC0415 - heavy; it comes with scikit-learn

    # It knows of quotas and affinities, by which a program may use fewer than there are.
    workers = max(1, min(int(cpu_count()), n_jobs))
    rounds = math.ceil(n_jobs / workers)
    return workers if rounds * seconds + _START_S < n_jobs * seconds else 1


def _side_by_side(jobs: list[FoldJob], workers: int, done: Callable[[int], None]) -> list[FoldRead]:
    from sklearn.utils.parallel import Parallel, delayed  # noqa: PLC0415 - heavy

    given = list(jobs)
    jobs.clear()
    found: list[FoldRead] = Parallel(n_jobs=min(workers, len(given)))(
        delayed(_do)(job) for job in given
    )
    done(len(found))
    return found


def _reported(job: FoldJob, done: Callable[[int], None]) -> FoldRead:
    read = _do(job)
    done(1)
    return read


def _do(job: FoldJob) -> FoldRead:
    job.classifier.fit(job.texts, job.targets, seed=job.seed, groups=job.groups)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CutWarning)  # it is among the notes
        return FoldRead(job.classifier.predict(job.test_texts), job.classifier.fitted)
