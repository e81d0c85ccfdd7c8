"""The sections of the page, one file each, in the order in which they are read.

A new section is a file with a function that takes `Findings` and gives a `Section`, and one line
here.
"""

from mllmsent.report.sections.agreement import agreement
from mllmsent.report.sections.asked import asked
from mllmsent.report.sections.behind import behind
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

__all__ = ["SECTIONS", "Section", "SectionMaker"]

SECTIONS: tuple[SectionMaker, ...] = (
    brief,
    asked,
    leaderboards,
    confusions,
    behind,
    agreement,
    pathways,
    scene_fields,
    described_factors,
    explore,
    pictures,
    data_card,
    unread,
    reproduce,
    method,
)
"""Every section, first to last."""
