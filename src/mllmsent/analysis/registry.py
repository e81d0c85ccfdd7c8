"""The analyses there are, by name.

To add one, write a module with an `Analysis` and name it here, or in the entry-point group
`mllmsent.analyses` of another package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.foundation.errors import InputError, nearest
from mllmsent.foundation.registry import Registry
from mllmsent.foundation.work import report_work

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mllmsent.analysis.found import Analysis, Found
    from mllmsent.analysis.material import Material
    from mllmsent.runs.study import Study

__all__ = ["ANALYSES", "analyze", "asked_analyses", "check_analyses"]

ANALYSES: Registry[Analysis] = Registry(
    kind="analysis",
    builtin={
        "comparison": "mllmsent.analysis.comparison.find:COMPARISON",
        "strategies": "mllmsent.analysis.strategies.find:STRATEGIES",
        "people": "mllmsent.analysis.people.find:PEOPLE",
        "consistency": "mllmsent.analysis.consistency.find:CONSISTENCY",
        "agreement": "mllmsent.analysis.agreement:AGREEMENT",
        "groups": "mllmsent.analysis.groups.find:GROUPS",
        "calibration": "mllmsent.analysis.calibration.find:CALIBRATION",
        "intensity": "mllmsent.analysis.intensity.find:INTENSITY",
        "blind_spots": "mllmsent.analysis.blind_spots.find:BLIND_SPOTS",
        "error_clusters": "mllmsent.analysis.error_clusters.find:ERROR_CLUSTERS",
        "visual_elements": "mllmsent.analysis.visual_elements.find:VISUAL_ELEMENTS",
        "text_and_image": "mllmsent.analysis.text_and_image.find:TEXT_AND_IMAGE",
        "description_quality": "mllmsent.analysis.description_quality.find:DESCRIPTION_QUALITY",
    },
    group="mllmsent.analyses",
)


def analyze(material: Material, names: Iterable[str] | None = None) -> dict[str, Found]:
    """Run analyses on a finished run.

    Args:
        material: The run.
        names: Which; by default those that its study asks for, or all where it asks for none in
            particular.

    Returns:
        Name to what was found.

    Raises:
        InputError: If there is no analysis of a name; the message offers the nearest.
    """
    wanted = asked_analyses(material.run.study) if names is None else tuple(dict.fromkeys(names))
    analyses = {name: ANALYSES.get(name) for name in wanted}  # a wrong name costs no time
    found = {}
    with report_work("Analyses", len(analyses)) as done:
        for name, analysis in analyses.items():
            found[name] = analysis.find(material)
            done(1)
    return found


def asked_analyses(study: Study) -> tuple[str, ...]:
    """Names of the analyses that a study asks for; of all where it asks for none in particular."""
    return tuple(dict.fromkeys(ANALYSES.names() if study.analyses is None else study.analyses))


def check_analyses(study: Study) -> None:
    """Refuse a study that asks for an analysis that there is not, before anybody is asked.

    Raises:
        InputError: Naming the analysis and the nearest right one.
    """
    known = ANALYSES.names()
    for place, name in enumerate(study.analyses or ()):
        if name not in known:
            raise InputError(
                f"No analysis is called {name!r}.",
                item=f"analyses.{place}",
                cure=nearest(name, known),
            )
