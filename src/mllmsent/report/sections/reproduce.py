"""How to do it again: commands, versions, hashes, seeds, hardware, and the study itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.models import dollars
from mllmsent.report.environment import fill
from mllmsent.report.findings import Loose
from mllmsent.report.sections.section import Section
from mllmsent.runs.costs import paid_models
from mllmsent.runs.folder import study_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.report.findings import Findings

__all__ = ["reproduce"]


def _place(findings: Findings) -> str:
    """The run folder as a command would name it, without a path of this machine."""
    folder = findings.run.path.resolve()
    return f"runs/{folder.name}" if folder.parent.name == "runs" else folder.name or "RUN"


def _costs(costs: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """What each model cost, in words; empty where nothing cost anything."""

    def money(amount: float | None) -> str:
        return "unknown" if amount is None else dollars(amount)

    return [
        {
            "model": each.model,
            "answers": f"{each.answers:,}",
            "cost": money(each.cost_usd),
            "unpriced": f"{each.unpriced:,}" if each.unpriced and each.cost_usd is not None else "",
            "estimated": money(each.estimated_usd),
            "total": money(each.total_usd),
        }
        for each in paid_models(costs)
    ]


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
        costs=_costs(manifest.get("costs") or ()),
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
