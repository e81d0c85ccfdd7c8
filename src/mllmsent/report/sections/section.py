"""A section of the page: a heading, words and figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markupsafe import Markup

    from mllmsent.report.figures import Figure
    from mllmsent.report.findings import Findings

__all__ = ["Section", "SectionMaker"]


@dataclass(frozen=True, eq=False)
class Section:
    """A section, ready to be put into the page.

    Attributes:
        anchor: Its name in addresses.
        title: Its heading.
        body: What stands under the heading.
        figures: The figures it shows.
    """

    anchor: str
    title: str
    body: Markup
    figures: tuple[Figure, ...] = ()


SectionMaker = Callable[["Findings"], Section | None]
"""Makes a section of what was found; None where there is nothing to say."""
