"""How to do it again: commands, versions, hashes, seeds, hardware, and the study itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.models import dollars
from mllmsent.report.environment import fill
from mllmsent.report.findings import Loose
from mllmsent.report.sections.section import Section
from mllmsent.runs.costs import cost_lines
from mllmsent.runs.folder import study_yaml

if TYPE_CHECKING:
    from mllmsent.report.findings import Findings

__all__ = ["reproduce"]


def _place(findings: Findings) -> str:
    """The run folder as a command would name it, without a path of this machine."""
    folder = findings.run.path.resolve()
    return f"runs/{folder.name}" if folder.parent.name == "runs" else folder.name or "RUN"


def reproduce(findings: Findings) -> Section:
    """Everything another person needs to get the same numbers, or to see why they do not."""
    manifest = findings.manifest
    body = fill(
        "sections/reproduce.html",
        place=_place(findings),
        manifest=manifest,
        dataset=findings.dataset,
        requests=manifest["requests"] or Loose(),
        tokens=manifest["tokens"] or Loose(),
        cost=dollars(manifest["cost_usd"]) if manifest.get("cost_usd") else None,
        costs=cost_lines(manifest.get("costs") or ()),
        as_of=manifest.get("prices_as_of"),
        hardware=manifest["hardware"] or Loose(),
        packages=manifest.get("packages") or {},
        protocols=manifest.get("protocols") or {},
        strategies=manifest.get("strategies") or {},
        study=study_yaml(findings.run.study),
        seed=manifest.get("seed"),
        systems=[
            {**row, "name": findings.names[row["system_id"]]}
            for row in findings.evidence.systems.to_dict(orient="records")
        ],
    )
    return Section("reproduce", "How to reproduce it", body)
