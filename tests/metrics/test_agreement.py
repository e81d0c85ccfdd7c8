"""Agreement among people, against published examples."""

import math
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.metrics.worlds import examples

from mllmsent.foundation import InputError
from mllmsent.metrics import (
    intraclass_correlation,
    krippendorff_alpha,
    pairwise_agreement,
    soft_label_entropy,
    split_half_reliability,
)

# Krippendorff (2011), section C: four observers, twelve units, missing values.
OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]
PUBLISHED = [
    (unit, value) for row in OBSERVERS for unit, value in enumerate(row) if value is not None
]
UNITS, VALUES = (list(column) for column in zip(*PUBLISHED, strict=True))


@pytest.mark.parametrize(
    ("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_alpha_of_krippendorffs_own_example(
    level: Literal["nominal", "ordinal", "interval"], alpha: float
) -> None:
    score = krippendorff_alpha(UNITS, VALUES, level, labels=[1, 2, 3, 4, 5])
    assert score.value == pytest.approx(alpha, abs=5e-4)
    assert score.interval.low < alpha < score.interval.high


@examples
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(1, 4)), min_size=4, max_size=30),
)
def test_alpha_on_an_interval_scale_follows_its_definition(
    annotations: list[tuple[int, int]],
) -> None:
    """Observed and expected disagreement as means over pairs, written out."""
    values: dict[int, list[int]] = {}
    for unit, value in annotations:
        values.setdefault(unit, []).append(value)
    paired = [unit for unit in values.values() if len(unit) >= 2]
    flat = [value for unit in paired for value in unit]
    units, said = zip(*annotations, strict=True)
    score = krippendorff_alpha(units, said, "interval")
    if len(set(flat)) < 2:
        assert math.isnan(score.value)
        return
    observed = sum(
        sum((a - b) ** 2 for a in unit for b in unit) / (len(unit) - 1) for unit in paired
    ) / len(flat)
    expected = sum((a - b) ** 2 for a in flat for b in flat) / (len(flat) * (len(flat) - 1))
    assert score.value == pytest.approx(1 - observed / expected)


def test_alpha_is_one_where_all_agree_and_about_zero_by_chance() -> None:
    rng = np.random.default_rng(0)
    items = np.repeat(np.arange(400), 3)
    labels = np.array(["awe", "fear", "anger"])
    agreed = krippendorff_alpha(items, labels[items % 3])
    assert agreed.value == pytest.approx(1)
    chance = krippendorff_alpha(items, labels[rng.integers(3, size=1200)])
    assert chance.interval.low < 0 < chance.interval.high


def test_alpha_without_variation_or_pairs_is_undefined() -> None:
    assert math.isnan(krippendorff_alpha([1, 1, 2, 2], ["a"] * 4).value)
    assert math.isnan(krippendorff_alpha([1, 2, 3], ["a", "b", "a"]).value)
    assert math.isnan(krippendorff_alpha([], []).value)
    assert math.isnan(krippendorff_alpha([], [], "interval").value)


def test_agreement_refuses_what_it_cannot_measure() -> None:
    words: list[Any] = ["low", "high"]
    with pytest.raises(InputError, match="order of the labels"):
        krippendorff_alpha([1, 1], ["a", "b"], "ordinal")
    with pytest.raises(InputError, match="needs numbers"):
        krippendorff_alpha([1, 1], ["a", "b"], "interval")
    with pytest.raises(InputError, match="needs numbers"):
        split_half_reliability([1, 1], [1, 2], words)
    with pytest.raises(InputError, match="missing or infinite"):
        krippendorff_alpha([1, 1], [1.0, np.nan], "interval")


def test_raw_agreement_is_the_share_of_pairs_that_agree_within_items() -> None:
    """Three votes of which two agree (1/3), two that agree (1), and one alone, which says nothing."""
    score = pairwise_agreement([1, 1, 1, 2, 2, 3], ["a", "a", "b", "b", "b", "a"])
    assert score.value == pytest.approx((1 / 3 + 1) / 2)
    assert math.isnan(pairwise_agreement([1, 2], ["a", "a"]).value)


def test_entropy_runs_from_agreement_to_even_votes() -> None:
    entropy = soft_label_entropy([[5, 0, 0, 0], [2, 2, 2, 2], [0.5, 0.5, 0, 0], [0, 0, 0, 0]])
    np.testing.assert_allclose(entropy, [0, 1, 0.5, np.nan])


@pytest.mark.parametrize("bad", [[[1.0], [1.0]], [[-0.1, 1.1]], [[np.nan, 1.0]], [0.5, 0.5]])
def test_entropy_refuses_what_is_no_soft_label(bad: list[Any]) -> None:
    with pytest.raises(InputError, match=r"soft label|Soft labels"):
        soft_label_entropy(bad)


def test_split_half_reliability_finds_the_planted_one() -> None:
    """True variance 1, error variance 4 over 20 people: reliability 1 / (1 + 4 / 20) = 0.833."""
    rng = np.random.default_rng(0)
    items, raters = (column.ravel() for column in np.mgrid[:400, :20])
    ratings = rng.normal(size=400)[items] + 2 * rng.normal(size=8000)
    found = split_half_reliability(items, raters, ratings, n_splits=50)
    assert found == pytest.approx(1 / (1 + 4 / 20), abs=0.03)


def test_split_half_reliability_copes_with_people_who_rated_little() -> None:
    rng = np.random.default_rng(1)
    items, raters = (column.ravel() for column in np.mgrid[:60, :12])
    kept = rng.random(items.size) < 0.4
    ratings = items / 10 + rng.normal(size=items.size)
    found = split_half_reliability(items[kept], raters[kept], ratings[kept], n_splits=50)
    assert 0.7 < found < 1


def test_split_half_reliability_of_nothing_is_undefined() -> None:
    assert math.isnan(split_half_reliability([1, 1, 2, 2], [1, 2, 1, 2], [1, 2, 3, 4]))
    assert math.isnan(split_half_reliability([], [], []))


def test_intraclass_correlation_of_shrout_and_fleiss() -> None:
    """Their table 2, six targets by four judges: ICC(2,1) = .29, ICC(2,4) = .62."""
    table = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    single, mean = intraclass_correlation(table)
    assert single == pytest.approx(0.29, abs=0.005)
    assert mean == pytest.approx(0.62, abs=0.005)


def test_intraclass_correlation_needs_a_complete_table() -> None:
    with pytest.raises(InputError, match="complete table"):
        intraclass_correlation([[1, np.nan], [2, 3]])
    assert all(math.isnan(value) for value in intraclass_correlation([[3, 3], [3, 3]]))
