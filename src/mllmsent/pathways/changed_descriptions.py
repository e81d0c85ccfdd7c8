"""Descriptions as conditions change them: of what is there already, so that nobody is asked again.

Classifiers learn from descriptions as they came and read the changed ones out of fold, as they read
those under every other condition.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mllmsent.data.description_changes import change_description
from mllmsent.foundation.errors import InputError
from mllmsent.text.measures import read_measures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mllmsent.pathways.described_readings import Describer, Description
    from mllmsent.pathways.interface import Inquiry

__all__ = ["changed_descriptions", "hardly_changed"]

PLAIN = "none"


def changed_descriptions(inquiry: Inquiry, describer: Describer) -> list[Description]:
    """What becomes of a describer's descriptions of images as they are, condition by condition.

    Args:
        inquiry: Says which conditions there are, and which items are asked about: what is only
            learned from is learned from as it is.
        describer: Whose. Where no description came, none comes under a condition, for the same reason.
            Nor does any of one that gives tables of measures: a table without some of its words is
            no table, and nobody could tell what they were worth.
    """
    if _gives_tables(describer):
        return []
    scored = set(inquiry.all_items())
    plain = [
        each
        for each in describer.descriptions
        if each.condition == PLAIN and each.item_id in scored
    ]
    return [
        replace(each, condition=condition, text=change_description(each.text, condition))
        for condition in inquiry.description_conditions
        for each in plain
    ]


def hardly_changed(inquiry: Inquiry, describer: Describer) -> Iterator[str]:
    """A sentence for each condition that leaves more than half of the descriptions as they are."""
    if inquiry.description_conditions and _gives_tables(describer):
        told = ", ".join(inquiry.description_conditions)
        yield f"The descriptions by {describer.label} are no words, and are not changed by {told}."
        return
    rows = [row for row in describer.descriptions if row.status == "ok"]
    plain = {(row.item_id, row.repeat): row.text for row in rows if row.condition == PLAIN}
    for condition in inquiry.description_conditions:
        own = [row for row in rows if row.condition == condition]
        n = sum(row.text != plain[row.item_id, row.repeat] for row in own)
        if 2 * n < len(own):
            yield (
                f"Condition {condition} changes {n:,} of {len(own):,} descriptions by "
                f"{describer.label}, and leaves the others as they are."
            )


def _gives_tables(describer: Describer) -> bool:
    """Whether the first of its descriptions is one of `classical/table`, whatever that is called."""
    first = next((row.text for row in describer.descriptions if row.status == "ok"), "")
    try:
        read_measures(first)
    except InputError:
        return False
    return True
