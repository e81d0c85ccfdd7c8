"""The paired test: against enumeration by hand, and Holm's correction against published values."""

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.metrics.worlds import examples

from mllmsent.foundation import InputError
from mllmsent.metrics import (
    LabelSample,
    Metric,
    RatingSample,
    Sample,
    get_metric,
    holm,
    label_sample,
    label_set_sample,
    metrics_for,
    paired_test,
    paired_tests,
    rating_sample,
)
from mllmsent.metrics.swapped_sums import Swaps, additive_differences


def p_by_hand(
    metric: Metric[Any],
    first: list[Any],
    second: list[Any],
    groups: list[Any],
    make: Callable[[list[Any]], Sample],
) -> float:
    """All swaps written out, one sample at a time."""
    names = sorted(set(groups))
    observed = abs(metric(make(first)) - metric(make(second)))
    count = 0
    for swapped in product([False, True], repeat=len(names)):
        swaps = dict(zip(names, swapped, strict=True))
        rows = list(zip(first, second, groups, strict=True))
        one = [b if swaps[group] else a for a, b, group in rows]
        other = [a if swaps[group] else b for a, b, group in rows]
        difference = abs(metric(make(one)) - metric(make(other)))
        count += not difference < observed - 1e-9
    return float(count / 2 ** len(names))


@pytest.mark.parametrize("name", [metric.name for metric in metrics_for("ordered")])
def test_with_few_groups_the_p_value_of_labels_is_exact(name: str) -> None:
    rng = np.random.default_rng(6)
    truth, first, second = rng.integers(3, size=(3, 14)).tolist()
    first[0], second[5] = -1, -1
    groups = [f"item {row % 7}" for row in range(14)]
    metric = get_metric(name)

    def make(predicted: list[int]) -> LabelSample:
        return label_sample(truth, predicted, range(3), groups)

    test = paired_test(metric, make(first), make(second))
    assert test.p_value == pytest.approx(p_by_hand(metric, first, second, groups, make))
    assert (test.exact, test.n_permutations, test.n_groups) == (True, 2**7, 7)


