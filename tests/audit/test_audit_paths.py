"""`audit_path`: what is there is told by itself, and audited as what it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from tests.cli.saying import say

from mllmsent.audit import audit_path
from mllmsent.foundation import InputError
from mllmsent.runs.imports import import_run

if TYPE_CHECKING:
    from pathlib import Path

LABELS = ["negative", "neutral", "positive"]


def write_logs(folder: Path, *, shift: int = 0) -> Path:
    """Logs in the published layout: three classifiers, one of them with ids of other rows."""
    for name in ("bart", "bert", "modernbert"):
        logs = folder / f"experiments-finetuning/openai-{name}-experiment-p3-alpha3/logs"
        logs.mkdir(parents=True)
        for fold in (1, 2):
            codes = np.random.default_rng(fold).permutation(np.arange(40) % 3).tolist()
            ids = [f"f{fold}-{number}" for number in range(40)]
            moved = ids if name != "bert" else ids[shift:] + ids[:shift]
            said = [code if number % 4 else (code + 1) % 3 for number, code in enumerate(codes)]
            table = pd.DataFrame({"id": moved, "target": codes, "prediction": said})
            table.to_csv(logs / f"test_logs_0{fold}.csv", index=False)
    return folder


def test_a_folder_of_logs_is_imported_and_audited_and_left_as_it_is(tmp_path: Path) -> None:
    logs = write_logs(tmp_path / "theirs", shift=1)
    before = sorted(logs.rglob("*"))
    (finding,) = [one for one in audit_path(logs) if one.code == "shuffled-ids"]
    assert "bert" in finding.systems[0]
    assert finding.rows[0].file is not None
    assert finding.rows[0].file.endswith("test_logs_01.csv")
    assert sorted(logs.rglob("*")) == before


def test_a_run_gives_the_findings_of_the_files_it_was_imported_from(tmp_path: Path) -> None:
    logs = write_logs(tmp_path / "theirs", shift=1)
    import_run([logs], tmp_path / "run", format="mllmsent-logs")
    codes = [finding.code for finding in audit_path(logs)]
    assert [finding.code for finding in audit_path(tmp_path / "run")] == codes
    assert [finding.code for finding in audit_path(tmp_path / "run" / "manifest.json")] == codes


def test_sound_logs_have_no_faults(tmp_path: Path) -> None:
    assert audit_path(write_logs(tmp_path / "theirs")) == []


def test_a_table_of_predictions_is_audited_where_its_columns_have_usual_names(
    tmp_path: Path,
) -> None:
    rows = [
        {"id": f"i{number}", "system": system, "target": LABELS[number % 3], "prediction": label}
        for system in ("a", "b")
        for number in range(60)
        for label in [LABELS[number % 3] if number % 5 else LABELS[(number + 1) % 3]]
        if system == "a" or number != 7
    ]
    file = tmp_path / "predictions.csv"
    pd.DataFrame(rows).assign(scheme="polarity3").to_csv(file, index=False)
    (finding,) = audit_path(file)
    assert finding.code == "missing-items"
    assert [row.item_id for row in finding.rows] == ["i7"]


def test_a_table_that_cannot_be_read_as_predictions_is_told_with_the_way_out(
    tmp_path: Path,
) -> None:
    file = tmp_path / "notes.csv"
    file.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="mllmsent import"):
        audit_path(file)


def test_the_command_says_what_it_finds_and_exits_by_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    logs = str(write_logs(tmp_path / "theirs", shift=1))
    said = say(capsys, "audit", logs)
    assert said.code == 1
    assert "shuffled-ids" in said.out
    assert "Cure:" in said.out
    findings = json.loads(say(capsys, "audit", logs, "--json").out)
    assert findings[0]["code"] == "shuffled-ids"
    assert list(findings[0]) == ["code", "severity", "systems", "rows", "message", "effect"]
    assert {"item_id", "file", "row"} <= findings[0]["rows"][0].keys()
