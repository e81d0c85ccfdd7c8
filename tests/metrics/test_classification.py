"""Scores of labels against scikit-learn, with unread answers as one more label."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics
from tests.metrics.worlds import LABELS, LabelRows, answered_labels, examples

from mllmsent.metrics import class_scores, confusion_matrix, get_metric, label_sample


def with_dummy(predicted: list[str | None]) -> list[str]:
    return ["unread" if label is None else label for label in predicted]


@examples
@given(answered_labels())
def test_accuracy_counts_unread_answers_as_wrong(rows: LabelRows) -> None:
    truth, predicted = rows
    expected = sklearn_metrics.accuracy_score(truth, with_dummy(predicted))
    assert get_metric("accuracy")(label_sample(truth, predicted, LABELS)) == pytest.approx(expected)


@examples
@given(answered_labels())
def test_macro_f1_is_that_of_scikit_learn_over_the_labels_that_occur(rows: LabelRows) -> None:
    truth, predicted = rows
    occurring = [label for label in LABELS if label in {*truth, *predicted}]
    expected = sklearn_metrics.f1_score(
        truth, with_dummy(predicted), labels=occurring, average="macro", zero_division=0
    )
    assert get_metric("macro_f1")(label_sample(truth, predicted, LABELS)) == pytest.approx(expected)


@examples
@given(answered_labels())
def test_macro_f1_of_fully_read_answers_is_scikit_learns_default(rows: LabelRows) -> None:
    truth, read = rows[0], [label or "neutral" for label in rows[1]]
    expected = sklearn_metrics.f1_score(truth, read, average="macro", zero_division=0)
    assert get_metric("macro_f1")(label_sample(truth, read, LABELS)) == pytest.approx(expected)


@examples
@given(answered_labels())
def test_weighted_f1_is_that_of_scikit_learn(rows: LabelRows) -> None:
    truth, predicted = rows
    expected = sklearn_metrics.f1_score(
        truth, with_dummy(predicted), labels=LABELS, average="weighted", zero_division=0
    )
    sample = label_sample(truth, predicted, LABELS)
    assert get_metric("weighted_f1")(sample) == pytest.approx(expected)


@examples
@given(answered_labels())
def test_weighted_f1_of_fully_read_answers_is_the_published_one(rows: LabelRows) -> None:
    truth, read = rows[0], [label or "neutral" for label in rows[1]]
    expected = sklearn_metrics.f1_score(truth, read, average="weighted", zero_division=0)
    sample = label_sample(truth, read, LABELS)
    assert get_metric("weighted_f1")(sample) == pytest.approx(expected)


@examples
@given(answered_labels())
def test_the_confusion_matrix_has_a_last_column_for_unread_answers(rows: LabelRows) -> None:
    truth, predicted = rows
    matrix = confusion_matrix(label_sample(truth, predicted, LABELS))
    labels = [*LABELS, "unread"]
    expected = sklearn_metrics.confusion_matrix(truth, with_dummy(predicted), labels=labels)
    np.testing.assert_array_equal(matrix, expected[:-1])


@examples
@given(answered_labels())
def test_scores_of_each_label_are_those_of_scikit_learn(rows: LabelRows) -> None:
    truth, predicted = rows
    scores = class_scores(label_sample(truth, predicted, LABELS))
    expected = sklearn_metrics.precision_recall_fscore_support(
        truth, with_dummy(predicted), labels=LABELS, zero_division=np.nan
    )
    ours = [(score.precision, score.recall, score.f1, score.support) for score in scores]
    np.testing.assert_allclose(np.array(ours).T, np.array(expected))
    assert [score.label for score in scores] == list(LABELS)
    assert [score.answered for score in scores] == [predicted.count(label) for label in LABELS]


def test_an_unread_answer_lowers_recall_and_no_precision() -> None:
    score = class_scores(label_sample(["a", "a"], ["a", None], ["a", "b"]))[0]
    assert (score.precision, score.recall) == (1.0, 0.5)


def test_a_label_that_only_the_system_uses_scores_zero_in_macro_f1() -> None:
    sample = label_sample(["a", "a"], ["a", "b"], ["a", "b", "c"])
    assert get_metric("macro_f1")(sample) == pytest.approx((2 / 3 + 0) / 2)


def test_a_label_that_nobody_uses_is_not_in_macro_f1() -> None:
    sample = label_sample(["a", "b"], ["a", "b"], ["a", "b", "c"])
    assert get_metric("macro_f1")(sample) == 1.0


@pytest.mark.parametrize("name", ["accuracy", "macro_f1", "weighted_f1"])
def test_a_score_without_rows_is_undefined(name: str) -> None:
    assert np.isnan(get_metric(name)(label_sample([], [], LABELS)))


@pytest.mark.parametrize("name", ["accuracy", "macro_f1", "weighted_f1"])
def test_a_system_that_is_never_read_scores_zero(name: str) -> None:
    assert get_metric(name)(label_sample(["neutral"] * 3, [None] * 3, LABELS)) == 0.0


@examples
@given(answered_labels(), st.randoms(use_true_random=False))
def test_scores_do_not_depend_on_how_rows_are_grouped(rows: LabelRows, random: Random) -> None:
    truth, predicted = rows
    groups = [random.choice("abc") for _ in truth]
    for name in ("accuracy", "macro_f1", "weighted_f1"):
        metric = get_metric(name)
        grouped = metric(label_sample(truth, predicted, LABELS, groups))
        assert grouped == pytest.approx(metric(label_sample(truth, predicted, LABELS)))
