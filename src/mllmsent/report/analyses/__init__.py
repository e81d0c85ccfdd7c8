"""How findings of analyses are drawn: one file for each analysis, by its name.

A drawing takes the report's findings, what the analysis found, and the board (a scheme or dimension)
that is being written about, None for what is about no single one; it gives figures. An analysis
without a drawing shows its first table. Other packages add theirs in the entry-point group
`mllmsent.analysis_drawings`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mllmsent.foundation.registry import Registry

if TYPE_CHECKING:
    from mllmsent.analysis.found import Found
    from mllmsent.report.figures import Figure
    from mllmsent.report.findings import Board, Findings

__all__ = ["DRAWINGS", "Drawing"]

Drawing = Callable[["Findings", "Found", "Board | None"], "Sequence[Figure]"]
"""What draws the findings of an analysis for one board; nothing where there is nothing to see."""

DRAWINGS: Registry[Drawing] = Registry(
    kind="drawing",
    builtin={
        "comparison": "mllmsent.report.analyses.comparison:draw",
        "strategies": "mllmsent.report.analyses.strategies:draw",
        "people": "mllmsent.report.analyses.people:draw",
        "consistency": "mllmsent.report.analyses.consistency:draw",
        "agreement": "mllmsent.report.analyses.agreement:draw",
        "groups": "mllmsent.report.analyses.groups:draw",
        "calibration": "mllmsent.report.analyses.calibration:draw",
        "intensity": "mllmsent.report.analyses.intensity:draw",
        "blind_spots": "mllmsent.report.analyses.blind_spots:draw",
        "error_clusters": "mllmsent.report.analyses.error_clusters:draw",
        "visual_elements": "mllmsent.report.analyses.visual_elements:draw",
        "text_and_image": "mllmsent.report.analyses.text_and_image:draw",
        "description_quality": "mllmsent.report.analyses.description_quality:draw",
    },
    group="mllmsent.analysis_drawings",
)
