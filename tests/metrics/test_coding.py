"""What becomes of columns: unread answers, groups, and what cannot be scored."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.metrics.worlds import LABELS

from mllmsent.affect.scheme import Label, Scheme
from mllmsent.foundation import InputError
from mllmsent.metrics import label_sample, label_set_sample, rating_sample, sample_kind
from mllmsent.metrics.samples import UNREAD, shared_groups, take_groups


@pytest.mark.parametrize("missing", [None, float("nan"), np.nan, pd.NA, -1])
def test_a_missing_answer_is_unread_however_it_is_written(missing: Any) -> None:
    sample = label_sample(["a", "b"], ["a", missing], ["a", "b"])
    assert sample.predicted.tolist() == [0, UNREAD]
    assert not label_set_sample([{"a"}], [missing], ["a"]).read[0]


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA])
def test_a_missing_rating_is_unread_and_minus_one_is_a_rating(missing: Any) -> None:
    sample = rating_sample([1, 1], [missing, -1], low=-5, high=5)
    assert sample.read.tolist() == [False, True]


def test_columns_of_pandas_and_numpy_are_taken_as_they_are() -> None:
    frame = pd.DataFrame({"truth": ["a", "b"], "answer": ["b", None], "item": ["x", "y"]})
    sample = label_sample(frame.truth, frame.answer, ["a", "b"], frame.item)
    assert sample.predicted.tolist() == [1, UNREAD]
    assert sample.grouping.names == ("x", "y")
    numbers = label_sample(np.array([0, 2]), pd.array([2, None], dtype="Int16"), range(3))
    assert numbers.predicted.tolist() == [2, UNREAD]


def test_minus_one_is_a_label_where_the_scheme_says_so() -> None:
    sample = label_sample([-1, 1], [-1, 1], [-1, 0, 1])
    assert sample.read.all()


def test_an_answer_outside_the_scheme_is_refused_with_the_nearest_label() -> None:
    with pytest.raises(InputError, match=r"Row 1 .*'positiv'.*\n.*'positive'"):
        label_sample(["neutral"] * 2, ["neutral", "positiv"], LABELS)


@pytest.mark.parametrize("missing", [None, np.nan])
def test_a_row_without_a_true_label_cannot_be_scored(missing: Any) -> None:
    with pytest.raises(InputError, match="Row 0 has no true label"):
        label_sample([missing], ["neutral"], LABELS)


def test_columns_of_unequal_length_cannot_be_scored() -> None:
    with pytest.raises(InputError, match="2 true values are given for 1 answers"):
        label_sample(["neutral"] * 2, ["neutral"], LABELS)
    with pytest.raises(InputError, match="1 groups are given for 2 rows"):
        label_sample(["neutral"] * 2, ["neutral"] * 2, LABELS, ["x"])


def test_a_row_without_a_group_cannot_be_scored() -> None:
    with pytest.raises(InputError, match="Row 1 has no group"):
        label_sample(["neutral"] * 2, ["neutral"] * 2, LABELS, ["x", None])


@pytest.mark.parametrize(("labels", "fault"), [([], "needs the labels"), (["a", "a"], "more than")])
def test_labels_must_be_given_once(labels: list[str], fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        label_sample(["a"], ["a"], labels)


def test_a_bare_word_is_no_set_of_labels() -> None:
    with pytest.raises(InputError, match="Row 0 is 'awe', not a set"):
        label_set_sample([{"awe"}], ["awe"], ["awe", "fear"])
    with pytest.raises(InputError, match="Row 0 is None, not a set"):
        label_set_sample([None], [{"awe"}], ["awe", "fear"])  # type: ignore[list-item]  # That is the fault.
    with pytest.raises(InputError, match="Row 0 is 3, not a set"):
        label_set_sample([{"awe"}], [3], ["awe", "fear"])  # type: ignore[list-item]  # That is the fault.


def test_several_labels_are_no_single_label_and_no_group() -> None:
    both: Any = ["awe", "fear"]
    with pytest.raises(InputError, match="Row 0 has the label"):
        label_sample(["awe"], [both], ["awe", "fear"])
    with pytest.raises(InputError, match="Row 0 has no group"):
        label_sample(["awe"], ["awe"], ["awe"], [both])


@pytest.mark.parametrize(
    ("truth", "answer", "fault"),
    [
        (0.5, 3, r"true rating of row 0 is 0.5, which is not within 1 to 9"),
        (None, 3, r"true rating of row 0 is nan"),
        ("high", 3, r"true rating of row 0 is 'high', not a number"),
        (3, "high", r"answer of row 0 is 'high', not a number"),
        (3, float("inf"), r"answer of row 0 is infinite"),
    ],
)
def test_what_is_no_rating_is_refused(truth: Any, answer: Any, fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        rating_sample([truth], [answer], low=1, high=9)


@pytest.mark.parametrize(("low", "high"), [(9, 1), (1, 1), (1, float("inf")), (float("nan"), 2)])
def test_a_scale_runs_upward_between_finite_ends(low: float, high: float) -> None:
    with pytest.raises(InputError, match="A scale cannot run"):
        rating_sample([3], [3], low=low, high=high)


def test_groups_are_taken_by_name_and_in_the_order_asked_for() -> None:
    sample = label_sample(list("aabb"), list("abab"), ["a", "b"], ["x", "y", "z", "x"])
    taken = take_groups(sample, ["z", "x"])
    assert taken.grouping.names == ("z", "x")
    assert taken.truth.tolist() == [0, 1, 1]
    assert taken.grouping.index.tolist() == [1, 0, 1]


def test_systems_without_a_common_item_are_not_compared() -> None:
    one = label_sample(["a"], ["a"], ["a"], ["x"])
    other = label_sample(["a"], ["a"], ["a"], ["y"])
    with pytest.raises(InputError, match="share no item"):
        shared_groups(one, other)


def test_systems_on_different_scales_are_not_compared() -> None:
    with pytest.raises(InputError, match="different labels"):
        label_sample(["a"], ["a"], ["a"]).stacked(label_sample(["a"], ["a"], ["a", "b"]))
    with pytest.raises(InputError, match=r"from 1 to 9 .* from 1 to 7"):
        rating_sample([3], [3], low=1, high=9).stacked(rating_sample([3], [3], low=1, high=7))
    with pytest.raises(InputError, match="different labels"):
        label_set_sample([{"a"}], [{"a"}], ["a"]).stacked(
            label_set_sample([{"a"}], [{"a"}], ["a", "b"])
        )


def test_the_worst_answer_to_a_set_of_labels_is_its_complement() -> None:
    sample = label_set_sample([{"a"}, {"b"}], [None, {"b"}], ["a", "b", "c"]).worst_case()
    assert sample.predicted.tolist() == [[False, True, True], [False, True, False]]


def test_the_kind_of_a_sample_follows_from_its_scheme() -> None:
    labels = (Label("awe"), Label("fear"))
    assert sample_kind(Scheme("one", "categorical", labels)) == "categorical"
    assert sample_kind(Scheme("some", "categorical", labels, multi_label=True)) == "multi_label"
