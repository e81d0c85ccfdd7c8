"""Pathways: how an emotion is reached; items into questions, responses into predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.foundation.registry import Registry
from mllmsent.pathways.system import System, systems_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from mllmsent.pathways.interface import Pathway

__all__ = ["PATHWAYS", "System", "get_pathway", "systems_table"]

PATHWAYS: Registry[Callable[[], Pathway]] = Registry(
    kind="pathway",
    builtin={
        "direct": "mllmsent.pathways.direct:Direct",
        "described": "mllmsent.pathways.described:Described",
        "scene": "mllmsent.pathways.scene:Scene",
    },
    group="mllmsent.pathways",
)


def get_pathway(name: str) -> Pathway:
    """The pathway called `name`.

    Raises:
        InputError: If there is none; the message offers the nearest.
    """
    return PATHWAYS.get(name)()
