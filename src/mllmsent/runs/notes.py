"""What a reader of a study's results must know from the start, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.data.conditions import parse_condition
from mllmsent.foundation.errors import InputError
from mllmsent.runs.asked_models import SIMULATED_NOTE
from mllmsent.runs.study_judges import judge_notes
from mllmsent.runs.tasks import has_truth
from mllmsent.runs.wordings import wording_notes

if TYPE_CHECKING:
    from mllmsent.pathways.interface import Inquiry

__all__ = ["study_notes"]

_NOTHING_SHOWN = {
    "nothing": "No item has an image or a text that a model could be shown.",
    "image": "Condition {condition!r} changes images, and no item has one.",
    "shown": "Condition {condition!r} is for items that have both an image and a text, and none has.",
}
"""What a condition changes, to why there is nothing that it could show."""

_LACKING = {
    "nothing": "neither image nor text",
    "image": "no image",
    "shown": "not both an image and a text",
}
"""What a condition changes, to what items lack that are not shown under it."""


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
    readers, judges = (
        (each.model for each in inquiry.readers),
        (each.model for each in inquiry.judges),
    )
    asked = (*inquiry.models, *readers, *judges)
    simulated = dict.fromkeys(model.name for model in asked if model.note == SIMULATED_NOTE)
    if simulated:
        notes.append(
            f"Simulated, and no models at all: {', '.join(simulated)}. Their answers come from the "
            "drawings' known truth, with planted faults."
        )
    notes.extend(judge_notes(inquiry))
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
    notes.extend(_learned_from(inquiry))
    if inquiry.models:
        notes.extend(_not_shown(inquiry))
    return notes


def _learned_from(inquiry: Inquiry) -> list[str]:
    """How many more items classifiers learn from, and what that costs."""
    described = any(model.name in inquiry.describers for model in inquiry.models)
    notes = []
    for task in inquiry.tasks:
        if task.training is None:
            continue
        more, least = len(task.training.labels), task.training.min_agreement
        also = ", described too by every model that describes" if described else ""
        notes.append(
            f"{task.scheme.name}: classifiers that learn also learn from {more:,} items on which at "
            f"least {least} annotators agree, and not as many as are asked for{also}. Those are "
            "scored nowhere."
        )
    return notes


def _not_shown(inquiry: Inquiry) -> list[str]:
    """Which items cannot be shown to a model, or not under a condition, and which with their text."""
    items = inquiry.all_items()
    notes = []
    both = sum(isinstance(inquiry.shown(item), tuple) for item in items)
    if both:
        notes.append(
            f"{both} items have an image and a text, and are shown with both, but for what a "
            "condition leaves out."
        )
    for condition in inquiry.conditions:
        change = parse_condition(condition).condition.changes
        shown = len(inquiry.shown_under(items, condition))
        if not shown:
            raise InputError(
                _NOTHING_SHOWN.get(change, _NOTHING_SHOWN["nothing"]).format(condition=condition),
                item="conditions",
                cure="Leave it out." if condition != "none" else "Check the dataset's card.",
            )
        if shown < len(items):
            notes.append(
                f"{len(items) - shown} items have {_LACKING.get(change, _LACKING['nothing'])} and "
                f"are not asked about under condition {condition}."
            )
    return notes
