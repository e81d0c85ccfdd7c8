"""`docs/audit.md` lists the audits there are, and the codes they give."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.audit.measuring import AUDIT_OF

from mllmsent.audit import audit_names, run_audit_names

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")


def test_the_page_has_every_audit_of_runs_with_its_codes() -> None:
    table = PAGE.partition("## Runs and imports")[2].partition("\n##")[0]
    rows = re.findall(r"^\| `([\w-]+)` \| ([^|]+) \|", table, re.MULTILINE)
    assert [name for name, _ in rows] == list(run_audit_names())
    listed = {code: name for name, codes in rows for code in re.findall(r"`([\w-]+)`", codes)}
    assert listed == AUDIT_OF


def test_the_page_has_every_audit_of_datasets() -> None:
    named = re.findall(r"`([\w-]+)`", PAGE.partition("\n## Datasets")[2])
    assert set(named) >= set(audit_names())


def test_every_code_stands_in_a_module_of_the_room() -> None:
    room = ROOT / "src" / "mllmsent" / "audit" / "runs"
    source = "\n".join(path.read_text(encoding="utf-8") for path in room.glob("*.py"))
    assert set(re.findall(r'code="([\w-]+)"', source)) <= AUDIT_OF.keys()
    assert all(f'"{code}"' in source for code in AUDIT_OF)


def test_the_pages_counts_are_those_that_the_benchmark_wrote() -> None:
    numbers = json.loads((ROOT / "benchmarks" / "results" / "audit.json").read_text("utf-8"))
    rows = re.findall(r"^\| `([\w-]+)` \| (\d+) \| (\d+) \| [^|]+ \| (\d+) \|", PAGE, re.MULTILINE)
    assert {code: int(planted) for code, planted, _, _ in rows} == numbers["planted"]
    assert {code: int(found) for code, _, found, _ in rows} == numbers["found"]
    assert numbers["planted"].keys() == AUDIT_OF.keys()
    assert sum(int(alarms) for *_, alarms in rows) == sum(one["times"] for one in numbers["alarms"])
