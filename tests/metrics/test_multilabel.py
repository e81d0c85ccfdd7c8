"""Scores of label sets against scikit-learn."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics as sklearn_metrics
from sklearn.preprocessing import MultiLabelBinarizer
from tests.metrics.worlds import examples

from mllmsent.metrics import class_scores, get_metric, label_set_sample

LABELS = ("awe", "anger", "fear", "sadness")
SetRow = tuple[set[str], set[str] | None]
label_sets = st.sets(st.sampled_from(LABELS))
read_rows = st.lists(st.tuples(label_sets, label_sets), min_size=1, max_size=30)
any_rows = st.lists(st.tuples(label_sets, st.one_of(label_sets, st.none())), min_size=1)


def split(rows: Sequence[SetRow]) -> tuple[list[set[str]], list[set[str] | None]]:
    return [row[0] for row in rows], [row[1] for row in rows]


def indicators(sets: Sequence[set[str] | None]) -> NDArray[np.int_]:
    known = [labels or set() for labels in sets]
    table: NDArray[np.int_] = MultiLabelBinarizer(classes=LABELS).fit_transform(known)
    return table


@examples
@given(read_rows)
def test_scores_of_read_answers_are_those_of_scikit_learn(rows: Sequence[SetRow]) -> None:
    """An empty answer is right where no label is true, hence the division by zero that gives 1."""
    truth, predicted = split(rows)
    y, p = indicators(truth), indicators(predicted)
    sample = label_set_sample(truth, predicted, LABELS)
    expected = {
        "example_f1": sklearn_metrics.f1_score(y, p, average="samples", zero_division=1.0),
        "jaccard": sklearn_metrics.jaccard_score(y, p, average="samples", zero_division=1.0),
        "exact_match": sklearn_metrics.accuracy_score(y, p),
    }
    for name, value in expected.items():
        assert get_metric(name)(sample) == pytest.approx(value), name


@examples
@given(any_rows)
def test_f1_of_labels_takes_an_unread_answer_for_an_empty_one(rows: Sequence[SetRow]) -> None:
    truth, predicted = split(rows)
    y, p = indicators(truth), indicators(predicted)
    sample = label_set_sample(truth, predicted, LABELS)
    occurring = np.flatnonzero((y | p).any(axis=0))
    if not occurring.size:
        assert np.isnan(get_metric("micro_f1")(sample))
        assert np.isnan(get_metric("macro_f1")(sample))
        return
    for average in ("micro", "macro", "weighted"):
        expected = sklearn_metrics.f1_score(
            y, p, labels=occurring, average=average, zero_division=0
        )
        if average == "weighted" and not y.any():
            expected = np.nan
        value = get_metric(f"{average}_f1")(sample)
        assert value == pytest.approx(expected, nan_ok=True), average


@examples
@given(any_rows)
def test_an_unread_answer_scores_nothing_in_its_row(rows: Sequence[SetRow]) -> None:
    truth, predicted = split(rows)
    read = [row for row in rows if row[1] is not None]
    for name in ("example_f1", "jaccard", "exact_match"):
        of_all = get_metric(name)(label_set_sample(truth, predicted, LABELS))
        of_read = get_metric(name)(label_set_sample(*split(read), LABELS)) if read else 0.0
        assert of_all == pytest.approx(of_read * len(read) / len(rows)), name


def test_precision_and_recall_of_each_label() -> None:
    sample = label_set_sample([{"awe"}, {"awe", "fear"}], [{"awe", "anger"}, None], LABELS)
    awe, anger, fear, sadness = class_scores(sample)
    assert (awe.precision, awe.recall) == (1.0, 0.5)
    assert (anger.precision, anger.support) == (0.0, 0)
    assert (fear.recall, fear.answered) == (0.0, 0)
    assert np.isnan(sadness.f1)
