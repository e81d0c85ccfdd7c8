"""Folds side by side: only where it helps, never for what must stay, and gone when stopped."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.text.corpus import Memory, described

from mllmsent.affect import get_scheme
from mllmsent.text import OutOfFold, cross_validate, fold_jobs

POLARITY = get_scheme("polarity3")
FOLDS = np.arange(30) % 3


@dataclass
class Whereabouts(Memory):
    """It tells in which process it learned."""

    parallel_folds: bool = True

    @property
    def fitted(self) -> Mapping[str, Any]:
        return {"process": os.getpid(), "texts": len(self.known)}


def processes(workers: int | None = None, *, parallel: bool = True) -> list[bool]:
    """Of each fold, whether it was learned in this process."""
    result = read(workers, parallel=parallel)
    return [fit.chosen["process"] == os.getpid() for fit in result.fits]


def read(workers: int | None = None, *, parallel: bool = True) -> OutOfFold:
    texts, labels = described(30)
    return cross_validate(
        lambda: Whereabouts(parallel_folds=parallel),
        texts,
        labels,
        FOLDS,
        scheme=POLARITY,
        workers=workers,
    )


def test_what_is_done_at_once_is_not_worth_a_process() -> None:
    assert processes() == [True, True, True]


def test_what_takes_long_is_shared_once_the_first_fold_has_told_how_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fold_jobs, "_START_S", -1.0)
    monkeypatch.setattr("joblib.cpu_count", lambda: 2)
    assert processes() == [True, False, False]
    assert processes(2) == [False, False, False]
    np.testing.assert_array_equal(read().scores, read(1).scores)
    monkeypatch.setattr("joblib.cpu_count", lambda: 1)
    assert processes() == [True, True, True], "one processor has nothing to share"


def test_what_must_stay_in_its_process_does_whatever_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fold_jobs, "_START_S", -1.0)
    assert processes(parallel=False) == [True, True, True]
    assert processes(3, parallel=False) == [True, True, True]


STOPPED = """
import sys
from functools import partial
import numpy as np
from tests.text.corpus import described
from mllmsent.affect import get_scheme
from mllmsent.text import cross_validate, get_classifier

texts, labels = described(4000)
linear = partial(
    get_classifier, "linear", get_scheme("polarity3"), {"c": [0.1, 1, 10], "characters": [1, 5]}
)
print("begun", flush=True)
try:
    cross_validate(
        linear, texts, labels, np.arange(4000) % 4, scheme=get_scheme("polarity3"), workers=2
    )
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are counted in /proc")
def test_ctrl_c_leaves_no_process_behind() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STOPPED], stdout=subprocess.PIPE, start_new_session=True
    ) as stopped:
        assert stopped.stdout is not None
        stopped.stdout.readline()
        wait_for(lambda: len(group(stopped.pid)) > 3)
        os.killpg(stopped.pid, signal.SIGINT)
        assert stopped.wait(240) == 130
        wait_for(lambda: not group(stopped.pid))


def wait_for(reached: Any) -> None:
    for _ in range(2400):
        if reached():
            return
        time.sleep(0.1)
    raise AssertionError("never reached")


def group(leader: int) -> list[str]:
    """The processes that a session's leader has started, itself among them."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(folder.name)) == leader:
                found.append(folder.name)
        except ProcessLookupError:
            continue
    return found
