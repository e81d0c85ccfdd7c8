"""The analyses there are, by name.

To add one, write a module with an `Analysis` and name it here, or in the entry-point group
`mllmsent.analyses` of another package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.foundation.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mllmsent.analysis.found import Analysis, Found
    from mllmsent.analysis.material import Material

__all__ = ["ANALYSES", "analyze"]

ANALYSES: Registry[Analysis] = Registry(
    kind="analysis",
    builtin={
        "agreement": "mllmsent.analysis.agreement:AGREEMENT",
    },
    group="mllmsent.analyses",
)


def analyze(material: Material, names: Iterable[str] | None = None) -> dict[str, Found]:
    """Run analyses on a finished run.

    Args:
        material: The run.
        names: Which; by default all there are.

    Returns:
        Name to what was found.

    Raises:
        InputError: If there is no analysis of a name; the message offers the nearest.
    """
    wanted = ANALYSES.names() if names is None else tuple(dict.fromkeys(names))
    analyses = {name: ANALYSES.get(name) for name in wanted}  # a wrong name costs no time
    return {name: analysis.find(material) for name, analysis in analyses.items()}
