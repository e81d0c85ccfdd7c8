"""The dataset of a study: read, or drawn where it is the sample."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mllmsent.data import join_datasets, load_dataset
from mllmsent.foundation.errors import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from mllmsent.data import Dataset
    from mllmsent.runs.study_data import DatasetChoice

__all__ = ["moved_dataset", "study_dataset"]

DRAWN = "dioramas"
"""The source of the sample dataset, which is drawn where it is not there yet."""


def study_dataset(
    choice: DatasetChoice, base: Path, workspace: Path, say: Callable[[str], None]
) -> Dataset:
    """The dataset that a study names, read, or drawn if it is the sample.

    Args:
        choice: The study's words.
        base: The folder in which its relative paths start.
        workspace: The folder in which run folders lie; drawn datasets are kept there.
        say: Is given a sentence when something takes time.

    Raises:
        InputError: If it is not there, cannot be read, or takes no such option.
    """
    if choice.join:
        parts = [study_dataset(part, base, workspace, say) for part in choice.join]
        dataset = join_datasets(parts)
    elif choice.source == DRAWN:
        dataset = _drawn(choice.options, workspace, say)
    else:
        root = None if choice.root is None else base / choice.root
        there = base / str(choice.source)
        source = there if there.exists() else choice.source
        dataset = load_dataset(str(source), root=root, options=choice.options)
    return dataset if choice.name is None else replace(dataset, name=choice.name)


def moved_dataset(choice: DatasetChoice, moved: Callable[[str], str]) -> DatasetChoice:
    """The choice as it reads from another folder.

    Args:
        choice: The study's words.
        moved: Gives a path of the study as it is from the other folder; what is no path as it is.
    """
    # The sample's name is one, even where a folder is called so too.
    stays = choice.source is None or choice.source == DRAWN
    return choice.model_copy(
        update={
            "source": choice.source if stays else moved(str(choice.source)),
            "root": None if choice.root is None else moved(choice.root),
            "join": tuple(moved_dataset(part, moved) for part in choice.join),
        }
    )


def _drawn(options: Mapping[str, Any], workspace: Path, say: Callable[[str], None]) -> Dataset:
    """The dioramas that a study asks for, drawn if need be."""
    from mllmsent.dioramas import dioramas_dataset  # noqa: PLC0415 - only where they are wanted

    known = {"n": 300, "seed": 7, "size": 384, "balanced": None}
    for key, value in options.items():
        if key not in known:
            raise InputError(
                f"Dioramas take no option {key!r}.",
                item="dataset.options",
                cure=nearest(key, known),
            )
        if key == "balanced":
            if not isinstance(value, str | None):
                raise InputError(
                    f"{value!r} is not the name of a scheme.",
                    item="dataset.options.balanced",
                    cure="Dioramas are balanced over polarity3, polarity5 or mikels.",
                )
        elif not isinstance(value, int) or isinstance(value, bool):
            raise InputError(f"{value!r} is not a whole number.", item=f"dataset.options.{key}")
    wanted: dict[str, Any] = known | dict(options)
    say(f"The sample dataset: {wanted['n']} synthetic scenes, drawn if they are not there yet.")
    return dioramas_dataset(
        wanted["n"],
        wanted["seed"],
        workspace,
        size=wanted["size"],
        balanced=wanted["balanced"],
    )