@pytest.mark.parametrize("name", [metric.name for metric in metrics_for("dimensional")])
def test_with_few_groups_the_p_value_of_ratings_is_exact(name: str) -> None:
    """Spearman's goes another way than the additive ones, with the same result."""
    rng = np.random.default_rng(7)
    truth, first, second = rng.integers(1, 10, size=(3, 16)).astype(float).tolist()
    first[3] = math.nan
    groups = [row // 2 for row in range(16)]
    metric = get_metric(name)

    def make(predicted: list[float]) -> RatingSample:
        return rating_sample(truth, predicted, low=1, high=9, groups=groups)

    test = paired_test(metric, make(first), make(second))
    assert test.p_value == pytest.approx(p_by_hand(metric, first, second, groups, make))


def test_label_sets_can_be_tested() -> None:
    truth = [{"a"}, {"b"}, {"a", "b"}, set()] * 10
    sample = label_set_sample(truth, truth, ["a", "b"])
    answers = [None if row < 10 else labels for row, labels in enumerate(truth)]
    other = label_set_sample(truth, answers, ["a", "b"])
    test = paired_test(get_metric("jaccard"), sample, other)
    assert test.difference == pytest.approx(0.25)
    assert test.p_value < 0.01


def test_random_swaps_agree_with_scipys_permutation_test() -> None:
    rng = np.random.default_rng(8)
    truth = rng.integers(2, size=80)
    first = np.where(rng.random(80) < 0.75, truth, 1 - truth)
    second = np.where(rng.random(80) < 0.6, truth, 1 - truth)
    reference = stats.permutation_test(
        (first == truth, second == truth),
        lambda a, b, axis: np.mean(a, axis=axis) - np.mean(b, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=9999,
        rng=rng,
    ).pvalue
    pair = [label_sample(truth, answers, [0, 1]) for answers in (first, second)]
    test = paired_test(get_metric("accuracy"), *pair)
    assert test.p_value == pytest.approx(reference, abs=0.02)
    assert (test.exact, test.n_permutations) == (False, 10_000)


def test_a_system_does_not_differ_from_itself() -> None:
    sample = label_sample(list("ab") * 20, list("aa") * 20, ["a", "b"])
    test = paired_test(get_metric("macro_f1"), sample, sample)
    assert (test.difference, test.p_value) == (0.0, 1.0)


def test_the_order_of_the_systems_only_turns_the_sign() -> None:
    rng = np.random.default_rng(1)
    truth, first, second = rng.integers(3, size=(3, 40))
    pair = [label_sample(truth, answers, range(3)) for answers in (first, second)]
    there, back = (paired_test(get_metric("weighted_f1"), *order) for order in (pair, pair[::-1]))
    assert there.difference == pytest.approx(-back.difference)
    assert there.p_value == back.p_value


def test_an_undefined_score_gives_no_p_value() -> None:
    one = rating_sample([2, 4, 6], [3, 3, 3], low=1, high=9)
    other = rating_sample([2, 4, 6], [2, 3, 3], low=1, high=9)
    test = paired_test(get_metric("pearson"), one, other)
    assert math.isnan(test.difference)
    assert math.isnan(test.p_value)
    assert math.isnan(test.p_holm)


def test_a_p_value_is_never_zero() -> None:
    truth = ["a", "b"] * 40
    right = label_sample(truth, truth, ["a", "b"])
    wrong = label_sample(truth, ["b", "a"] * 40, ["a", "b"])
    test = paired_test(get_metric("accuracy"), right, wrong, n_permutations=999)
    assert test.p_value == pytest.approx(1 / 1000)


def test_all_pairs_are_tested_and_corrected_together() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(3, size=150)
    systems = {
        name: label_sample(truth, np.where(rng.random(150) < share, truth, 0), range(3))
        for name, share in {"good": 0.9, "fair": 0.6, "like it": 0.6}.items()
    }
    tests = paired_tests(get_metric("macro_f1"), systems)
    pairs = [(test.first, test.second) for test in tests]
    assert pairs == [("good", "fair"), ("good", "like it"), ("fair", "like it")]
    np.testing.assert_allclose(
        [test.p_holm for test in tests], holm([test.p_value for test in tests])
    )
    alone = paired_test(get_metric("macro_f1"), systems["good"], systems["fair"])
    assert tests[0].p_value == alone.p_value
    assert tests[0].p_holm <= 0.05 < tests[2].p_holm


def test_the_order_of_rows_does_not_matter_where_groups_have_names() -> None:
    rng = np.random.default_rng(2)
    truth, first, second = rng.integers(3, size=(3, 30))
    groups, order = np.arange(30), rng.permutation(30)
    one = label_sample(truth, first, range(3), groups)
    other = label_sample(truth, second, range(3), groups)
    mixed = label_sample(truth[order], second[order], range(3), groups[order])
    metric = get_metric("macro_f1")
    assert paired_test(metric, one, mixed) == paired_test(metric, one, other)


def test_systems_are_compared_on_the_items_that_both_have() -> None:
    truth = ["a", "b"] * 10
    whole = label_sample(truth, truth, ["a", "b"], range(20))
    part = label_sample(truth[:12], truth[:12], ["a", "b"], range(12))
    other = label_sample(truth[8:], truth[8:], ["a", "b"], range(8, 20))
    tests = paired_tests(get_metric("accuracy"), {"whole": whole, "part": part, "other": other})
    assert [test.n_groups for test in tests] == [12, 12, 4]


def test_systems_that_lack_different_items_are_swapped_as_if_alone() -> None:
    """Every random way, written out for the items that a pair shares, gives its very difference."""
    rng = np.random.default_rng(5)
    truth = rng.integers(3, size=40)
    answers = {name: np.where(rng.random(40) < 0.6, truth, 0) for name in "abc"}
    has = {"a": range(40), "b": range(3, 40), "c": range(36)}
    metric = get_metric("macro_f1")
    systems = {
        name: label_sample(truth[list(own)], answers[name][list(own)], range(3), list(own))
        for name, own in has.items()
    }
    pairs = [("a", "b"), ("a", "c"), ("b", "c")]
    found = additive_differences(metric, systems, pairs, range(40), n_permutations=150, seed=9)
    ways = np.concatenate(list(Swaps(40, 150, 9).chunks())).astype(bool)
    for one, other in pairs:
        rows = sorted(set(has[one]) & set(has[other]))

        def difference(swapped: Any) -> float:
            first = np.where(swapped, answers[other], answers[one])[rows]  # noqa: B023 - used at once
            second = np.where(swapped, answers[one], answers[other])[rows]  # noqa: B023 - likewise
            return metric(label_sample(truth[rows], first, range(3), rows)) - metric(  # noqa: B023
                label_sample(truth[rows], second, range(3), rows)  # noqa: B023
            )

        observed, permuted = found[one, other]
        assert observed == pytest.approx(difference(np.zeros(40, dtype=bool)), abs=1e-12)
        np.testing.assert_allclose(permuted, [difference(way) for way in ways], atol=1e-12)


def test_too_few_permutations_are_refused() -> None:
    sample = label_sample(["a"], ["a"], ["a"])
    with pytest.raises(InputError, match="too few"):
        paired_test(get_metric("accuracy"), sample, sample, n_permutations=10)


def test_holms_correction_of_known_p_values() -> None:
    """As R gives for p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm")."""
    np.testing.assert_allclose(holm([0.01, 0.02, 0.03, 0.04, 0.05]), [0.05, 0.08, 0.09, 0.09, 0.09])


def test_holms_correction_keeps_the_order_given() -> None:
    """The textbook example of four hypotheses, of which the first and the last are rejected."""
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])


def test_a_test_that_was_not_made_is_not_corrected_for() -> None:
    np.testing.assert_allclose(holm([0.04, np.nan, 0.01]), [0.04, np.nan, 0.02])
    assert holm([]).size == 0


@examples
@given(st.lists(st.floats(0, 1), max_size=12), st.floats(0.001, 0.2))
def test_holm_rejects_as_the_step_down_procedure_does(p_values: list[float], alpha: float) -> None:
    rejected = set()
    for step, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[index] * (len(p_values) - step) > alpha:
            break
        rejected.add(index)
    assert {index for index, p in enumerate(holm(p_values)) if p <= alpha} == rejected
