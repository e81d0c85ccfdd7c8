"""Agreement of several raters: against scikit-learn, published examples, and known worlds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from mllmsent.foundation import InputError
from mllmsent.metrics import (
    Resampling,
    cohen_kappas,
    concordances,
    fleiss_kappa,
    get_metric,
    rating_sample,
)
from mllmsent.metrics.grouping import Grouping

QUICK = Resampling(n_resamples=200)
# Fleiss (1971) as it is worked through in textbooks: 10 subjects, 14 raters, 5 categories.
FLEISS = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000), n_labels=st.integers(2, 5), n=st.integers(2, 60),
    weights=st.sampled_from(["nominal", "quadratic"]),
)  # fmt: skip
def test_kappa_is_scikit_learns(seed: int, n_labels: int, n: int, weights: str) -> None:
    rng = np.random.default_rng(seed)
    codes = {name: rng.integers(-1, n_labels, n) for name in "abc"}
    found = cohen_kappas(
        codes, n_labels, Grouping.of(None, n), "quadratic" if weights == "quadratic" else "nominal",
        QUICK,
    )  # fmt: skip
    assert [(pair.first, pair.second) for pair in found] == [("a", "b"), ("a", "c"), ("b", "c")]
    for pair in found:
        one, other = codes[pair.first], codes[pair.second]
        both = (one >= 0) & (other >= 0)
        assert pair.n == both.sum()
        if not pair.n or len({*one[both], *other[both]}) < 2:
            assert np.isnan(pair.score.value)
            continue
        assert pair.same == pytest.approx((one == other)[both].mean())
        expected = cohen_kappa_score(
            one[both], other[both], labels=range(n_labels),
            weights="quadratic" if weights == "quadratic" else None,
        )  # fmt: skip
        assert pair.score.value == pytest.approx(expected, abs=1e-9)


def test_fleiss_kappa_is_that_of_the_published_example() -> None:
    answers = np.array([np.repeat(np.arange(5), counts) for counts in FLEISS])
    codes = {f"rater {number}": answers[:, number] for number in range(14)}
    score = fleiss_kappa(codes, 5, Grouping.of(None, 10), QUICK)
    assert score.value == pytest.approx(0.210, abs=5e-4)
    assert score.interval.low < score.value < score.interval.high


def test_a_row_that_one_rater_left_out_is_no_part_of_fleiss_kappa() -> None:
    answers = np.array([np.repeat(np.arange(5), counts) for counts in FLEISS])
    more = np.vstack([answers, [[-1] + [0] * 13]])
    codes = {f"rater {number}": more[:, number] for number in range(14)}
    assert fleiss_kappa(codes, 5, Grouping.of(None, 11), QUICK).value == pytest.approx(
        0.210, abs=5e-4
    )


def test_concordance_of_numbers_is_that_of_the_metric() -> None:
    rng = np.random.default_rng(4)
    one = rng.uniform(1, 9, 50)
    other = np.clip(one + rng.normal(0, 1, 50), 1, 9)
    other[[3, 8]] = np.nan
    (pair,) = concordances({"a": one, "b": other}, 5.0, Grouping.of(None, 50), QUICK)
    kept = ~np.isnan(other)
    expected = get_metric("ccc")(rating_sample(one[kept], other[kept], low=1, high=9))
    assert pair.n == 48
    assert pair.score.value == pytest.approx(expected, abs=1e-9)
    assert np.isnan(pair.same)


def test_intervals_cover_the_agreement_that_was_planted() -> None:
    """Two raters who share an answer half the time, and else draw their own: kappa is one half."""
    inside, n_worlds = 0, 60
    for world in range(n_worlds):
        rng = np.random.default_rng(world)
        shared = rng.integers(3, size=200)
        keeps = rng.random(200) < 0.5
        codes = {
            "a": shared,
            "b": np.where(keeps, shared, rng.integers(3, size=200)),
        }
        (pair,) = cohen_kappas(codes, 3, Grouping.of(None, 200), resampling=QUICK)
        inside += pair.score.interval.low <= 0.5 <= pair.score.interval.high
    # 99 % binomial bounds of 95 % in 60 worlds
    assert 52 <= inside <= 60


def test_rows_of_one_group_move_together() -> None:
    """Copies of rows make nothing surer."""
    rng = np.random.default_rng(0)
    one, other = rng.integers(3, size=(2, 60))
    alone = cohen_kappas({"a": one, "b": other}, 3, Grouping.of(None, 60), resampling=QUICK)[0]
    copied = cohen_kappas(
        {"a": np.tile(one, 5), "b": np.tile(other, 5)}, 3,
        Grouping.of(np.tile(np.arange(60), 5), 300), resampling=QUICK,
    )[0]  # fmt: skip
    assert copied.score.value == pytest.approx(alone.score.value)
    assert copied.score.interval.low == pytest.approx(alone.score.interval.low)


def test_raters_with_other_rows_are_refused() -> None:
    with pytest.raises(InputError, match="'b' has 2 answers to 3 rows"):
        cohen_kappas(
            {"a": np.zeros(3, dtype=np.intp), "b": np.zeros(2, dtype=np.intp)},
            2,
            Grouping.of(None, 3),
        )
