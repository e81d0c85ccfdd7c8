"""Targets as classifiers take them, and labels as scores decide them."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mllmsent.affect import get_scheme
from mllmsent.foundation import InputError
from mllmsent.text import decide_labels, encode_targets
from mllmsent.text.interface import Floats

POLARITY = get_scheme("polarity3")
SEVERAL = get_scheme("mikels-multi")
AFFECT = get_scheme("valence-arousal")


def test_a_row_without_a_label_is_not_known() -> None:
    names, known = encode_targets(["negative", None, float("nan"), pd.NA, "neutral"], POLARITY)
    assert known.tolist() == [True, False, False, False, True]
    assert names[[0, 4]].tolist() == ["negative", "neutral"]


def test_a_label_of_another_scheme_is_refused_with_its_row_and_the_nearest_label() -> None:
    with pytest.raises(InputError, match=r"target 1: .*no label 'positiv'") as caught:
        encode_targets(["negative", "positiv"], POLARITY)
    assert "'positive'" in caught.value.cure


def test_a_number_is_not_a_label() -> None:
    with pytest.raises(InputError, match="0 is not a label"):
        encode_targets(np.array([0, 1]), POLARITY)


@pytest.mark.parametrize(
    "written",
    [
        "awe|sadness",
        {"awe", "sadness"},
        ["sadness", "awe"],
        np.array([name in {"awe", "sadness"} for name in SEVERAL.label_names]),
    ],
)
def test_a_set_of_labels_may_be_written_in_four_ways(written: Any) -> None:
    members, known = encode_targets([written, None], SEVERAL)
    assert known.tolist() == [True, False]
    held = [SEVERAL.label_names[place] for place in np.flatnonzero(members[0])]
    assert held == ["awe", "sadness"]


def test_a_row_of_booleans_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(InputError, match="8 booleans"):
        encode_targets([np.array([True, False])], SEVERAL)


def test_values_come_by_name_or_in_the_order_of_the_dimensions() -> None:
    rows = [{"arousal": 2.0, "valence": 7.0}, (7.0, 2.0), {"valence": 3.0}, None]
    values, known = encode_targets(rows, AFFECT)
    assert known.tolist() == [True, True, False, False]
    assert values[:2].tolist() == [[7.0, 2.0], [7.0, 2.0]]


def test_a_value_beyond_its_scale_is_refused() -> None:
    with pytest.raises(InputError, match=r"target 0: valence is 55, outside its scale from 1 to 9"):
        encode_targets([{"arousal": 2.0, "valence": 55.0}], AFFECT)


@pytest.mark.parametrize("broken", ["high", (1.0, 2.0, 3.0), ("a", "b")])
def test_what_is_no_row_of_values_is_refused(broken: Any) -> None:
    with pytest.raises(InputError, match="target 0"):
        encode_targets([broken], AFFECT)


def test_the_largest_score_decides_and_the_first_of_equals() -> None:
    scores = np.array([[0.2, 0.5, 0.3], [0.4, 0.2, 0.4]])
    assert decide_labels(scores, POLARITY, "probability") == (("neutral",), ("negative",))


def test_a_row_with_a_nan_decides_nothing() -> None:
    scores = np.array([[np.nan, 0.9, 0.1]])
    assert decide_labels(scores, POLARITY, "probability") == ((),)


def test_several_labels_are_those_at_half_and_the_best_in_any_case() -> None:
    scores = np.array([[0.5, 0.9] + [0.1] * 6, [0.1, 0.4] + [0.2] * 6])
    assert decide_labels(scores, SEVERAL, "probability") == (("amusement", "awe"), ("awe",))


@given(hnp.arrays(float, (5, 3), elements=st.floats(-1e6, 1e6)))
def test_every_row_of_numbers_decides_for_exactly_one_label(scores: Floats) -> None:
    decided = decide_labels(scores, POLARITY, "margin")
    best = [scores[row][POLARITY.label_names.index(names[0])] for row, names in enumerate(decided)]
    assert [len(names) for names in decided] == [1] * 5
    assert (np.array(best) == scores.max(axis=1)).all()
