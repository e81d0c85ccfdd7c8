"""Spearman's correlation as sums: itself on the sample, and the same spread as ranking anew."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import rankdata, spearmanr

from mllmsent.metrics import RatingSample, Resampling, get_metric
from mllmsent.metrics.bootstrap import draw
from mllmsent.metrics.grouping import Grouping
from mllmsent.metrics.means import draw_tables
from mllmsent.metrics.rank_correlation import correlation_of_ranks, rank_influences


def paired(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Numbers that go together, with ties."""
    rng = np.random.default_rng(seed)
    first = rng.normal(0, 1, n)
    return np.round(first, 1), np.round(first + rng.normal(0, 1.2, n), 1)


def test_the_whole_sample_has_spearmans_correlation() -> None:
    first, second = paired(200)
    totals = rank_influences(first, second).sum(axis=0, keepdims=True)
    assert correlation_of_ranks(totals)[0] == pytest.approx(spearmanr(first, second)[0], abs=1e-9)


def test_one_row_more_moves_it_as_much_as_ranking_anew_does() -> None:
    first, second = paired(400)
    table = rank_influences(first, second)
    own = correlation_of_ranks(table.sum(axis=0, keepdims=True))[0]
    for row in (0, 7, 100, int(first.argmax())):
        twice = np.r_[np.arange(400), row]
        moved = np.corrcoef(rankdata(first[twice]), rankdata(second[twice]))[0, 1] - own
        added = correlation_of_ranks(table[twice].sum(axis=0, keepdims=True))[0] - own
        assert added == pytest.approx(moved, abs=3e-5)
        assert abs(moved) > 1e-4


def test_intervals_are_those_of_ranking_anew() -> None:
    first, second = paired(1500, seed=2)
    grouping = Grouping.of((np.arange(1500) // 3).tolist(), 1500)
    asked = Resampling(n_resamples=1000)
    quick = draw_tables([rank_influences(first, second)], grouping, asked)[0].score(
        correlation_of_ranks
    )
    spearman = get_metric("spearman")
    sample = RatingSample(first, second, -10.0, 10.0, grouping)
    anew = draw([spearman.statistics.prepare(sample)], 500, asked)[0].score(spearman.value)
    assert quick.value == pytest.approx(anew.value, abs=1e-9)
    width = anew.interval.high - anew.interval.low
    assert quick.interval.low == pytest.approx(anew.interval.low, abs=width / 20)
    assert quick.interval.high == pytest.approx(anew.interval.high, abs=width / 20)


def test_what_does_not_vary_has_no_correlation() -> None:
    first, _ = paired(50)
    totals = rank_influences(first, np.ones(50)).sum(axis=0, keepdims=True)
    assert np.isnan(correlation_of_ranks(totals)[0])
