"""What a reader of a study's results must know from the start, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.foundation.errors import InputError
from mllmsent.runs.asked_models import SIMULATED_NOTE
from mllmsent.runs.tasks import has_truth
from mllmsent.runs.wordings import wording_notes

if TYPE_CHECKING:
    from mllmsent.pathways.interface import Inquiry

__all__ = ["study_notes"]


def study_notes(inquiry: Inquiry) -> list[str]:
    """What is the case before anything is asked, one sentence each.

    Args:
        inquiry: What the study's pathways plan from.

    Raises:
        InputError: If a condition leaves no item that a model could be shown.
    """
    dataset = inquiry.dataset
    notes = []
    if dataset.synthetic:
        notes.append(f"Dataset {dataset.name} is synthetic: made by a program, not by people.")
    asked = (*inquiry.models, *(reader.model for reader in inquiry.readers))
    simulated = dict.fromkeys(model.name for model in asked if model.note == SIMULATED_NOTE)
    if simulated:
        notes.append(
            f"Simulated, and no models at all: {', '.join(simulated)}. Their answers come from the "
            "drawings' known truth, with planted faults."
        )
    notes.extend(wording_notes(inquiry.strategies, inquiry.tasks, dataset))
    if len(dataset.faults):
        errors = int((dataset.faults["severity"] == "error").sum())
        if errors:
            notes.append(
                f"{errors} rows or images of the dataset cannot be used and are left out; "
                "`mllmsent audit` lists them."
            )
    if not has_truth(dataset):
        notes.append("The dataset says nothing about its items, so nothing can be scored.")
    if inquiry.models:
        notes.extend(_not_shown(inquiry))
    return notes


def _not_shown(inquiry: Inquiry) -> list[str]:
    """Which items cannot be shown to a model, or not under a condition."""
    items = inquiry.all_items()
    notes = []
    for condition in inquiry.conditions:
        shown = len(inquiry.shown_under(items, condition))
        if not shown:
            raise InputError(
                "No item has an image or a text that a model could be shown."
                if condition == "none"
                else f"Condition {condition!r} changes images, and no item has one.",
                item="conditions",
                cure="Leave it out." if condition != "none" else "Check the dataset's card.",
            )
        if shown < len(items):
            lacking = "neither image nor text" if condition == "none" else "no image"
            notes.append(
                f"{len(items) - shown} items have {lacking} and are not asked about under "
                f"condition {condition}."
            )
    return notes
