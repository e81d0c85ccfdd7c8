"""How the numbers are made, and where the formulas come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.report.environment import fill
from mllmsent.report.sections.section import Section

if TYPE_CHECKING:
    from mllmsent.report.findings import Findings

__all__ = ["method"]


def method(findings: Findings) -> Section:
    """A note on scores, intervals, tests and agreement."""
    schemes = findings.evidence.schemes.values()
    body = fill(
        "sections/method.html",
        level=findings.resampling.level,
        resamples=findings.resampling.n_resamples,
        bootstrap=findings.resampling.method,
        has_labels=any(scheme.labels for scheme in schemes),
        has_ordered=any(scheme.kind == "ordered" for scheme in schemes),
        has_dimensions=any(scheme.dimensions for scheme in schemes),
        has_agreement=len(findings.agreement) > 0,
        has_scores=bool(findings.boards),
        has_blind_spots=_searched_for_blind_spots(findings),
    )
    return Section("method", "How the numbers are made", body)


def _searched_for_blind_spots(findings: Findings) -> bool:
    found = findings.analysis("blind_spots")
    return found is not None and len(found.tables["searches"]) > 0
