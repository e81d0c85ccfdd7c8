"""Where a study is run: from a file, a run folder or Python, with what is changed of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.errors import InputError
from mllmsent.runs.study import Study, load_study

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Place", "place_of"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a study's paths start, and where its run and cache are."""

    study: Study
    base: Path
    folder: Path
    cache: Path


def place_of(
    study: str | Path | Study,
    out: str | Path | None,
    cache: str | Path | None,
    changes: Mapping[str, Any],
    check: Callable[[Study], None] | None,
) -> Place:
    """Where a study is run, and the study as it is run there.

    Args:
        study: A study file, a run folder, or a study.
        out: The run folder; by default `runs/NAME`.
        cache: The file of the answer cache; by default beside the run folder.
        changes: Instead of the study's own: `limit`, `seed`, `ids`, `where`, `budget`, `mode`.
        check: Raises an `InputError` where the study asks for what there is not in later rooms.

    Raises:
        InputError: If the study cannot be read, or a change is none.
    """
    if isinstance(study, Study):
        base = Path()
    elif Path(study).is_dir():
        # A run folder holds its own study, and is its own place.
        base = Path(study)
        out = out or base
        study = load_study(base / "study.yaml")
    else:
        base = Path(study).parent
        study = load_study(study)
    if check is not None:
        check(study)
    folder = Path(out or Path("runs") / study.name)
    return Place(
        study=_changed(study, changes),
        base=base,
        folder=folder,
        cache=Path(cache or folder.parent / "answers.sqlite"),
    )


def _changed(study: Study, changes: Mapping[str, Any]) -> Study:
    unknown = set(changes) - {"limit", "seed", "ids", "where", "budget", "mode"}
    if unknown:
        raise TypeError(f"unexpected keyword argument {min(unknown)!r}")
    items = {key: changes[key] for key in ("limit", "ids", "where") if changes.get(key)}
    if items:
        study = study.model_copy(update={"items": study.items.model_copy(update=items)})
    given = {
        key: changes[key] for key in ("seed", "budget", "mode") if changes.get(key) is not None
    }
    if not 0 < given.get("budget", 1) < math.inf:
        raise InputError(
            f"{given['budget']} is no budget.", cure="Name US dollars, such as 5 or 0.50."
        )
    if given:
        study = study.model_copy(update=given)
    return study
