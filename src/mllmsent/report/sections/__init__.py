"""The sections of the page, one file each, in the order in which they are read.

A new section is a file with a function that takes `Findings` and gives a `Section`, and one line
here. What an analysis found has a section of its own accord; see `mllmsent.report.analyses`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.report.sections.analyses import analysis_sections
from mllmsent.report.sections.asked import asked
from mllmsent.report.sections.boards import leaderboards
from mllmsent.report.sections.brief import brief
from mllmsent.report.sections.confusions import confusions
from mllmsent.report.sections.data_card import data_card
from mllmsent.report.sections.described_factors import described_factors
from mllmsent.report.sections.explore import explore
from mllmsent.report.sections.method import method
from mllmsent.report.sections.pathways import pathways
from mllmsent.report.sections.pictures import pictures
from mllmsent.report.sections.reproduce import reproduce
from mllmsent.report.sections.scene_fields import scene_fields
from mllmsent.report.sections.section import Section, SectionMaker
from mllmsent.report.sections.unread import unread

if TYPE_CHECKING:
    from mllmsent.report.findings import Findings

__all__ = ["Section", "SectionMaker", "make_sections"]

FIRST: tuple[SectionMaker, ...] = (
    brief,
    asked,
    leaderboards,
    confusions,
    pathways,
    scene_fields,
    described_factors,
)
"""What comes before the analyses of the study."""

LAST: tuple[SectionMaker, ...] = (explore, pictures, data_card, unread, reproduce, method)
"""What comes after them."""


def make_sections(findings: Findings) -> list[Section]:
    """Every section that has something to say, first to last."""
    first, last = (
        [made for make in makers if (made := make(findings)) is not None]
        for makers in (FIRST, LAST)
    )
    return [*first, *analysis_sections(findings), *last]
