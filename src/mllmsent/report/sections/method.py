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
        has_gaps=any(search.n_tests for search in findings.gaps.values()),
    )
    return Section("method", "How the numbers are made", body)
