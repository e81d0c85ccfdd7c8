"""Evidence made by hand: a few items, what people said, and what systems answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from mllmsent.affect import get_scheme
from mllmsent.analysis import Evidence
from mllmsent.foundation.tables import check_table, empty_table

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["STATUSES", "make_evidence"]

STATUSES = ("unparsed", "refused", "failed")
"""An answer that is one of these words is that status."""


def make_evidence(
    scheme: str,
    truth: Mapping[str, Any],
    answers: Mapping[str, Mapping[str, Any]],
    *,
    dimension: str = "",
    groups: Mapping[str, str] | None = None,
) -> Evidence:
    """Evidence in one scheme.

    Args:
        scheme: A built-in scheme.
        truth: Item to the people's label (labels joined by "|", None for no majority) or mean.
        answers: "model/pathway" (or "model/pathway/more") to item to answer: a label, a number, or
            one of `STATUSES`.
        dimension: The dimension, where the scheme has them.
        groups: Item to group.
    """
    items = list(dict.fromkeys([*truth, *(item for told in answers.values() for item in told)]))
    item_rows = [{"item_id": item, "group": (groups or {}).get(item)} for item in items]
    target_rows = [
        {"item_id": item, "scheme": scheme, "annotator_group": "all", "n": 5}
        | (
            {"dimension": dimension, "mean": said}
            if dimension
            else {"label": said, "min_agreement": 3}
        )
        for item, said in truth.items()
    ]
    system_rows, prediction_rows = [], []
    for number, (name, told) in enumerate(answers.items()):
        model, pathway, *rest = name.split("/")
        system = f"s{number}"
        system_rows.append(
            {
                "system_id": system, "name": name, "model": model, "pathway": pathway,
                "classifier": "".join(rest),
            }
        )  # fmt: skip
        for item, answer in told.items():
            row: dict[str, Any] = {
                "item_id": item, "system_id": system, "scheme": scheme, "condition": "none",
                "repeat": 0, "status": answer if answer in STATUSES else "ok",
            }  # fmt: skip
            if row["status"] == "ok":
                row |= {"values": {dimension: answer}} if dimension else {"label": answer}
            prediction_rows.append(row)
    return Evidence(
        items=check_table("items", pd.DataFrame(item_rows)),
        targets=check_table("targets", pd.DataFrame(target_rows))
        if target_rows
        else empty_table("targets"),
        predictions=check_table("predictions", pd.DataFrame(prediction_rows)),
        systems=check_table("systems", pd.DataFrame(system_rows)),
        schemes={scheme: get_scheme(scheme)},
    )
