"""Planted faults of every code are found, and sound runs left in peace: the least that must hold.

`benchmarks/audit.py` says how many exactly, of twenty faults each and fifty sound runs: minutes that
only it takes.
"""

from __future__ import annotations

import pytest
from tests.audit.measuring import AUDIT_OF, alarms_in_sound_set, recall_of
from tests.audit.run_faults import FAULTS

PLANTED = 5
LEAST = 4


def test_every_code_has_faults_to_plant() -> None:
    assert FAULTS.keys() == AUDIT_OF.keys()


@pytest.mark.slow
@pytest.mark.parametrize("code", FAULTS)
def test_planted_faults_are_found(code: str) -> None:
    recall = recall_of(code, range(PLANTED))
    assert recall.found >= LEAST, recall.missed


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 1010, 5))
def test_sound_runs_are_left_in_peace(start: int) -> None:
    alarms = {seed: alarms_in_sound_set(seed) for seed in range(start, start + 5)}
    assert sum(one.total() for one in alarms.values()) <= 1, alarms
