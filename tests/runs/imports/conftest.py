"""Imports, and the scores of what they bring in."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mllmsent.analysis import evidence_of
from mllmsent.metrics import Resampling, fold_mean, get_metric
from mllmsent.runs import RunFolder
from mllmsent.runs.imports import import_run

Scores = dict[tuple[str, str], float]


@pytest.fixture
def import_logs(tmp_path: Path) -> Callable[..., RunFolder]:
    """Import folders in the published layout."""

    def run(*folders: Path, **options: object) -> RunFolder:
        return import_run(
            folders,
            tmp_path / "run",
            format="mllmsent-logs",
            **options,  # type: ignore[arg-type]
        )

    return run


@pytest.fixture
def import_table(tmp_path: Path) -> Callable[..., RunFolder]:
    """Write a table and import it."""

    def run(content: str | bytes, name: str = "theirs.csv", **options: object) -> RunFolder:
        file = tmp_path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return import_run([file], tmp_path / "run", **options)  # type: ignore[arg-type]

    return run


@pytest.fixture
def weighted_f1() -> Callable[[RunFolder], Scores]:
    """Scheme and system to weighted F1 as leaderboards have it, the mean over folds."""

    def scores(run: RunFolder) -> Scores:
        found = {}
        few = Resampling(n_resamples=100)
        for scheme in run.schemes:
            for entry in evidence_of(run).scored(scheme):
                assert entry.sample is not None
                folds = entry.rows["fold"].astype(int).tolist()
                mean = fold_mean(get_metric("weighted_f1"), entry.sample, folds, few).mean
                found[scheme, entry.name] = mean.value
        return found

    return scores
