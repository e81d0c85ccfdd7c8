"""Scores of several readers, weighed and averaged."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from mllmsent.affect import get_scheme
from mllmsent.text.late_fusion import (
    _weights,
    as_probabilities,
    best_weights,
    fit_calibration,
    mean_scores,
)

POLARITY = get_scheme("polarity3")


@given(
    st.lists(
        st.lists(st.one_of(st.floats(0, 1), st.just(float("nan"))), min_size=4, max_size=4),
        min_size=1,
        max_size=4,
    ),
    st.data(),
)
def test_a_mean_lies_among_those_who_decide_and_is_nothing_where_nobody_does(
    values: list[list[float]], data: st.DataObject
) -> None:
    weights = data.draw(
        st.lists(st.floats(0.01, 5), min_size=len(values), max_size=len(values)), label="weights"
    )
    scores = [np.array(each)[:, None] for each in values]
    mean = mean_scores(scores, weights)[:, 0]
    for row, found in enumerate(mean):
        decided = [each[row] for each in values if np.isfinite(each[row])]
        if decided:
            assert min(decided) - 1e-9 <= found <= max(decided) + 1e-9
        else:
            assert np.isnan(found)


def test_who_has_no_weight_decides_nothing_alone() -> None:
    nobody, one = np.array([[np.nan, np.nan]]), np.array([[0.2, 0.8]])
    assert np.isnan(mean_scores([nobody, one], [1.0, 0.0])).all()
    np.testing.assert_array_equal(mean_scores([nobody, one], [0.5, 0.5]), one)


@pytest.mark.parametrize(("n", "parts", "ways"), [(2, 10, 11), (3, 6, 28), (4, 4, 35)])
def test_weights_are_dealt_in_every_way(n: int, parts: int, ways: int) -> None:
    dealt = [tuple(weights) for weights in _weights(n, parts)]
    assert len(set(dealt)) == len(dealt) == ways
    assert all(sum(weights) == pytest.approx(1) and min(weights) >= 0 for weights in dealt)


def test_a_reader_who_guesses_gets_no_weight_and_equals_get_equal_ones() -> None:
    random = np.random.default_rng(0)
    labels = np.array(POLARITY.label_names, dtype=object)[random.integers(3, size=300)]
    right = (labels[:, None] == np.array(POLARITY.label_names)).astype(float)
    knows = 0.8 * right + 0.2 * random.dirichlet([1, 1, 1], size=300)
    guesses = random.dirichlet([0.1, 0.1, 0.1], size=300)
    weights = best_weights([knows, guesses], labels, POLARITY, "weighted_f1")
    assert weights is not None
    assert weights[0] >= 0.7
    assert best_weights([knows, knows], labels, POLARITY, "macro_f1") == [0.5, 0.5]
    assert best_weights([knows, np.full_like(knows, np.nan)], labels, POLARITY, "macro_f1") is None


def test_margins_become_the_probabilities_of_a_logistic_regression() -> None:
    random = np.random.default_rng(1)
    labels = np.array(POLARITY.label_names, dtype=object)[random.integers(3, size=200)]
    margins = (labels[:, None] == np.array(POLARITY.label_names)) + random.normal(0, 1, (200, 3))
    margins[5] = np.nan
    calibration = fit_calibration(margins, labels, POLARITY)
    assert calibration is not None
    read = np.isfinite(margins).all(axis=1)
    reference = LogisticRegression(C=100.0, tol=1e-8).fit(margins[read], labels[read].astype(str))
    ours = as_probabilities(margins, calibration, POLARITY)
    order = [POLARITY.label_names.index(name) for name in reference.classes_]
    np.testing.assert_allclose(
        ours[read][:, order], reference.predict_proba(margins[read]), atol=1e-3
    )
    assert np.isnan(ours[5]).all()
    assert fit_calibration(np.full_like(margins, np.nan), labels, POLARITY) is None
