"""What counts as a mistake, of labels, sets of labels and numbers, and what was said in place of what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mllmsent.affect import get_scheme
from mllmsent.analysis import Evidence
from mllmsent.analysis.error_clusters.cases import ErrorCases, error_cases
from mllmsent.foundation.tables import check_table

EKMAN = get_scheme("ekman")
AFFECT = get_scheme("valence-arousal")


def world(answers: list[dict[str, Any]], targets: list[dict[str, Any]], scheme: Any) -> Evidence:
    """One system that answers each of the items a, b, ..."""
    ids = [chr(ord("a") + place) for place in range(len(answers))]
    said = pd.DataFrame(
        [
            {"item_id": item, "system_id": "s", "scheme": scheme.name, "condition": "none",
             "repeat": 0, "status": "ok", "label": None, "values": None} | answer
            for item, answer in zip(ids, answers, strict=True)
        ]
    )  # fmt: skip
    truth = pd.DataFrame(
        [
            {"item_id": item, "scheme": scheme.name, "annotator_group": "all"} | target
            for item, target in zip(ids, targets, strict=True)
        ]
    )
    systems = pd.DataFrame({"system_id": ["s"], "name": ["one"], "pathway": ["direct"]})
    return Evidence(
        check_table("items", pd.DataFrame({"item_id": ids, "group": ids})),
        check_table("targets", truth),
        check_table("predictions", said),
        check_table("systems", systems),
        {scheme.name: scheme},
    )


def found(evidence: Evidence, scheme: Any, dimension: str = "") -> tuple[list[float], list[str]]:
    cases = error_cases(evidence, scheme, dimension)
    assert isinstance(cases, ErrorCases)
    told = cases.confusions["item_id"].astype(str) + ": " + cases.confusions["confusion"]
    return cases.rates[:, 0].tolist(), told.tolist()


def test_a_label_that_could_not_be_read_is_wrong() -> None:
    answers = [{"label": "fear"}, {"label": "anger"}, {"status": "refused"}]
    evidence = world(answers, [{"label": "fear"}] * 3, EKMAN)
    rates, told = found(evidence, EKMAN)
    assert rates == [0, 1, 1]
    assert told == ["b: fear → anger", "c: fear → no answer"]


def test_of_a_set_it_is_told_what_is_missing_and_what_is_too_many() -> None:
    scheme = replace(EKMAN, multi_label=True)
    answers = [{"label": "fear|anger"}, {"label": "fear|surprise"}, {"status": "unparsed"}]
    evidence = world(answers, [{"label": "anger|fear"}] * 3, scheme)
    rates, told = found(evidence, scheme)
    assert rates == [0, 1, 1]
    assert told == ["b: without anger", "b: with surprise", "c: no answer"]


def test_a_number_is_wrong_beyond_an_eighth_of_its_scale() -> None:
    """On 1 to 9, more than one point; what could not be read is left out."""
    values = [5.9, 6.5, 3.5, None]
    answers = [
        {"values": {"valence": value}} if value else {"status": "unparsed"} for value in values
    ]
    targets = [{"dimension": "valence", "mean": 5.0}] * 4
    rates, told = found(world(answers, targets, AFFECT), AFFECT, "valence")
    assert rates[:3] == [0, 1, 1]
    assert np.isnan(rates[3])
    assert told == ["b: too high", "c: too low"]


def test_without_a_target_nothing_is_a_mistake() -> None:
    evidence = world([{"label": "fear"}], [{"label": None}], EKMAN)
    assert error_cases(evidence, EKMAN) is None
