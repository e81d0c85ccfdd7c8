"""Systems that differ by one part only are found, whatever that part brings with it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mllmsent.analysis.variants import variants
from mllmsent.foundation.tables import check_table


def table(*rows: dict[str, Any]) -> pd.DataFrame:
    ordinary = {
        "pathway": "direct", "model": "m/one", "strategy": "plain", "strategy_version": "1+ab",
        "language": "en", "readout": "text", "settings": '{"temperature":0.0,"max_tokens":512}',
    }  # fmt: skip
    named = [{"name": row["system_id"], **ordinary, **row} for row in rows]
    return check_table("systems", pd.DataFrame(named))


def test_wordings_of_one_model_stand_together_and_other_models_apart() -> None:
    systems = table(
        {"system_id": "a"},
        {"system_id": "x", "model": "m/two"},
        {"system_id": "b", "strategy": "role"},
        {"system_id": "y", "model": "m/two", "strategy": "role"},
        {"system_id": "alone", "model": "m/three"},
    )
    assert variants(systems, "strategy") == [["a", "b"], ["x", "y"]]
    assert variants(systems, "model") == [["a", "x", "alone"], ["b", "y"]]


def test_a_strategy_brings_its_language_length_temperature_and_examples() -> None:
    systems = table(
        {"system_id": "a"},
        {"system_id": "german", "strategy": "zero-shot-de", "language": "de"},
        {"system_id": "thinks", "strategy": "cot", "settings": '{"max_tokens":1024}'},
        {"system_id": "shown", "strategy": "few-shot", "training": "examples from other folds"},
        {"system_id": "newer", "strategy_version": "2+cd"},
    )
    assert variants(systems, "strategy") == [["a", "german", "thinks", "shown", "newer"]]


def test_another_readout_or_other_settings_are_more_than_other_words() -> None:
    systems = table(
        {"system_id": "a"},
        {"system_id": "b", "strategy": "role", "readout": "likelihood"},
        {"system_id": "c", "strategy": "role", "settings": '{"temperature":0.0,"top_p":0.5}'},
        {"system_id": "d", "readout": "likelihood"},
    )
    assert variants(systems, "strategy") == [["b", "d"]]
    assert variants(systems, "readout") == [["a", "d"]]


def test_how_a_classifier_was_trained_is_the_classifiers() -> None:
    described = {"pathway": "described", "classifier": "linear", "training": "5 folds"}
    systems = table(
        {"system_id": "a", **described},
        {"system_id": "b", **described, "strategy": "scene words"},
        {"system_id": "c", **described, "strategy": "scene words", "training": "10 folds"},
        {"system_id": "d", **described, "classifier": "vader", "training": "none"},
    )
    assert variants(systems, "strategy") == [["a", "b"]]
    assert variants(systems, "classifier") == [["a", "d"], ["b", "c"]]


def test_settings_that_are_no_json_are_compared_as_written() -> None:
    systems = table(
        {"system_id": "a", "settings": "hot"},
        {"system_id": "b", "strategy": "role", "settings": "hot"},
        {"system_id": "c", "strategy": "role", "settings": "[1]"},
    )
    assert variants(systems, "strategy") == [["a", "b"]]
