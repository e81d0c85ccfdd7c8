"""Scores of ordered labels against scikit-learn, on the rows that could be read."""

import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score
from tests.metrics.worlds import LABELS, LabelRows, answered_labels, examples

from mllmsent.metrics import get_metric, label_sample


def read_ranks(rows: LabelRows) -> NDArray[np.int_]:
    pairs = [(LABELS.index(t), LABELS.index(p)) for t, p in zip(*rows, strict=True) if p]
    return np.array(pairs, dtype=int).reshape(-1, 2).T


@examples
@given(answered_labels())
def test_quadratic_kappa_is_that_of_scikit_learn_on_read_rows(rows: LabelRows) -> None:
    truth, predicted = read_ranks(rows)
    value = get_metric("kappa_quadratic")(label_sample(*rows, LABELS))
    if len({*truth, *predicted}) < 2:
        assert np.isnan(value)
        return
    expected = cohen_kappa_score(truth, predicted, weights="quadratic", labels=range(5))
    assert value == pytest.approx(expected, abs=1e-9)


@examples
@given(answered_labels())
def test_the_error_in_ranks_is_the_mean_distance_on_read_rows(rows: LabelRows) -> None:
    truth, predicted = read_ranks(rows)
    expected = np.abs(truth - predicted).mean() if truth.size else np.nan
    value = get_metric("mae_ranks")(label_sample(*rows, LABELS))
    assert value == pytest.approx(expected, nan_ok=True)


@examples
@given(answered_labels())
def test_adjacent_accuracy_counts_neighbors_as_right_and_unread_as_wrong(rows: LabelRows) -> None:
    truth, predicted = read_ranks(rows)
    near = np.count_nonzero(np.abs(truth - predicted) <= 1)
    value = get_metric("adjacent_accuracy")(label_sample(*rows, LABELS))
    assert value == pytest.approx(near / len(rows[0]))


@examples
@given(answered_labels())
def test_no_other_answer_in_unread_rows_gives_a_larger_error_than_the_worst_case(
    rows: LabelRows,
) -> None:
    sample = label_sample(*rows, LABELS)
    metric = get_metric("mae_ranks")
    worst = metric(sample.worst_case())
    for guess in LABELS:
        guessed = [label or guess for label in rows[1]]
        assert metric(label_sample(rows[0], guessed, LABELS)) <= worst + 1e-12


def test_the_worst_case_of_a_middle_label_is_the_lower_end() -> None:
    sample = label_sample(["neutral"], [None], LABELS).worst_case()
    assert sample.labels[sample.predicted[0]] == "negative"
    assert sample.read.all()
