"""What the audits find in predictions that were really published."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from mllmsent.audit import audit_path

if TYPE_CHECKING:
    from pathlib import Path

    from mllmsent.audit import Finding


@pytest.fixture(scope="module")
def findings(shared_data: Path) -> list[Finding]:
    return audit_path(shared_data / "published-raw")


@pytest.mark.slow
def test_two_published_trainings_were_stopped_by_the_fold_they_report(
    findings: list[Finding], shared_data: Path
) -> None:
    found = [one for one in findings if one.code == "selected-on-reported-fold"]
    assert {"ended 9 epochs" in one.message for one in found} == {True, False}
    assert {"ended 24 epochs" in one.message for one in found} == {True, False}
    # By hand: in each fold, the epochs between the best score and the last one.
    for track, metric, lag in (
        ("experiments-finetuning/openai-modernbert-experiment-p3-alpha5", "val_f1_score", 9),
        ("experiments-not-finetuning/modernbert-experiment-p5-alpha5", "val_f1_score", 24),
    ):
        lags = []
        for fold in range(1, 6):
            file = shared_data / "published-raw" / track / f"logs/training_logs_0{fold}.csv"
            curve = pd.read_csv(file)
            best = int(curve[metric].to_numpy().argmax())
            lags.append(len(curve) - 1 - best)
        assert lags.count(lag) >= 4


@pytest.mark.slow
def test_their_scores_are_given_by_their_rows_and_their_labels_and_ids_are_sound(
    findings: list[Finding],
) -> None:
    assert {one.code for one in findings} == {
        "selected-on-reported-fold",
        "truncated-descriptions",
        "class-absent-from-fold",
    }


@pytest.mark.slow
def test_the_descriptions_called_cut_stop_in_the_middle(findings: list[Finding]) -> None:
    found = [one for one in findings if one.code == "truncated-descriptions"]
    notes = [row.note for one in found for row in one.rows]
    assert notes
    assert not any(note.rstrip("'\"").endswith((".", "!", "?")) for note in notes)
